"""The lanes of a session side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from textual.containers import HorizontalScroll

from dlprof.tui.lane_panel import LanePanel, PlotPlace, plot_place
from dlprof.tui.views import LaneView

LEAST_WIDTH = 26
"""Of a lane, as app.tcss has it; where lanes have less, each gets this and the strip scrolls."""


class LaneStrip(HorizontalScroll, can_focus=False):
    """As many panels as there are lanes, that share the width as long as it is enough."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._views: tuple[LaneView, ...] = ()
        self._places: dict[tuple[int, int], PlotPlace] = {}

    async def show(self, lanes: Sequence[LaneView]) -> None:
        """Show these lanes."""
        self._views, self._places = tuple(lanes), {}
        panels = list(self.query(LanePanel))
        if len(panels) < len(lanes):
            added = [LanePanel(self._place) for _ in lanes[len(panels) :]]
            await self.mount_all(added)
            panels += added
        for panel, lane in zip_longest(panels, lanes):
            panel.view, panel.display = lane, lane is not None
        for panel in panels:
            panel.repaint()
        self._fit()

    def _place(self, height: int) -> PlotPlace:
        """Of the plots of all lanes, as they fit into the narrowest panel, `height` lines high; found once a view."""
        width = min((panel.size.width for panel in self.query(LanePanel) if panel.display), default=0)
        if (width, height) not in self._places:
            self._places[width, height] = plot_place(self._views, width, height)
        return self._places[width, height]

    def on_resize(self) -> None:
        """More lanes fit, or fewer."""
        self._fit()

    def _fit(self) -> None:
        shown = sum(panel.display for panel in self.query(LanePanel))
        self.set_class(shown * LEAST_WIDTH > self.size.width, "-scrolled")
