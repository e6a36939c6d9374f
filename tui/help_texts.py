"""The help of the set-up screen, the compare screen and the stacks screen."""

SETUP_HELP = """\
? esc q   close this help; arrows and page keys scroll it

KEYS
tab       next field; with shift the one before: from the lanes the
          recent sessions
space     choose a lane or a task, or no longer
↑ ↓       another row of a list, another option
← →       an option's value: go through what is offered, as a click on
          ‹ › does; in a value that was typed: move the cursor
enter     start; on a recent session: open it
ctrl+s    start, from everywhere
y         copy the command that records the same
q ctrl+q  quit; ctrl+q also in a field
ctrl+p    every action, by name

RECENT SESSIONS, newest first
enter     open: watch one that is being recorded, replay others
m space   mark, or no longer; with the mouse: click on [ ]
c         compare the two that are marked; the older is the baseline
delete x  delete, after a question
          a click chooses a row, a double click opens it
fastest   the lane that is faster than each other one; same: all are
          within 3 %; inconclusive: the recording does not show it

OPTIONS   muted: what an option is when nothing is typed
!         cannot be understood; the line below the options says why
LENGTH    of each run, after its warm-up: 30s, 2m, 200 steps; empty:
          until stopped
"""

COMPARE_HELP = """\
? esc q   close this help; arrows and page keys scroll it

KEYS
q esc     back
← →       the run before, the next run
↑ ↓       scroll; page keys too
f         filter: only the rows that changed, or all
d         show what differs besides what was measured, or hide it
s         swap: the candidate becomes the baseline
b c       open the baseline, the candidate at this run
x         force: compare what is refused; its figures mean nothing
ctrl+p    every action, by name

ROWS      figures of baseline and candidate, over all their recordings
*         the row decides what it comes to (--gate)
ratio     candidate over baseline, with its 95 % interval drawn over
          the margin, on one scale for all runs; an arrow at an end:
          it goes on
~         an estimate, from parts compiled and timed apart

VERDICTS
! worse   slower, or more memory: beyond the margin, and by more than
          recordings of one thing differ
+ better  faster, or less memory
= same    within the margin, both one-sided 5 % tests
?         inconclusive, or not available: the reason stands below
          docs/compare.md has the method
"""

STACKS_HELP = """\
? esc q   close this help; arrows and page keys scroll it

KEYS
q esc     back; out of a search first
v         view: tree, flame, function by function
l         lane: the next one
b         beside: the next lane beside it, call by call; none
p         phase: the next one that there is; all
/         search in names of functions and files; enter ends typing
n N       next match, match before
+ -       shorter, longer stretch of time
, .       half a stretch earlier, later; at the end it goes along
a         all of the time
↑ ↓       another call; ← → close and open it, or go along a flame
enter     open or close a call; in the flame: make it the top
backspace in the flame: its caller becomes the top
ctrl+p    every action, by name

STACKS    what Python ran in the main thread, seen by py-spy while the
          lane stepped; known when some seconds of stepping are over
total     share of the sampled time in which a call was under way
own       without what it called: work in C belongs to its caller
change    percentage points, from the lane to the one beside it
+ - call  closed, open; what has one way on is not indented
*         a match of the search
[ ]       a box of the flame is as wide as its time; the row below
          holds what it called

PHASES    told by a stack's frames, the outermost that tells
whole step  the step is one compiled program (tf.function, XLA, JAX):
          one frame holds it all, phases cannot be told apart
not told  no frame tells
"""
