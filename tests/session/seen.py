"""What a user sees of a session file, page after page."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dlprof.session import store
from dlprof.session.disturbance import without_disturbed
from dlprof.session.errors import SessionError
from dlprof.session.file import SessionReader
from dlprof.session.report.figures import report
from dlprof.session.report.markdown import report_markdown
from dlprof.session.report.text import report_text
from dlprof.tui.known import Known
from dlprof.tui.lane_panel import lane_lines
from dlprof.tui.plots import Buckets
from dlprof.tui.views import plotted, session_view

UNSEEN = re.compile("(?!\n)[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def look(path: Path) -> str:
    """What a user sees of the file at `path`, on every page; checked for what a terminal would obey. Or one line."""
    try:
        reader = SessionReader(path)
        reader.meta()
        reader.statuses()
        history = reader.history()
    except SessionError as error:
        shown = [str(error)]
        assert "\n" not in shown[0]
    else:
        state = store.state(history.meta, [run.status for run in history.runs])
        shown = [state]
        for session in (history, without_disturbed(history)):
            figures = report(session)
            shown += [
                report_text(figures, 80, state),
                report_markdown(figures, state),
                json.dumps(figures, allow_nan=False),
            ]
        for position in (history.horizon_ns, history.horizon_ns // 2, 0):
            for task in (*history.tasks[:2], None):
                view = session_view(history, position, task, Known(), recording=False)
                view = plotted(view, history.until(position), Buckets())
                shown += [view.name, view.schedule, view.verdict, *view.tasks, *view.events]
                shown += [str(line) for lane in view.lanes for line in lane_lines(lane, 60, 50)]
                shown += [str(line) for lane in view.lanes for line in lane_lines(lane, 26, 20)]
    summary = store.summary(path)
    shown += [summary.name, summary.started_at, summary.state, *summary.tasks, *summary.lanes]
    for text in shown:
        found = UNSEEN.search(text)
        assert found is None, f"{found[0]!r} is shown"
    return "\n".join(shown)
