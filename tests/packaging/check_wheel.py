"""Checks a built wheel as a user gets it: ``PYTHON -I check_wheel.py WHEEL``.

PYTHON is that of an environment that has the wheel and no framework; the working directory lies outside the checkout.
"""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LINKED = ("session", "profilers", "workloads", "tui")
FRAMEWORKS = ("torch", "tensorflow", "keras")
LINK_PATHS = {("dlprof", name) for name in LINKED}
STYLE_SHEET = "dlprof/tui/app.tcss"


def expect(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"check_wheel: {what}")


def source_files() -> set[str]:
    """The package's files in the checkout, under the names that they are installed with."""
    roots = [CHECKOUT / "dlprof", *(CHECKOUT / name for name in LINKED)]
    found = set()
    for root in roots:
        prefix = "" if root.name == "dlprof" else "dlprof/"
        for path in root.rglob("*"):
            inside = path.relative_to(root.parent)
            if path.is_file() and "__pycache__" not in inside.parts and inside.parts[:2] not in LINK_PATHS:
                found.add(prefix + inside.as_posix())
    return found


def check_contents(wheel: Path) -> None:
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expect({name.split("/")[0] for name in files} == {"dlprof"}, f"the wheel's top level is not dlprof alone: {files}")
    expect(STYLE_SHEET in files, f"{STYLE_SHEET} is not in the wheel")
    expect(files == source_files(), f"wheel and checkout differ in {sorted(files ^ source_files())}")


def check_installed() -> None:
    distribution = importlib.metadata.distribution("dlprof")
    recorded = {Path(file).parts[0] for file in distribution.files or ()} - {".."}
    top_level = {name for name in recorded if not name.endswith(".dist-info")}
    expect(top_level == {"dlprof"}, f"RECORD's top level is {top_level}")
    package = importlib.util.find_spec("dlprof")
    origin = Path(package.origin if package and package.origin else "nowhere").resolve()
    expect(not Path.cwd().is_relative_to(CHECKOUT), "the working directory lies in the checkout")
    installed_in = Path(str(distribution.locate_file("dlprof"))).resolve()
    expect(origin.parent == installed_in, f"dlprof comes from {origin}")
    expect(not installed_in.is_relative_to(CHECKOUT), "dlprof is imported from the checkout")
    for name in (*LINKED, *FRAMEWORKS):
        expect(importlib.util.find_spec(name) is None, f"`import {name}` works in the empty environment")


def dlprof(*arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHON", "DLPROF"))}
        return subprocess.run(
            [str(Path(sys.executable).with_name("dlprof")), *arguments],
            env={**kept, "HOME": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


def check_starts() -> None:
    version = importlib.metadata.version("dlprof")
    for arguments, says in ((["--version"], version), (["--help"], "--record"), (["sessions"], "")):
        done = dlprof(*arguments)
        expect(done.returncode == 0, f"dlprof {arguments[0]} exits {done.returncode}: {done.stderr}")
        expect(says in done.stdout, f"dlprof {arguments[0]} does not say {says}: {done.stdout}")
    done = dlprof()
    expect(done.returncode == 2, f"dlprof without a terminal exits {done.returncode}: {done.stderr}")
    expect("--record" in done.stderr, f"dlprof without a terminal does not point to --record: {done.stderr}")
    expect("Traceback" not in done.stderr, f"dlprof without a terminal ends in a traceback: {done.stderr}")


if __name__ == "__main__":
    check_contents(Path(sys.argv[1]))
    check_installed()
    check_starts()
    print("check_wheel: the wheel brings dlprof alone, and it starts")
