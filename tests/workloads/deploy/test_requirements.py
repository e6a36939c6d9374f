"""Markers as PEP 508 has them, and what real packages require."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker

from dlprof.workloads.deploy.installation import distribution_of, installed_bytes
from dlprof.workloads.deploy.requirements import holds, required


@pytest.mark.parametrize(
    "marker",
    [
        'python_version >= "3.9"',
        'python_version < "3.10"',
        'python_full_version >= "3.9.1"',
        'sys_platform == "linux" and platform_machine == "x86_64"',
        "(sys_platform == 'win32' or platform_system != 'Windows') and python_version < '4'",
        'sys_platform != "emscripten"',
        '"linux" in sys_platform',
        "platform_python_implementation not in 'PyPy Jython'",
        "extra == 'dev'",
        "implementation_name == 'cpython' and extra == 'dev'",
    ],
)
def test_markers_hold_as_packaging_says(marker: str) -> None:
    assert holds(marker) == Marker(marker).evaluate({"extra": ""})


@pytest.mark.parametrize(
    "marker", ["", "python_version ~= '3.8'", "__import__('os').abort()", "unknown == 'x'", "1 < 2"]
)
def test_what_is_no_marker_holds_and_runs_nothing(marker: str) -> None:
    assert holds(marker)


def test_requirements_go_all_the_way_down_and_leave_extras_out() -> None:
    found = required("jsonschema")
    assert {"jsonschema", "referencing", "rpds-py", "attrs"} <= set(found)
    assert not {"idna", "pytest"} & set(found)
    assert required("No_Such.Package") == {}


def test_bytes_are_those_of_the_files(tmp_path: Path) -> None:
    info = tmp_path / "one-1.0.dist-info"
    info.mkdir()
    (tmp_path / "one.py").write_bytes(b"x" * 1000)
    (info / "METADATA").write_text("Name: one\nVersion: 1.0\n")
    (info / "RECORD").write_text("one.py,,\none-1.0.dist-info/METADATA,,\ngone.py,,\n")
    size = 1000 + (info / "METADATA").stat().st_size
    assert installed_bytes(metadata.Distribution.at(info)) == size


def test_a_module_may_come_from_a_distribution_of_another_name() -> None:
    assert distribution_of("numpy") == "numpy"
    assert distribution_of("sklearn") in ("scikit-learn", "sklearn")
