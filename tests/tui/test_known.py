import builder
import pytest

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.tui.known import Known
from dlprof.tui.views import session_view


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> SessionHistory:
    path = tmp_path_factory.mktemp("known") / "a.dlprof"
    writer = builder.new_writer(path)
    writer.add(builder.beginning())
    for turn in range(30):
        writer.add(builder.turn(turn))
    writer.finish(100 * builder.SECOND)
    return SessionReader(path).history()


@pytest.mark.parametrize("ahead", [True, False])
def test_what_is_known_already_changes_nothing_of_what_is_seen(history: SessionHistory, ahead: bool) -> None:
    known = Known()
    if ahead:
        known.look_ahead(history, lambda: True)
    for second in (100, 3, 60, 99, 0, 33):
        seen = session_view(history, second * builder.SECOND, None, known, recording=False)
        assert seen == session_view(history, second * builder.SECOND, None, Known(), recording=False)


def test_nobody_looks_ahead_for_a_screen_that_was_left(history: SessionHistory) -> None:
    asked: list[None] = []
    known = Known()
    known.look_ahead(history, lambda: bool(asked.append(None)))
    assert asked
    assert not known.costs._known
