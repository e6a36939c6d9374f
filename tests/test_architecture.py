"""Who may import whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FRAMEWORKS = {"torch", "tensorflow", "keras", "jax"}
ALLOWED = {
    "session": ({"dlprof.session"}, {"numpy"}),
    "profilers/agent": ({"dlprof.profilers.agent"}, set()),
    "profilers/collectors": ({"dlprof.profilers.collectors", "dlprof.session"}, {"psutil", "pynvml"}),
    "profilers/recorder": ({"dlprof", "dlprof.profilers", "dlprof.session"}, {"psutil"}),
    "workloads": ({"dlprof.workloads", "dlprof.profilers.agent"}, {"numpy", "onnxruntime", *FRAMEWORKS}),
    "tui": ({"dlprof.tui", "dlprof.session"}, {"numpy", "textual", "rich"}),
}
MODELS = {f"workloads/models/{path.name}": FRAMEWORKS for path in (ROOT / "workloads" / "models").glob("*.py")}
LAZY = {
    "session/exports/parquet_files.py": {"pyarrow"},
    "workloads/evaluation.py": {"sklearn"},
    "workloads/data_sets/image_folder.py": {"PIL"},
    "workloads/data_sets/words.py": {"sklearn"},
    "workloads/deploy/saving/tensorflow.py": {"tf2onnx"},
    **MODELS,
}
"""Packages of an extra, imported where they are needed."""


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module, and whether the import stands at the top of the module."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module), id(node) in top


FILES = [(folder, path) for folder in ALLOWED for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize(("folder", "path"), FILES, ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_imports(folder: str, path: Path) -> None:
    ours, others = ALLOWED[folder]
    for module, at_top in imports(path):
        name = module.partition(".")[0]
        if not at_top and name in LAZY.get(str(path.relative_to(ROOT)), ()):
            continue
        assert at_top, f"{module} is imported inside a function"
        if name == "dlprof":
            assert any(module == own or (own != "dlprof" and module.startswith(own + ".")) for own in ours), module
        elif name in FRAMEWORKS:
            in_agent = folder == "profilers/agent" and set(path.stem.split("_")) <= FRAMEWORKS
            assert folder == "workloads" or in_agent, module
            assert not (at_top and path.parent.name == "models"), f"{module}: every lane imports its task's model"
        else:
            assert name in sys.stdlib_module_names or name in others, module


@pytest.mark.parametrize("folder", ["profilers/agent", "workloads"])
def test_lanes_run_on_python_3_9(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 9))


def test_modules_stay_small() -> None:
    for folder in (*ALLOWED, "dlprof"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 400, path
