from dlprof.session.call_tree import call_tree, function_times
from dlprof.session.records import Frame
from dlprof.tui.stack_drawing import (
    box_text,
    first_branch,
    flame_rows,
    function_line,
    opened_at_first,
    tree_line,
    tree_rows,
)
from dlprof.tui.stack_search import calls_named, hottest, next_match, time_in

MAIN, TRAIN = Frame("main", "a/main.py", 1), Frame("train", "a/loop.py", 7)
HOT, COLD = Frame("hot", "b/loop.py", 20), Frame("cold", "b/loop.py", 30)
STACKS = (((MAIN, TRAIN, HOT), 750), ((MAIN, TRAIN, COLD, HOT), 240), ((MAIN, TRAIN), 10))
ROOT = call_tree(STACKS, [((MAIN, TRAIN), 50)])
NOTHING = frozenset[tuple[tuple[str, str], ...]]()


def test_tree_lines() -> None:
    rows = tree_rows(ROOT, opened_at_first(ROOT))
    assert [tree_line(row, ROOT, 80, None, NOTHING) for row in rows] == [
        "100.0%   0.0%  - main  main.py:1",
        "100.0%   1.0%  - train  loop.py:7",
        " 75.0%  75.0%      hot  loop.py:20",
        " 24.0%   0.0%    - cold  loop.py:30",
        " 24.0%  24.0%      hot  loop.py:20",
    ]
    closed = tree_rows(ROOT, {ROOT.calls[0].path})
    assert [tree_line(row, ROOT, 120, "b", {ROOT.calls[0].path}) for row in closed] == [
        "    100.0%      100.0%    +0.0  - *main  a/main.py:1",
        "    100.0%      100.0%    +0.0  + train  a/loop.py:7",
    ]


def test_function_lines() -> None:
    _, hot, main, _ = function_times(ROOT)
    assert function_line(hot, ROOT, 80, None, set()) == " 99.0%  99.0%  hot  loop.py:20"
    assert function_line(main, ROOT, 80, "b", set()).split() == ["0.0%", "0.0%", "+0.0", "main", "main.py:1"]


def test_a_flame_is_as_wide_as_its_time() -> None:
    rows = flame_rows(first_branch(ROOT), 40)
    drawn = [[(box.call.name, box.column, box.width) for box in row] for row in rows]
    assert drawn == [[("train", 0, 40)], [("hot", 0, 30), ("cold", 30, 10)], [("hot", 30, 10)]]
    assert flame_rows(ROOT, 0) == ()


def test_boxes_keep_their_width() -> None:
    assert [box_text("train", width, found=False) for width in (1, 2, 5, 9)] == ["|", "[]", "[tra]", "[train  ]"]
    assert box_text("train", 6, found=True) == "[*tra]"
    assert box_text("層層", 5, found=False) == "[層 ]"


def test_search() -> None:
    found = calls_named(ROOT, "HOT")
    assert [call.path[-1] for call in found] == [("hot", "b/loop.py")] * 2
    assert time_in(found) == 990
    assert hottest(found) == found[0].path
    assert next_match(found, found[0].path, 1) == found[1].path == next_match(found, found[0].path, -1)
    assert time_in(calls_named(ROOT, "loop.py")) == 1000, "what is inside a match is not counted again"
    assert calls_named(ROOT, "") == calls_named(ROOT, "nowhere") == ()
