from dataclasses import replace

import numpy as np
import pytest

from dlprof.session.records import AllocatorMemory, Frame, StackSpan, Turn
from dlprof.session.table import Columns, Table, column, distinct, largest, together

TURNS = [Turn(1, i, 10 * i, 10 * i + 7, i > 0, i % 2 == 0, 5 if i else None, None, 0) for i in range(5)]
STACKS = [(), (Frame("<module>", "a.py", 1), Frame("train", "a.py", 7))]


def table_of(turns: list[Turn]) -> Table[Turn]:
    fields = ("run", "index", "start_ns", "end_ns", "waited", "sampled", "others_cpu_ns", "steal_ns", "throttled_ns")
    return Table(Turn, np.column_stack([column(turns, field) for field in fields]))


def test_a_table_is_the_sequence_of_its_records() -> None:
    table = table_of(TURNS)
    assert [*table] == TURNS
    assert table == TURNS
    assert table != TURNS[1:]
    assert table != [*TURNS[1:], TURNS[0]]
    assert table[-1] == TURNS[-1]
    assert [type(value) for value in vars(table[1]).values()] == [type(value) for value in vars(TURNS[1]).values()]
    assert not table[5:]
    with pytest.raises(IndexError):
        table[5]


def test_a_slice_is_a_view() -> None:
    table = table_of(TURNS)
    part = table[1:3]
    assert part == TURNS[1:3]
    assert np.shares_memory(part.column("end_ns"), table.column("end_ns"))


def test_columns_of_a_table_and_of_any_other_sequence_are_the_same() -> None:
    for records in (table_of(TURNS), tuple(TURNS)):
        assert column(records, "end_ns").tolist() == [7, 17, 27, 37, 47]
        np.testing.assert_array_equal(column(records, "others_cpu_ns"), [np.nan, 5, 5, 5, 5])
        assert largest(records, "others_cpu_ns") == 5
        assert largest(records, "steal_ns") is None
    assert len(column((), "end_ns")) == 0


def test_parts_come_together_as_a_table_where_they_share_their_objects() -> None:
    table, lone = table_of(TURNS), Table(AllocatorMemory, np.zeros((1, 6)), ["a reason"])
    joined = together([table[1:3], table[4:]])
    assert isinstance(joined, Table)
    assert joined == [*TURNS[1:3], TURNS[4]]
    assert together([TURNS[:1], tuple(TURNS[1:2])]) == TURNS[:2]
    assert together([table[:1], TURNS[1:2]]) == TURNS[:2]
    assert together([lone, Table(AllocatorMemory, np.zeros((1, 6)), ["another"])]) == [
        replace(lone[0], reason="a reason"),
        replace(lone[0], reason="another"),
    ]
    assert together([]) == []


def test_texts_and_objects_are_kept_by_their_places() -> None:
    samples = Table(
        AllocatorMemory, np.array([[1, 5, np.nan, 7, np.nan, 0], [1, 6, 3, 7, 9, np.nan]]), ["none on a CPU"]
    )
    assert samples[0] == AllocatorMemory(1, 5, None, 7, None, "none on a CPU")
    assert samples[1] == AllocatorMemory(1, 6, 3, 7, 9, None)
    assert distinct(samples, "reason")[0] == ["none on a CPU", None]
    spans = Table(StackSpan, np.array([[1, 5, 6, 7, 1, 1], [1, 11, 3, 8, 0, 0], [1, 14, 3, 7, 1, 1]], float), STACKS)
    assert spans[0] == StackSpan(1, 5, 6, 7, True, STACKS[1])
    for records in (spans, [*spans]):
        stacks, which = distinct(records, "frames")
        assert [stacks[place] for place in which] == [STACKS[1], STACKS[0], STACKS[1]]
    assert [replace(span, run=2) for span in spans][1] == StackSpan(2, 11, 3, 8, False, ())


def test_columns_grow_and_leave_what_they_gave_out() -> None:
    columns = Columns(3)
    rows, given = np.arange(3 * 1000, dtype=float).reshape(-1, 3), []
    for first in range(0, 1000, 50):
        columns.append(rows[first : first + 50])
        given.append(columns.values)
    assert all(np.array_equal(values, rows[: len(values)]) for values in given)
    assert [len(values) for values in given] == [*range(50, 1001, 50)]
    assert columns.values[:, 1].flags.c_contiguous
