"""What this process itself holds of the host's memory, and what each stage of a run adds to it.

All of it is resident memory: unlike the unique set size it does not depend on which other lanes map the same
libraries. (Importing TensorFlow adds 660 MB, of which 420 MB cease to be unique when a Keras lane stands beside it.)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Optional

PROC = Path("/proc/self")
ADDED = {"imported": "host_import_bytes", "built": "host_model_bytes", "warm": "host_first_steps_bytes"}
"""The name of what each stage adds to the one before it."""


class Footprint:
    """Says through `describe` what each stage added. The peak is counted from `built` on where the kernel allows."""

    def __init__(self, describe: Callable[..., None]) -> None:
        """Before the framework is imported."""
        self._describe = describe
        self._held = resident()
        describe(host_before_import_bytes=self._held)

    def reached(self, stage: str) -> None:
        """The run has come to `stage`: those of ADDED in their order, at last `trained`."""
        if stage == "trained":
            self._describe(host_training_peak_bytes=peak_resident())
            return
        held, before = resident(), self._held
        self._held = held
        self._describe(**{ADDED[stage]: None if held is None or before is None else held - before})
        if stage == "built":
            self._describe(host_peak_since="training" if forget_peak() else "start")


def resident() -> Optional[int]:
    """Resident memory of this process, bytes; None where /proc does not tell."""
    return _kib("smaps_rollup", "Rss:")  # exact, where the counters of `status` lag behind


def peak_resident() -> Optional[int]:
    """The most that was resident since the process began, or since `forget_peak`, bytes; None where not told."""
    return _kib("status", "VmHWM:")


def forget_peak() -> bool:
    """Let the peak begin anew (proc_pid_clear_refs(5)); whether the kernel did."""
    try:
        (PROC / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _kib(file: str, name: str) -> Optional[int]:
    try:
        lines = (PROC / file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), None)
