"""The agent's reading of its own memory, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dlprof.profilers.agent import memory
from dlprof.profilers.agent.memory import Footprint

MIB = 1 << 20
PROGRAM = """
import json
from dlprof.profilers.agent.memory import Footprint
facts = {}
footprint = Footprint(lambda **more: facts.update(more))
framework = b"x" * (40 << 20)
footprint.reached("imported")
b"x" * (200 << 20)
model = b"x" * (20 << 20)
footprint.reached("built")
b"x" * (30 << 20)
steps = b"x" * (10 << 20)
footprint.reached("warm")
footprint.reached("trained")
print(json.dumps(facts))
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the kernel tells no process's memory")
def test_each_stage_adds_what_it_keeps_and_the_peak_is_of_the_training() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    assert facts["host_import_bytes"] == pytest.approx(40 * MIB, abs=MIB)
    assert facts["host_model_bytes"] == pytest.approx(20 * MIB, abs=MIB)
    assert facts["host_first_steps_bytes"] == pytest.approx(10 * MIB, abs=MIB)
    if facts["host_peak_since"] == "training":
        held = facts["host_before_import_bytes"] + 60 * MIB
        assert facts["host_training_peak_bytes"] == pytest.approx(held + 30 * MIB, abs=4 * MIB)


def test_what_the_kernel_does_not_tell_is_not_available(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path / "absent")
    facts: dict[str, object] = {}
    footprint = Footprint(lambda **more: facts.update(more))
    for stage in ("imported", "built", "warm", "trained"):
        footprint.reached(stage)
    assert facts.pop("host_peak_since") == "start"
    assert len(facts) == 5
    assert set(facts.values()) == {None}
