"""Lanes as the command line writes them: ``[NAME=]FRAMEWORK[@BACKEND][:MODE]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase

BACKENDS: dict[str, tuple[str | None, ...]] = {
    "torch": (None,),
    "tensorflow": (None,),
    "keras": ("tensorflow", "torch", "jax"),
}
"""Each framework and what it can run on; the first is the default."""
MODES = ("default", "eager", "compiled")
THERE_ARE = (
    "there are: torch, tensorflow, keras, keras@torch and keras@jax, each also with :eager or :compiled and under a "
    "name of its own: NAME=LANE"
)
_LANE = re.compile(r"(?:(?P<name>[^=]*)=)?(?P<framework>[^=@:]+)(?:@(?P<backend>[^=@:]+))?(?::(?P<mode>[^=@:]+))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True)
class LaneSpec:
    """One lane: a framework on a backend (None where it has no choice of one), in a mode."""

    name: str
    framework: str
    backend: str | None = None
    mode: str = "default"

    @property
    def lane(self) -> str:
        """The lane in its shortest spelling, without a name."""
        at = f"@{self.backend}" if self.backend != BACKENDS[self.framework][0] else ""
        return f"{self.framework}{at}" + (f":{self.mode}" if self.mode != "default" else "")

    def __str__(self) -> str:
        """As `parse_lane` reads it."""
        return self.lane if self.name == self.lane else f"{self.name}={self.lane}"

    @property
    def module(self) -> str:
        """The module that trains it."""
        apart = self.backend not in (None, "tensorflow")
        return f"dlprof.workloads.{self.framework}" + (f"_{self.backend}" if apart else "")


def parse_lane(text: str) -> LaneSpec:
    """The lane that `text` describes.

    Raises:
        ValueError: there is no such lane, or the name is none; one line that lists what there is.
    """
    match = _LANE.fullmatch(text.strip())
    framework = match["framework"] if match else ""
    if match is None or framework not in BACKENDS:
        raise ValueError(f"unknown lane {text!r}; {THERE_ARE}")
    backend, mode = match["backend"] or BACKENDS[framework][0], match["mode"] or "default"
    if backend not in BACKENDS[framework] or mode not in MODES:
        raise ValueError(f"unknown lane {text!r}; {THERE_ARE}")
    name = match["name"]
    if name is not None and not _NAME.fullmatch(name):
        raise ValueError(f"lane {text!r}: a name is at most 32 letters, digits, dots, dashes and underscores")
    lane = LaneSpec("", framework, backend, mode)
    return LaneSpec(name or lane.lane, framework, backend, mode)


def parse_lanes(text: str) -> tuple[LaneSpec, ...]:
    """The lanes of a list with commas.

    Raises:
        ValueError: a lane is unknown, two have one name, or there is none; one line that says what to do.
    """
    lanes = tuple(parse_lane(part) for part in text.split(",") if part.strip())
    if not lanes:
        raise ValueError(f"no lane given; {THERE_ARE}")
    for lane in lanes:
        same = [other.lane for other in lanes if other.name == lane.name]
        if len(same) > 1:
            named = ",".join(f"{name}={lane}" for name, lane in zip(ascii_lowercase, same, strict=False))
            raise ValueError(f"two lanes are named {lane.name!r}; give them names: {named}")
    return lanes


DEFAULT_LANES = parse_lanes("torch,tensorflow,keras")
KNOWN_LANES = parse_lanes(
    "torch,tensorflow,keras,torch:compiled,tensorflow:eager,tensorflow:compiled,keras:eager,keras:compiled,"
    "keras@torch,keras@torch:compiled,keras@jax,keras@jax:eager"
)
"""Those that differ: torch is eager as it is, and so is keras@torch; keras@jax is compiled as it is."""
