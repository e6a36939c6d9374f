from pathlib import Path

import builder
from screens import begin

from dlprof.session.file import SessionReader
from dlprof.session.records import Event, Run
from dlprof.tui.known import Known
from dlprof.tui.lane_panel import lane_lines
from dlprof.tui.plain_view import PlainView
from dlprof.tui.views import session_view


def lines(view: PlainView, path: Path, *, recording: bool = True) -> list[str]:
    return view.lines(SessionReader(path).history(), recording=recording)


def test_a_line_says_what_a_lane_does_with_the_clock_of_each_time(tmp_path: Path) -> None:
    writer = begin(tmp_path / "a.dlprof")
    writer.add([Event(5, run, "status", {"status": "stepping", "cause": None}) for run in (1, 2, 3)])
    writer.commit(9 * builder.SECOND)
    torch, tensorflow, keras = lines(PlainView(), tmp_path / "a.dlprof")
    assert torch.split("  ")[-8:] == [
        "mnist-mlp torch",
        "stepping",
        "32 steps counted",
        "step 2.020 ms host",
        "forward 0.500 ms host",
        "backward 0.500 ms host",
        "63,357 samples/s",
        "host 120M",
    ]
    assert torch.startswith("     9.0 s  mnist-mlp torch  ")
    assert "step 3.020 ms host" in tensorflow
    assert "step 4.020 ms host" in keras


def test_a_lane_of_which_nothing_was_compiled_says_so(tmp_path: Path) -> None:
    writer = begin(tmp_path / "a.dlprof")
    said = ({"jit": True, "compilations": 0}, {"jit": True, "compilations": 2}, {"jit": False, "compilations": 0})
    writer.add([Event(5, run, "described", facts) for run, facts in enumerate(said, 1)])
    writer.commit(9 * builder.SECOND)
    told = ["importing, uncompiled" in line for line in lines(PlainView(), tmp_path / "a.dlprof")]
    history = SessionReader(tmp_path / "a.dlprof").history()
    view = session_view(history, history.horizon_ns, None, Known(), recording=False)
    shown = [", uncompiled" in str(lane_lines(lane, 26, 24)[1]) for lane in view.lanes]
    assert told == shown == [True, False, False]


def test_a_lane_without_steps_says_why_there_is_no_figure(tmp_path: Path) -> None:
    writer = builder.new_writer(tmp_path / "a.dlprof")
    writer.add(builder.beginning())
    writer.commit(2 * builder.SECOND)
    for line in lines(PlainView(), tmp_path / "a.dlprof"):
        assert line.endswith("importing  0 steps counted  step n/a: no steps were counted  host n/a: no sample yet")


def test_a_run_that_is_over_is_told_once_also_when_another_task_has_begun(tmp_path: Path) -> None:
    path, view = tmp_path / "a.dlprof", PlainView()
    writer = begin(path)
    assert len(lines(view, path)) == 3
    writer.add([Event(9, run, "status", {"status": "completed", "cause": None}) for run in (1, 2)])
    writer.add([Event(9, 3, "status", {"status": "failed", "cause": "ValueError: \x1b[2Jno\nway"})])
    writer.add([Run(4, "torch", "torch", None, "default", "text-lstm", 0, "cpu", 32)])
    writer.add([Event(10, 4, "status", {"status": "importing", "cause": None})])
    writer.commit(20 * builder.SECOND)
    *told, newest = lines(view, path)
    assert [line.split("  ")[-8] for line in told[:3]] == ["mnist-mlp torch", "mnist-mlp tensorflow", "mnist-mlp keras"]
    assert told[3].endswith("mnist-mlp  no lane is named faster: fewer than 3 turns of both lanes to pair")
    assert newest.split("  ")[-5] == "text-lstm torch"
    assert "failed: ValueError: no way" in told[2]
    assert len(lines(view, path)) == 1
    (last,) = lines(view, path, recording=False)
    assert "text-lstm torch  unfinished" in last
    assert lines(view, path, recording=False) == []


def test_which_lane_is_faster_is_told_once(tmp_path: Path) -> None:
    path, view = tmp_path / "a.dlprof", PlainView()
    writer = begin(path)
    for index in range(3, 40):
        writer.add(builder.turn(index))
    writer.commit(200 * builder.SECOND)
    told = [line for line in lines(view, path) if "faster" in line]
    assert len(told) == 1
    assert "mnist-mlp  median step, 1 start each: torch " in told[0]
    assert not [line for line in lines(view, path) if "faster" in line]
