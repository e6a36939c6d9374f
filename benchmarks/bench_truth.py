"""Phases against known durations: every lane and mode that stamps its steps, with parts that spin a known time.

Of two neighbouring blocks of steps one spins long in a phase and shortly in the next, the other the other way round;
`spins` is by how much the spins of the phase really differ, measured by how much the phase does. Steps are equally long
and the phase before takes what it took. In turn and in one process, since one start in a few is slower than another in
every phase, whatever the spins. The framework's own work is slower after a longer pause, so that more than the spin
differs. Each call of the framework is timed apart from dlprof's stamps: where Python makes it, from outside, and in a
graph, whose stamps read the wall clock, by operators that note the host's monotonic clock when what it computes with is
there and when what it computes is. `calls` is by how much they differ: that is what the phase truly took. One thread,
as the scheduler's share is not the clock's. The error is that of the median start; its range over the starts stands
beside it. Also: how often the phases come to more than their step; probes against stamps on the same function, which
XLA did not compile; and the phases of the torch lane beside the spans that torch's own profiler has of the same calls,
which are inside the phases.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from asking import ONE_THREAD, said_by

from dlprof.workloads.data import prepare
from dlprof.workloads.models.perceptron import Perceptron
from dlprof.workloads.tasks import TASKS

LANES = {
    "torch": ("torch", "default", ""),
    "torch:compiled": ("torch", "compiled", ""),
    "tensorflow": ("tensorflow", "default", "tensorflow"),
    "tensorflow:eager": ("tensorflow", "eager", "tensorflow"),
    "keras": ("keras", "default", "tensorflow"),
    "keras:eager": ("keras", "eager", "tensorflow"),
    "keras@torch": ("keras_torch", "default", "torch"),
    "keras@torch:compiled": ("keras_torch", "compiled", "torch"),
}
PHASES = ("data", "forward", "backward", "optimizer")
UNITS = 1
STARTS = 3
STEPS = 800
UNSETTLED = 2
"""Steps at the beginning of a block that are not weighed; of the first block of each kind, none is."""
ALLOWED_US, ALLOWED_SHARE = 50, 0.02
AGREEMENT_TASKS = ("mnist-mlp", "mnist-convnet", "text-lstm", "text-transformer")
AGREEING_SHARE = 0.1
SPANS_TASKS = ("mnist-mlp", "text-lstm")


def run(lane: str, folder: Path) -> dict[str, Any]:
    """One training of a lane in a process of its own."""
    module, mode, backend = LANES[lane]
    environment = {"KERAS_BACKEND": backend or "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"} | ONE_THREAD
    said: dict[str, Any] = said_by("truth_lane.py", module, mode, str(folder), str(STEPS), environment=environment)
    return said


def difference(said: dict[str, Any], phase: str, durations: list[float]) -> float:
    """By how much the `durations`, one a step, of the two blocks that are the phase's own differ: the median pair."""
    blocks, of_steps = np.array(said["blocks"]), np.array(durations, float)
    settled = np.append(np.zeros(UNSETTLED, bool), blocks[UNSETTLED:] == blocks[:-UNSETTLED])
    kinds, first = said["kinds"], 2 * PHASES.index(phase)
    medians = [np.nanmedian(of_steps[settled & (blocks == block)]) for block in range(kinds, blocks[-1] + 1)]
    long, short = medians[first::kinds], medians[first + 1 :: kinds]
    return float(np.median(np.subtract(long[: len(short)], short)))


def truths(said: dict[str, Any], phase: str) -> tuple[float, float, float]:
    """How much longer spins, calls and measured phase took in the longer block of the phase, ns."""
    spins, calls = ([step.get(phase) for step in said[of]] for of in ("spins", "calls"))
    measured = [step[1 + PHASES.index(phase)] for step in said["steps"]]
    return difference(said, phase, spins), difference(said, phase, calls), difference(said, phase, measured)


def main() -> None:
    heads = "phase      clock      spins ms  calls ms  measured ms  error us  range us  error %  within"
    print(f"{'lane':20} {heads}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        TASKS["mnist-mlp"] = replace(TASKS["mnist-mlp"], model=Perceptron(784, UNITS, 10))
        prepare("mnist-mlp", folder, 2, seed=0)
        for lane in LANES:
            starts = [run(lane, folder) for _ in range(STARTS)]
            for phase in PHASES:
                spins, calls, measured = zip(*(truths(said, phase) for said in starts), strict=True)
                errors = np.subtract(measured, calls)
                error, known = float(np.median(errors)), float(np.median(spins))
                within = abs(error) <= max(ALLOWED_US * 1e3, ALLOWED_SHARE * known)
                print(
                    f"{lane:20} {phase:10} {starts[0]['clocks'][phase]:9} {known / 1e6:9.3f} "
                    f"{np.median(calls) / 1e6:9.3f} {np.median(measured) / 1e6:12.3f} "
                    f"{error / 1e3:9.1f} {np.ptp(errors) / 1e3:9.1f} "
                    f"{100 * error / known:8.2f}  {'yes' if within else 'NO'}",
                    flush=True,
                )
            counted = (
                step[:5]
                for said in starts
                for step, block in zip(said["steps"], said["blocks"], strict=True)
                if block >= said["kinds"]
            )
            steps = np.array(list(counted), float)
            over = float(np.mean(np.nansum(steps[:, 1:], axis=1) > 1.005 * steps[:, 0]))
            print(f"{lane:20} phases more than 0.5 % longer than their step: {over:.1%} of the steps", flush=True)
    probes_and_stamps()
    phases_and_spans()


def probes_and_stamps() -> None:
    """Probes against stamps on the same function, which XLA did not compile; held against stamps that tell it apart."""
    print("probes against stamps, of the lane's own step and of one whose parts wait for the part before (apart)")
    print("task             phase      stamps ms  apart ms  probe ms  of apart  in each start    difference us  within")
    for task in AGREEMENT_TASKS:
        starts = [said_by("probe_agreement.py", task) for _ in range(STARTS)]
        for phase in ("forward", "backward"):
            stamped, apart, probed = (
                np.array([start[f"{how} {phase}"] for start in starts]) for how in ("stamps", "apart", "probe")
            )
            ratio, difference = np.median(probed / apart), np.median(probed - apart)
            within = abs(ratio - 1) <= AGREEING_SHARE or abs(difference) * 1e3 <= ALLOWED_US
            print(
                f"{task:16} {phase:10} {np.median(stamped):9.3f} {np.median(apart):9.3f} {np.median(probed):9.3f} "
                f"{ratio:9.2f}  {' '.join(f'{one:.2f}' for one in probed / apart):15} {difference * 1e3:13.0f}  "
                f"{'yes' if within else 'NO'}",
                flush=True,
            )


def phases_and_spans() -> None:
    """The torch lane's phases beside the spans of torch's own profiler on the same steps."""
    print("phases of torch against the spans of torch.profiler inside them")
    print("task             phase      phase ms  profiler's ms  longer by us, in each start")
    for task in SPANS_TASKS:
        starts = [said_by("profiler_agreement.py", task) for _ in range(STARTS)]
        for phase in PHASES:
            ours, spans = (np.array([start[f"{whose} {phase}"] for start in starts]) for whose in ("ours", "spans"))
            longer = " ".join(f"{1000 * one:.0f}" for one in ours - spans)
            print(f"{task:16} {phase:10} {np.median(ours):8.3f} {np.median(spans):14.3f}  {longer}", flush=True)


if __name__ == "__main__":
    main()
