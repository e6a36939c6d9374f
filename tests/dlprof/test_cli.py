import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import builder
import psutil
import pytest

from dlprof.cli import main
from dlprof.options import Misuse, recording_options, resolve_plan
from dlprof.profilers.recorder.plan import Plan
from dlprof.session import store
from dlprof.session.file import SessionReader
from dlprof.session.liveness import own_entry

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlprof", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom dlprof.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit as e: assert e.code == 0\n"
        "heavy = {'textual', 'rich', 'numpy', 'torch', 'tensorflow', 'keras', 'psutil'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def test_without_a_terminal_it_points_to_record() -> None:
    done = run()
    assert done.returncode == 2
    assert "--record" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--lanes", "torch,caffe"), ("lane", "caffe", "torch, tensorflow, keras")),
        (("--lanes", "torch:fast"), ("torch:fast", "compiled")),
        (("--frameworks", "torch,keras"), ("torch,keras", "an option that dlprof does not have")),
        (("--lanes", "torch,torch"), ("torch", "a=torch,b=torch")),
        (("--lanes", "a=torch", "--device", "torch=cpu"), ("torch=cpu", "there are: a")),
        (("--lanes", "a=torch", "--python", "torch=/bin/sh"), ("torch=/bin/sh", "one of a")),
        (("--tasks", "imagenet"), ("task", "imagenet", "mnist-mlp, mnist-lenet, ")),
        (("--device", "cuda:77"), ("device", "cuda:77", "cpu")),
        (("--device", "tpu=cuda:77"), ("lane 'tpu'", "torch")),
        (("--python", "torch=/no/such/python"), ("/no/such/python",)),
        (("--python", "torch=/etc/passwd"), ("/etc/passwd", "cannot be executed", "path of a python")),
        (("--lanes", "torch", "--python", f"torch={shutil.which('true')}"), ("true", "path of a python")),
        (("--lanes", "a=keras,b=torch,a=torch"), ("'a'", "a=keras,b=torch")),
        (("--duration", "xx"), ("--duration", "'xx'", "30s")),
        (("--duration", "-5s"), ("--duration", "one that begins with -", "joined to its option by =")),
        (("--steps", "0"), ("--steps", "'0'", "from 1 on")),
        (("--steps", "many"), ("--steps", "'many'", "whole number")),
        (("--steps", "4", "--duration", "3"), ("--steps", "--duration", "cannot be given with")),
        (("--seed", "-1"), ("--seed", "from 0 to")),
        (("--data-mb", "nan"), ("--data-mb", "from 0.1 to")),
        (
            ("--data", "imagenet"),
            ("imagenet", "no such data set or file", "synthetic, mnist, ", "imdb, reuters; or", ".npz", "folder"),
        ),
        (("--data", "/etc/passwd"), ("/etc/passwd", "kind of file", ".npz")),
        (("--data", "mnist", "--tasks", "mnist-mlp,text-lstm"), ("does not fit the task text-lstm", "mnist-lenet")),
        (("--name", " \x1b[1m"), ("--name", "empty")),
        (("--detach", "--lanes", "caffe"), ("lane", "caffe")),
        (("--schedule", "sideways"), ("--schedule", "sideways", "turns", "dlprof --help")),
        (("--bogus\nline",), ("--bogus line", "dlprof --help")),
    ],
)
def test_misuse_is_one_line_that_lists_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert main(["--record", str(tmp_path / "a.dlprof"), *arguments]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert all(word in said for word in words)
    assert not (tmp_path / "a.dlprof").exists()


def test_a_path_that_exists_or_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").touch()
    assert main(["--record", str(tmp_path / "a")]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["--record", str(tmp_path / "no" / "a")]) == 2
    assert "cannot create" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--repeat", "2"), ("--schedule", "sequential")])
def test_runs_that_wait_for_the_end_of_others_need_one(options: tuple[str, ...]) -> None:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    with pytest.raises(Misuse, match="--duration"):
        resolve_plan(parser.parse_args(options), Path("a.dlprof"))
    plan = resolve_plan(parser.parse_args((*options, "--steps", "5")), Path("a.dlprof"))
    assert Plan.from_json(plan.to_json()) == plan


def test_a_session_has_room_for_the_runs_of_a_plan() -> None:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    options = ("--lanes", "torch,tensorflow", "--steps", "5", "--repeat", "501")
    with pytest.raises(Misuse, match="--repeat"):
        resolve_plan(parser.parse_args(options), Path("a.dlprof"))


def test_lanes_of_a_plan() -> None:
    parser = argparse.ArgumentParser()
    recording_options(parser)
    options = ("--lanes", "new=torch:compiled,keras@jax", "--python", f"new={sys.executable}")
    plan = resolve_plan(parser.parse_args(options), Path("a.dlprof"))
    new, jax = plan.lanes
    assert (new.name, new.framework, new.backend, new.mode) == ("new", "torch", None, "compiled")
    assert (jax.name, jax.module, jax.backend) == ("keras@jax", "dlprof.workloads.keras_jax", "jax")


def test_report_of_no_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_text("rubbish")
    assert main(["report", str(tmp_path / "a")]) == 2
    assert "not a dlprof session" in capsys.readouterr().err


def test_output_that_nobody_has_room_for_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add([*builder.beginning(), *builder.turn(0)])
    writer.finish(10 * builder.SECOND)
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "dlprof", "report", str(path)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "dlprof: the output cannot be written: No space left on device\n")


