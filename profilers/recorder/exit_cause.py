"""Why a training process ended."""

from __future__ import annotations

import signal

from dlprof.profilers.collectors.cgroup import cgroup_files


def oom_kills() -> int | None:
    """How many processes of this cgroup the kernel has killed for want of memory; None where it does not tell."""
    for path in cgroup_files("memory", v2="memory.events", v1="memory.oom_control"):
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(" ")
            if name == "oom_kill" and value.isdigit():
                return int(value)
    return None


def describe(returncode: int, oom_before: int | None, oom_after: int | None) -> tuple[str, str]:
    """Status and cause for an exit code as `subprocess` gives it (negative: a signal)."""
    if returncode >= 0:
        return "failed", f"exit code {returncode}"
    name = signal.Signals(-returncode).name if -returncode in list(signal.Signals) else f"signal {-returncode}"
    if returncode == -signal.SIGKILL:
        if oom_before is not None and oom_after is not None and oom_after > oom_before:
            return "killed", "killed by SIGKILL, probably out of memory (the kernel counted one); use a smaller batch"
        return "killed", "killed by SIGKILL (by somebody, or out of memory: see the kernel's log)"
    if -returncode in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE):
        return "failed", f"crashed with {name}; its last output has the stack"
    return "killed", f"killed by {name}"
