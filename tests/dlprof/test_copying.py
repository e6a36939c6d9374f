"""A recording as it is handed out: what told whose machine it was is looked for in its bytes."""

import platform
import re
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import builder
import pytest

from dlprof.cli import main
from dlprof.session import schema
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader

ROOT = Path(__file__).parents[2]


def cells(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in schema.TABLES}


def without_texts(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: [tuple(cell for cell in row if not isinstance(cell, str)) for row in rows]
        for table, rows in cells(path).items()
        if table != "meta"
    }


@pytest.fixture
def private_python(tmp_path: Path) -> Path:
    """An interpreter in a folder of somebody, with the packages of this one."""
    folder = tmp_path / "home" / "zacharias" / "geheim-ordner"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages" / "more.pth"
    packages.write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"


@pytest.mark.slow
def test_a_real_recording_is_handed_out(
    tmp_path: Path, private_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, copy = tmp_path / "a.dlprof", tmp_path / "b.dlprof"
    command = [sys.executable, "-m", "dlprof", "--record", str(path), "--lanes", "torch", "--tasks", "mnist-mlp"]
    options = ("--data-mb", "1", "--duration", "1h", "--stacks-hz", "100", "--python", f"torch={private_python}")
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        wait_for_stacks(path, process)
        process.send_signal(signal.SIGINT)
    occurred = ("zacharias", "geheim-ordner", str(ROOT), str(tmp_path))
    assert all(word.encode() in path.read_bytes() for word in occurred)

    assert main(["export", str(path), "--format", "dlprof", "--redact", "-o", str(copy)]) == 0
    assert capsys.readouterr().out == f"{copy}\n"
    assert not any(word.encode() in copy.read_bytes() for word in occurred)
    texts = [cell for rows in cells(copy).values() for row in rows for cell in row if isinstance(cell, str)]
    host = re.compile(rf"\b{re.escape(platform.node())}\b")
    assert not any(host.search(text) for text in texts) or platform.node() in ("host", "localhost")
    assert without_texts(copy) == without_texts(path)
    files = {frame.file for run in SessionReader(copy).history().runs for frame in frames(run.segments)}
    assert any(file.startswith("torch/") for file in files)
    assert any(file.startswith("dlprof/workloads/") for file in files)
    assert not any(file.startswith("/") for file in files)


def wait_for_stacks(path: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until stacks of the framework's code and of dlprof's were sampled: how long that takes is the machine's."""
    sampled: set[str] = set()
    while not all(any(part in file for file in sampled) for part in ("torch/", f"{ROOT}/dlprof/workloads/")):
        assert process.poll() is None, "the recording ended before"
        time.sleep(0.1)
        with suppress(SessionError):
            sampled = {frame.file for run in SessionReader(path).history().runs for frame in frames(run.segments)}


def frames(segments: Any) -> set[Any]:
    return {frame for segment in segments for span in segment.spans for frame in span.frames}


@pytest.mark.parametrize(("options", "name"), [((), "a-copy.dlprof"), (("--redact",), "a-redacted.dlprof")])
def test_a_copy_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: Any, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    builder.new_writer(tmp_path / "a.dlprof").finish(1)
    assert main(["export", "a.dlprof", "--format", "dlprof", *options]) == 0
    assert capsys.readouterr().out == f"{name}\n"
    assert main(["export", "a.dlprof", "--format", "dlprof", *options]) == 2
    assert f"{name} exists" in capsys.readouterr().err
    assert main(["export", "a.dlprof", "--format", "dlprof", "-o", "-"]) == 2
    assert "-o" in capsys.readouterr().err
