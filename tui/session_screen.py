"""The session screen: live, watched and replayed sessions alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from dlprof.session.errors import SessionError
from dlprof.session.history import RunHistory, SessionHistory
from dlprof.session.text import clean_line
from dlprof.tui.contracts import Opening, Recording
from dlprof.tui.covered_screen import CoverableScreen
from dlprof.tui.event_log import EventLog
from dlprof.tui.event_views import EventLine, event_lines, next_event
from dlprof.tui.feed import Feed
from dlprof.tui.help_screen import not_available, show_help
from dlprof.tui.key_footer import KeyFooter
from dlprof.tui.keymap import named
from dlprof.tui.known import Known
from dlprof.tui.landmarks import Landmark, memory_peaks, next_of, slowest_steps
from dlprof.tui.lane_panel import LanePanel
from dlprof.tui.lane_strip import LaneStrip
from dlprof.tui.leave_dialog import LeaveDialog
from dlprof.tui.playhead import Playhead
from dlprof.tui.plots import Buckets
from dlprof.tui.recent_list import cut
from dlprof.tui.stacks_screen import STACKS_SCREEN, StacksMoment, StacksScreen
from dlprof.tui.time_range import TimeRange
from dlprof.tui.timeline import timeline
from dlprof.tui.views import SessionView, newest_repeats, plotted, session_view, shown_task

SECOND_NS = 1_000_000_000
SHARE = 0.02
"""Of a core, for views that nobody asked for: one of a million steps takes 25 ms, the next then comes after 1.2 s."""
LEGEND = "h host g in-graph e cuda-event ~ estimate │ w warm-up c cold k dark d dropped"
SHORTEST_NAME = 24
"""A session's name has this much room in the header, and a quarter of a wide one, before what the session does."""
MOST_TASKS = 3
"""So many are named in the header; of more, the one that is shown and how many there are."""


