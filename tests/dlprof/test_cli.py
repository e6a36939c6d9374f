import argparse
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dlprof.cli import main
from dlprof.options import Misuse, recording_options, resolve_plan
from dlprof.profilers.recorder.plan import Plan

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
        (("--lanes", "torch,torch"), ("torch", "a=torch,b=torch")),
        (("--lanes", "a=torch", "--device", "torch=cpu"), ("torch=cpu", "there are: a")),
        (("--lanes", "a=torch", "--python", "torch=/bin/sh"), ("torch=/bin/sh", "one of a")),
        (("--tasks", "imagenet"), ("task", "imagenet", "mnist-mlp, text-lstm")),
        (("--device", "cuda:77"), ("device", "cuda:77", "cpu")),
        (("--python", "torch=/no/such/python"), ("/no/such/python",)),
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
    with pytest.raises(SystemExit) as caught:
        main(["--schedule", "sideways"])
    assert caught.value.code == 2


def test_lanes_that_do_not_fit_into_memory_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.dlprof"
    megabytes = str(psutil.virtual_memory().total // 10**6)
    assert main(["--record", str(path), "--lanes", "torch", "--data-mb", megabytes]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "GB of host memory" in said
    assert not path.exists()
