"""The help: keys, words, and why something is not available in the session that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from dlprof.session.statistics import NotAvailable
from dlprof.tui.covered_screen import KeptScreen
from dlprof.tui.help_keys import own_keys_text, with_own_keys
from dlprof.tui.help_page import HelpPage
from dlprof.tui.keymap import named, own_keys
from dlprof.tui.views import SessionView

HELP = """\
? esc q   close this help; arrows and page keys scroll it

KEYS
q         leave; a recording can be stopped or left to run on
space     pause, go on
← →       1 s back, forward; with shift 10 s
0 to 9    jump to that tenth of the session
home end  go to the start; to the end, and follow it
+ -       replay faster, slower
z Z       zoom: plots and stacks of a shorter, longer stretch of time
w         go to the slowest step that counts; again: of the next lane
m         go to the memory peak of a lane; again: to the next one
e E       go to the next event, to the one before
l         log: all events; enter goes to the chosen one, esc closes it
s         stacks: where the time goes, as a tree, a flame, a table
t         show the next task, or the next repeat of it
n         finish this task and train the next, while recording
[ ]       scroll to lanes that do not fit
ctrl+p    every action, by name

CLOCKS    how a duration was timed
h         host: the process's own clock
g         in-graph: the clock, read inside the compiled graph
e         cuda-event: the GPU's own events
~         probe: an estimate, from parts compiled and timed apart;
          opt+ (opt+rest) is what they leave: optimizer and rest
-         n/a: not measured

STEPS     100+12w+8c d0: 100 counted, 12 warm-up, 8 cold, 0 dropped
w         warm-up: traces, compiles, fills caches
c         cold: right after the lane waited for its turn
j         traced or compiled anew
k         dark: without stamps, to weigh dlprof's own cost
x         of a turn that other processes disturbed
d         dropped: the step was not recorded
          only counted steps make up p50, p95, samples/s and plots

own cost  what the stamps add to a step, weighed against dark steps;
          cost of stacks: what py-spy adds, against turns without it
disturbed turns in which other processes, a hypervisor or a quota
          took the lane's cores; counted, and named in the report

stopped   asked to end before its length was reached
unfinished  no end in the file: the recorder was killed, or it is
          a copy of a recording that went on

SCREEN    the bar is the median step, on one scale for all lanes;
          its parts are shares of the mean. Plots of a task share
          time and height; ▲ is a value above the top; a terminal
          of few lines has no room for them
n/a       not available: never 0, always with a reason
"""

HELP_SCREEN = "help"
"""Under which the app keeps it."""


class HelpScreen(KeptScreen[None]):
    """Shows a text. The app keeps the one that there is: what is not made anew is on the screen at once."""

    BINDINGS: ClassVar[list[BindingType]] = named("help", Binding("question_mark,escape,q", "dismiss", "Close"))

    def __init__(self) -> None:
        super().__init__()
        self._page = HelpPage(id="help")

    def compose(self) -> ComposeResult:
        """One text to scroll."""
        yield self._page

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self._page.focus()

    def show(self, text: str) -> None:
        """Show another text."""
        self._page.show(text)


def show_help(app: App[int], text: str = HELP, reasons: Sequence[str] = ()) -> None:
    """Show `text`, with the user's own keys in it, and under it `reasons`, one a line."""
    changed = own_keys(active.binding for active in app.screen.active_bindings.values())
    below = "\n".join(("NOT AVAILABLE HERE", *reasons)) if reasons else ""
    screen = app.get_screen(HELP_SCREEN, HelpScreen)
    screen.show(f"{own_keys_text(changed)}{with_own_keys(text, changed)}\n{below}".rstrip())
    app.push_screen(screen)


def not_available(view: SessionView) -> tuple[str, ...]:
    """What the lanes of `view` lack, and why; equal words once, with the lanes that they are true of."""
    said: dict[str, list[str]] = {}
    for lane in view.lanes:
        lacking = [f"{row.phase}: {row.reason}" for row in lane.rows if row.reason]
        lacking += [f"{row.name}: {row.reason}" for row in lane.memory if row.now is None and row.peak is None]
        costs = {"own cost": lane.own_cost.stamps, "cost of stacks": lane.own_cost.stacks}
        lacking += [f"{name}: {cost.reason}" for name, cost in costs.items() if isinstance(cost, NotAvailable)]
        lacking += [lane.no_frames] if lane.no_frames else []
        for line in lacking:
            said.setdefault(line, []).append(lane.lane)
    return tuple(f"{line} ({', '.join(lanes)})" for line, lanes in said.items())