class SessionScreen(CoverableScreen[None]):
    """Lanes side by side at the moment of the playhead."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = named(
        "session",
        Binding("q", "leave", "Leave"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("space", "pause", "Pause"),
        Binding("left", "seek(-1)", "Seek", key_display="←→", tooltip="Go 1 s back"),
        Binding("right", "seek(1)", "Go 1 s forward", show=False),
        Binding("shift+left", "seek(-10)", "Go 10 s back", show=False),
        Binding("shift+right", "seek(10)", "Go 10 s forward", show=False),
        Binding("s", "stacks", "Stacks", tooltip="Where the time goes: sampled stacks as a tree and as a flame"),
        Binding("z", "zoom(1)", "Zoom", tooltip="Zoom in: plots show a shorter stretch of time"),
        Binding("Z", "zoom(-1)", "Zoom out", show=False),
        Binding("l", "log", "Log", tooltip="Show all events, or hide them"),
        Binding("w", "slowest", "Go to the slowest step of a lane", show=False),
        Binding("m", "peak", "Go to the memory peak of a lane", show=False),
        Binding("e", "event(1)", "Go to the next event", show=False),
        Binding("E", "event(-1)", "Go to the event before", show=False),
        Binding("0", "jump(0)", "Jump to 0/10", show=False),
        *(Binding(str(tenth), f"jump({tenth})", f"Jump to {tenth}/10", show=False) for tenth in range(1, 10)),
        Binding("plus,equals_sign", "speed(1)", "Replay faster", show=False),
        Binding("minus", "speed(-1)", "Replay slower", show=False),
        Binding("home", "begin", "Go to the start", show=False),
        Binding("end", "end", "End", tooltip="Go to the end and follow it"),
        Binding("left_square_bracket", "scroll_lanes(-1)", "Lanes left", show=False),
        Binding("right_square_bracket", "scroll_lanes(1)", "Lanes right", show=False),
        Binding("t", "task", "Task", tooltip="Show the next task"),
        Binding("n", "next_task", "Next", tooltip="Finish this task and train the next"),
    )

    class Arrived(Message):
        """The session was read again; `recording`: somebody wrote it just before."""

        def __init__(self, history: SessionHistory | None, problem: str | None, *, recording: bool) -> None:
            super().__init__()
            self.history, self.problem, self.recording = history, problem, recording

        def can_replace(self, message: Message) -> bool:
            """A newer reading stands for an older one."""
            return isinstance(message, SessionScreen.Arrived)

    def __init__(
        self,
        feed: Feed,
        refresh_hz: float,
        recording: Recording | None = None,
        clock: Callable[[], float] = time.monotonic,
        opening: Opening | None = None,
    ) -> None:
        """`opening`: the moment at which to begin, paused; a replay begins at its start otherwise."""
        super().__init__()
        self.feed, self.recording = feed, recording
        self.view: SessionView | None = None
        self._hz, self._clock = refresh_hz, clock
        self._history: SessionHistory | None = None
        self._shown_task: str | None = opening.task if opening is not None else None
        self._opening = opening
        self._recorded = True
        self._known, self._buckets = Known(), Buckets()
        self._zoom = TimeRange()
        self._landmark: Landmark | None = None
        self._moment: tuple[int, int, str | None, bool, TimeRange] | None = None
        self._playhead = Playhead(clock_s=clock())
        self._due_s = 0.0

    def compose(self) -> ComposeResult:
        """Header, verdict, lanes, events, timeline, keys."""
        yield Static("starting the recorder", id="header", markup=False)
        yield Static("", id="verdict", markup=False)
        yield LaneStrip(id="lanes")
        yield Static("", id="events", markup=False)
        yield EventLog(id="event-log")
        yield Static(LEGEND, id="legend", markup=False)
        yield Static("", id="timeline", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Start reading, and keep the playhead moving."""
        self.query_one(EventLog).display = False
        self._read_on()
        self.set_interval(1 / self._hz, self._show_when_due)

    @work(thread=True, exclusive=True)
    def _read_on(self) -> None:
        worker, wait = get_current_worker(), 1 / self._hz
        while not worker.is_cancelled:
            recording = self.feed.is_recording()
            try:
                history = None
                for history in self.feed.read():
                    self.post_message(self.Arrived(history, None, recording=recording))
            except SessionError as error:
                self.post_message(self.Arrived(None, str(error), recording=recording))
                return
            if not recording:
                if history is not None:
                    self._known.look_ahead(history, lambda: not worker.is_cancelled)
                return
            time.sleep(wait)

    async def on_session_screen_arrived(self, message: Arrived) -> None:
        """Show what was read."""
        if message.problem:
            self._header("no session to show: q leaves")
            self.query_one("#events", Static).update(Text(message.problem, style="bold red"))
        if message.history is not None:
            first, could_go_on = self._history is None, self._can_go_on()
            self._history = message.history
            self._recorded = message.recording and not message.history.complete
            if could_go_on != self._can_go_on():
                self.refresh_bindings()
            if first and not self._recorded:
                self._playhead = Playhead(0, following=False, clock_s=self._clock())
            if self._opening is not None and self._opening.t_ns <= message.history.horizon_ns:
                self._playhead = Playhead(self._opening.t_ns, following=False, playing=False, clock_s=self._clock())
                self._opening = None
            await self._show_when_due()

    async def _show_when_due(self) -> None:
        """Show what time and the recording bring; keys show at once."""
        if self._clock() >= self._due_s:
            await self._show()

    async def _show(self) -> None:
        if self._history is None:
            return
        end = self._history.horizon_ns
        self._playhead = self._playhead.at(self._clock(), end)
        if self.is_covered:
            return
        moment = (self._playhead.position_ns, end, self._shown_task, self._recorded, self._zoom)
        if moment != self._moment:  # what is in the file up to its horizon does not change
            began_s = time.thread_time()
            view = self._view(self._history)
            self._moment, self.view = moment, view
            self._due_s = self._clock() + (time.thread_time() - began_s) / SHARE
            self._update("#verdict", view.verdict)
            self.query_one("#verdict").display = bool(view.verdict)
            await self.query_one("#lanes", LaneStrip).show(view.lanes)
            self._show_events(view)
            self._show_log()
        if self.view is not None:
            self._header(self._title(self.view))
        there = self._landmark is not None and self._landmark.t_ns == self._playhead.position_ns
        said = self._landmark.said if self._landmark is not None and there else ""
        self._update("#legend", said or LEGEND)
        window = self._zoom.bounds(self._playhead.position_ns) if self._zoom.length_ns is not None else None
        self._update("#timeline", timeline(self._playhead.position_ns, end, window, self.size.width))

    def _view(self, history: SessionHistory) -> SessionView:
        position_ns, task = self._playhead.position_ns, self._shown_task
        view = session_view(history, position_ns, task, self._known, recording=self._recorded)
        return plotted(view, history.until(position_ns), self._buckets, self._zoom.length_ns)

    async def on_screen_resume(self) -> None:
        """What changed meanwhile."""
        await self._show()

    def _title(self, view: SessionView) -> str:
        tasks = " ".join(f"[{task}]" if task == view.task else task for task in view.tasks)
        if len(view.tasks) > MOST_TASKS:
            tasks = f"[{view.task}] {view.tasks.index(view.task) + 1} of {len(view.tasks)}"
        unended = f"  {view.unended}" if view.unended else ""
        name = cut(clean_line(view.name), max(self.size.width // 4, SHORTEST_NAME))
        return f"{name}  {view.seconds:.1f} s  {self._state()}{unended}  {tasks}  {view.schedule}"

    def _state(self) -> str:
        playhead = self._playhead
        if playhead.following:
            return "LIVE" if self._recorded else "END"
        return f"{'REPLAY' if playhead.playing else 'PAUSED'} {playhead.speed:g}x"

    def on_resize(self) -> None:
        """Another height has room for more events, or for fewer; what is shown may not change by itself."""
        if self.view is not None:
            self._show_events(self.view)

    def _show_events(self, view: SessionView) -> None:
        count = 1 if self.size.height < 40 else 4
        self._update("#events", "\n".join(view.events[-count:]))

    def _header(self, text: str) -> None:
        self._update("#header", text)

    def _update(self, where: str, text: str) -> None:
        widget = self.query_one(where, Static)
        if str(widget.content) != text:
            layout = where in ("#events", "#verdict")
            widget.update(Text(text, no_wrap=where != "#verdict", overflow="ellipsis"), layout=layout)

    async def action_pause(self) -> None:
        """Pause, or go on."""
        self._playhead = self._playhead.toggled()
        await self._show()

    async def action_seek(self, seconds: int) -> None:
        """Move by seconds."""
        self._playhead = self._playhead.seek(self._playhead.position_ns + seconds * SECOND_NS)
        await self._show()

    async def action_begin(self) -> None:
        """Go to the start."""
        self._playhead = self._playhead.seek(0)
        await self._show()

    async def action_end(self) -> None:
        """Go to the end and stay there."""
        self._playhead = self._playhead.to_end()
        await self._show()

    async def action_jump(self, tenth: int) -> None:
        """Go to a tenth of the session."""
        if self._history is not None:
            self._playhead = self._playhead.seek(self._history.horizon_ns * tenth // 10)
            await self._show()

    async def action_zoom(self, shorter: int) -> None:
        """Plots show a shorter stretch of time up to the playhead, or a longer one."""
        change = self._zoom.shorter if shorter > 0 else self._zoom.longer
        self._zoom = change(self._playhead.position_ns)
        await self._show()

    async def action_slowest(self) -> None:
        """Go to the slowest step of a lane; again, to that of the next."""
        await self._go_to(next_of(slowest_steps(self._runs()), self._playhead.position_ns), "no step counts yet")

    async def action_peak(self) -> None:
        """Go to where a lane held most memory; again, to the next."""
        await self._go_to(next_of(memory_peaks(self._runs()), self._playhead.position_ns), "no memory was sampled yet")

    async def action_event(self, direction: int) -> None:
        """Go to the next event, or to the one before."""
        if self._history is not None:
            event = next_event(event_lines(self._history), self._playhead.position_ns, direction)
            there = self._at(event) if event is not None else None
            await self._go_to(there, "no event after this moment" if direction > 0 else "no event before this moment")

    async def on_option_list_option_selected(self) -> None:
        """Go to the event that was chosen in the log."""
        event = self.query_one(EventLog).chosen
        if event is not None:
            await self._go_to(self._at(event), "")

    def _at(self, event: EventLine) -> Landmark:
        """Where it is; it stands above the legend already, as the newest that had happened."""
        return Landmark(event.t_ns, "")

    def _runs(self) -> list[RunHistory]:
        """What is known by now of the lanes of the task that is shown."""
        return newest_repeats(self._history, self.view.task) if self._history is not None and self.view else []

    async def _go_to(self, landmark: Landmark | None, otherwise: str) -> None:
        """Stop there, and say what is to be seen until the playhead moves."""
        self._landmark = landmark
        if landmark is None:
            self.notify(otherwise, markup=False)
        else:
            self._playhead = self._playhead.stopped_at(landmark.t_ns)
            await self._show()

    def action_log(self) -> None:
        """Show all events, or hide them."""
        log = self.query_one(EventLog)
        log.display = not log.display
        self.query_one("#events").display = not log.display
        if log.display:
            self._show_log()
            log.focus()

    def _show_log(self) -> None:
        log = self.query_one(EventLog)
        if log.display and self._history is not None:
            log.show(event_lines(self._history), self._playhead.position_ns)

    async def action_speed(self, steps: int) -> None:
        """Replay faster or slower."""
        self._playhead = self._playhead.faster(steps)
        await self._show()

    async def action_task(self) -> None:
        """Show the next task."""
        if self.view is not None and self.view.tasks:
            tasks = self.view.tasks
            self._shown_task = tasks[(tasks.index(self.view.task) + 1) % len(tasks)]
            await self._show()

    def action_scroll_lanes(self, direction: int) -> None:
        """Scroll by a lane."""
        panels = self.query(LanePanel)
        self.query_one("#lanes").scroll_relative(x=direction * (panels.first().outer_size.width if panels else 0))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The next task can be asked for while there is one and somebody to train it."""
        return self._can_go_on() if action == "next_task" else True

    def _can_go_on(self) -> bool:
        return self.recording is not None and self._recorded and bool(self._tasks_to_come())

    def _tasks_to_come(self) -> list[str]:
        if self._history is None:
            return []
        planned = self._history.settings.get("tasks", [])
        return [str(task) for task in planned if task not in self._history.tasks]

    def action_next_task(self) -> None:
        """End the task that is being trained, for the next one."""
        if self.recording is not None:
            self.recording.next_task()
            self.notify(f"finishing this task; next: {self._tasks_to_come()[0]}", markup=False)

    def action_help(self) -> None:
        """Keys, words, and why something is not available here."""
        show_help(self.app, reasons=not_available(self.view) if self.view is not None else ())

    def action_stacks(self) -> None:
        """Where the time goes, up to the playhead."""
        screen = self.app.get_screen(STACKS_SCREEN, StacksScreen)
        screen.look(self._stacks_moment, self._zoom)
        self.app.push_screen(screen)

    def _stacks_moment(self) -> StacksMoment | None:
        if self._history is None:
            return None
        known = self._history.until(self._playhead.position_ns)
        task = shown_task(known, self._shown_task)
        return StacksMoment(task, tuple(newest_repeats(known, task)), known.horizon_ns)

    @property
    def can_stop(self) -> bool:
        """Whether there is a recording that this viewer can stop."""
        return self.recording is not None and self.recording.is_recording()

    def action_leave(self) -> None:
        """Leave; ask what becomes of a recording that this viewer can stop."""
        if self.can_stop:
            self.app.push_screen(LeaveDialog(), self._left)
        else:
            self.dismiss()

    def _left(self, answer: str | None) -> None:
        if self.recording is None or answer is None:
            return
        (self.recording.stop if answer == "stop" else self.recording.let_go)()
        self.call_later(self._go)  # the dialog that asked is still on top

    def _go(self) -> None:
        self.dismiss()
