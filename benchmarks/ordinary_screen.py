"""What the session screen says, with Textual's ordinary widgets: PATH HZ. To hold the viewer's own widgets against."""

import sys
import time
from pathlib import Path
from typing import Any

from textual import work
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Footer, Sparkline, Static
from textual.worker import get_current_worker

from dlprof.session.file import SessionReader
from dlprof.session.history import SessionHistory
from dlprof.tui.known import Known
from dlprof.tui.plots import Buckets
from dlprof.tui.views import LaneView, plotted, session_view

COLUMNS = ("phase", "p50", "p95", "last")


class OrdinaryScreen(App[None]):
    """A table of phases and four plots a lane."""

    CSS = "Vertical { width: 1fr; } DataTable { height: 8; } Sparkline { height: 3; }"

    def __init__(self, path: Path, hz: float) -> None:
        super().__init__()
        self._path, self._hz = path, hz
        self._known, self._buckets = Known(), Buckets()

    def compose(self) -> ComposeResult:
        yield Static("", id="header")
        yield Horizontal(id="lanes")
        yield Footer()

    def on_mount(self) -> None:
        self._read()

    @work(thread=True)
    def _read(self) -> None:
        reader, worker = SessionReader(self._path), get_current_worker()
        while not worker.is_cancelled:
            self.call_from_thread(self._show, reader.history())
            time.sleep(1 / self._hz)

    async def _show(self, history: SessionHistory) -> None:
        view = session_view(history, history.horizon_ns, None, self._known, recording=True)
        view = plotted(view, history, self._buckets)
        self.query_one("#header", Static).update(f"{view.name}  LIVE {view.seconds:.1f} s")
        panels = self.query(Vertical)
        if len(panels) != len(view.lanes):
            await self.query_one("#lanes").mount(*(self._panel(lane) for lane in view.lanes[len(panels) :]))
        for panel, lane in zip(self.query(Vertical), view.lanes, strict=True):
            self._fill(panel, lane)

    def _panel(self, lane: LaneView) -> Vertical:
        table: DataTable[Any] = DataTable()
        for column in COLUMNS:
            table.add_column(column, key=column)
        for row in lane.rows:
            table.add_row(row.label, "", "", "", key=row.phase)
        plots = [part for plot in lane.plots for part in (Static(plot.name), Sparkline([]))]
        return Vertical(Static(lane.lane), table, *plots, Static("", classes="memory"))

    def _fill(self, panel: Vertical, lane: LaneView) -> None:
        table = panel.query_one(DataTable)
        for row in lane.rows:
            figures = (row.spread.median_ns, row.spread.p95_ns, row.spread.last_ns)
            for column, ns in zip(COLUMNS[1:], figures, strict=True):
                table.update_cell(row.phase, column, "n/a" if ns is None else f"{ns / 1e6:.3f}")
        for sparkline, plot in zip(panel.query(Sparkline), lane.plots, strict=False):
            sparkline.data = [value or 0 for value in plot.values]
        memory = "\n".join(f"{row.name} {row.now} {row.peak}" for row in lane.memory)
        panel.query_one(".memory", Static).update(f"{memory}\n{lane.samples_per_s} samples/s, loss {lane.loss}")


if __name__ == "__main__":
    OrdinaryScreen(Path(sys.argv[1]), float(sys.argv[2])).run()
