from collections.abc import Mapping

from dlprof.session.call_tree import DEEPEST, Call, call_tree, function_times
from dlprof.session.records import Frame, StackSegment, StackSpan
from dlprof.session.stacks import Stack, time_in_stacks

MAIN = Frame("main", "/x/lib/python3.11/site-packages/a.py", 1)
TRAIN = Frame("train", "loop.py", 7)
HOT, COLD = Frame("hot", "loop.py", 20), Frame("cold", "loop.py", 30)


def tree_of(times: Mapping[Stack, int], beside: Mapping[Stack, int] | None = None) -> Call:
    return call_tree([*times.items()], [*(beside or {}).items()])


def test_stacks_merge_by_function_and_the_longest_line_is_named() -> None:
    later = Frame("train", "loop.py", 9)
    root = tree_of({(MAIN, TRAIN, HOT): 60, (MAIN, later, COLD): 30, (MAIN, TRAIN): 10})
    (main,) = root.calls
    (train,) = main.calls
    assert (root.ns, main.file, train.ns, train.own_ns, train.line) == (100, "a.py", 100, 10, 7)
    assert [(call.name, call.ns, call.own_ns) for call in train.calls] == [("hot", 60, 60), ("cold", 30, 30)]
    assert root.at(train.calls[1].path) is train.calls[1]
    assert root.at((*train.path, ("gone", "loop.py"))) is None


def test_a_second_lane_stands_beside_call_by_call() -> None:
    root = tree_of({(TRAIN, HOT): 60}, {(TRAIN, HOT): 5, (TRAIN, COLD): 20})
    (train,) = root.calls
    assert (root.ns, root.beside_ns, train.beside_ns, train.beside_own_ns) == (60, 25, 25, 0)
    assert [(call.name, call.ns, call.beside_ns, call.line) for call in train.calls] == [
        ("hot", 60, 5, 20),
        ("cold", 0, 20, 30),
    ]


def test_functions_count_recursion_once_and_the_hottest_comes_first() -> None:
    root = tree_of({(TRAIN, HOT, HOT, HOT): 50, (TRAIN, COLD): 40, (TRAIN,): 10})
    times = {each.name: (each.ns, each.own_ns) for each in function_times(root)}
    assert times == {"hot": (50, 50), "cold": (40, 40), "train": (100, 10)}
    assert function_times(root)[0].name == "hot"


def test_functions_of_two_lanes_are_sorted_by_the_larger_share() -> None:
    root = tree_of({(TRAIN, HOT): 70, (TRAIN,): 30}, {(TRAIN, COLD): 9, (TRAIN, HOT): 1})
    assert [each.name for each in function_times(root)] == ["cold", "hot", "train"]


def test_no_stack_is_too_deep() -> None:
    frames = tuple(Frame(f"f{depth}", "deep.py", depth) for depth in range(5000))
    calls = list(tree_of({frames: 7}).walk())
    assert len(calls) == DEEPEST + 1
    assert calls[-1].own_ns == 7


def test_time_is_that_between_two_moments_in_the_main_thread() -> None:
    spans = (
        StackSpan(1, 0, 100, 1, True, (HOT,)),
        StackSpan(1, 100, 100, 1, True, (COLD,)),
        StackSpan(1, 100, 100, 2, False, (TRAIN,)),
    )
    segments = [StackSegment(1, 200, 20, 200, 0, None, spans)]
    assert time_in_stacks(segments, 0, 1000) == [((HOT,), 100), ((COLD,), 100)]
    assert time_in_stacks(segments, 50, 130) == [((HOT,), 50), ((COLD,), 30)]
    assert time_in_stacks(segments, 200, 300) == []