def test_lanes_that_do_not_fit_into_memory_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.dlprof"
    megabytes = str(psutil.virtual_memory().total // 10**6)
    assert main(["--record", str(path), "--lanes", "torch", "--data-mb", megabytes]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "GB of host memory" in said
    assert not path.exists()


def test_an_unknown_command_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bogus"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("dlprof: ")
    assert all(word in line for word in ("bogus", "watch", "replay", "report", "sessions", "doctor"))


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    return tmp_path / "bare" / "bin" / "python"


def test_a_recording_without_a_lane_that_can_run_is_refused_with_what_to_install(
    tmp_path: Path, bare_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.dlprof"
    lanes = ("--lanes", "a=torch,b=keras", "--python", f"a={bare_python}", "--python", f"b={bare_python}")
    assert main(["--record", str(path), *lanes]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"a: torch, numpy is not installed there: {bare_python} -m pip install torch numpy" in line
    assert f"b: keras, tensorflow, numpy is not installed there: {bare_python} -m pip install" in line
    assert not path.exists()


def test_a_name_that_is_taken_is_refused_with_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.path_of(folder, "my run").touch()
    assert main(["--record", "--name", "my run"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{folder / 'my-run.dlprof'} exists; choose another name or delete it first" in line


def test_recordings_started_in_one_second_have_names_of_their_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.strftime", lambda form: "20260102-030405")
    parser = argparse.ArgumentParser()
    recording_options(parser)
    plans = [resolve_plan(parser.parse_args(["--lanes", "torch"]), None) for _ in range(10)]
    assert len({plan.path for plan in plans}) == 10
    assert all(plan.name.startswith("20260102-030405-") for plan in plans)
    assert all(Path(plan.path) == store.path_of(folder, plan.name) for plan in plans)


def test_a_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    assert main(["--record"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--record PATH" in line


def test_what_the_list_prints_can_be_pasted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("plain", "my run's", "$(false)"):
        writer = builder.new_writer(store.path_of(folder, name), name=name)
        writer.finish(1)
    assert main(["sessions"]) == 0
    lines = [shlex.split(line) for line in capsys.readouterr().out.splitlines()]
    assert {line[1] for line in lines} == {"plain", "my run's", "$(false)"}
    for line in lines:
        assert main(["report", line[1]]) == 0
        assert capsys.readouterr().out.startswith(f"session {line[1]}, ")


def test_a_report_tells_a_live_session_from_an_unfinished_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for start, state in ((own_entry()["start"], "recording"), ("before", "unfinished")):
        path = tmp_path / f"{state}.dlprof"
        writer = builder.new_writer(path, recorder={**own_entry(), "start": start}, note="a try")
        writer.add([*builder.beginning(), *builder.turn(0)])
        writer.commit(builder.SECOND)
        assert main(["report", str(path)]) == 0
        first, second = capsys.readouterr().out.splitlines()[:2]
        assert first.endswith(f" ({state})")
        assert second == "note: a try"
        assert main(["report", str(path), "--format", "json"]) == 0
        said = json.loads(capsys.readouterr().out)["session"]
        assert (said["complete"], said["note"]) == (False, "a try")


@pytest.mark.parametrize(("form", "start"), [("markdown", "# dlprof report: session "), ("html", "<!doctype html>")])
def test_a_report_for_readers_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, start: str
) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof", name="±é")
    writer.add([*builder.beginning(), *(record for index in range(6) for record in builder.turn(index))])
    writer.finish(100 * builder.SECOND)
    assert main(["report", str(tmp_path / "a.dlprof"), "--format", form]) == 0
    out = capsys.readouterr().out
    assert out.startswith(start)
    assert all(lane in out for lane in ("torch", "tensorflow", "keras"))
    assert out.isascii() is (form == "html")


def test_help_tells_the_length_that_a_headless_recording_has() -> None:
    assert "30s with --record" in " ".join(run("--help").stdout.split())


@pytest.mark.slow
def test_a_recording_without_a_length_says_what_it_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dlprof", "--record", str(tmp_path / "a"), "--data-mb", "1", "--lanes", "torch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        said = [process.stderr.readline()]
        while "warmed up" not in said[-1]:
            said.append(process.stderr.readline())
        process.terminate()
    assert said[0] == "dlprof: 30 s of stepping a run; --duration or --steps set another\n"
    assert SessionReader(tmp_path / "a").meta()["settings"]["duration_s"] == 30


def test_a_terminal_that_cannot_show_a_sign(tmp_path: Path) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof", name="±é")
    writer.add([*builder.beginning(), *builder.turn(0), *builder.turn(1)])
    writer.finish(100 * builder.SECOND)
    command = [sys.executable, "-m", "dlprof", "report", str(tmp_path / "a.dlprof")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, check=True)
    assert b"session ??," in done.stdout


def test_a_comparison_that_nobody_reads_still_has_its_outcome(tmp_path: Path) -> None:
    words = []
    for name in ("a", "b"):
        writer = builder.new_writer(tmp_path / name, name=name)
        writer.add([*builder.beginning(), *builder.turn(0), *builder.turn(1)])
        writer.finish(100 * builder.SECOND)
        words.append(str(tmp_path / name))
    command = [sys.executable, "-m", "dlprof", "compare", *words]
    assert subprocess.run(command, capture_output=True, cwd=ROOT, check=False).returncode == 3
    reader, unread = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=unread, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(unread)
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize("name", ["a/b", "../x", ".hidden"])
def test_a_path_is_no_name(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["--record", "--name", name]) == 2
    assert "--record PATH" in capsys.readouterr().err
