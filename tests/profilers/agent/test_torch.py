"""Where a torch step's time goes: spans of known length, and CUDA events at a fake of the driver."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from heard import HeardLane

from dlprof.profilers.agent import torch as agent
from dlprof.profilers.agent.host import HostPhases

MS = 1_000_000


def spin(milliseconds: float) -> None:
    end = time.perf_counter_ns() + milliseconds * MS
    while time.perf_counter_ns() < end:
        pass


@pytest.mark.parametrize("dark_every", [0, 3])
def test_each_phase_holds_its_own_work(dark_every: int) -> None:
    lane = HeardLane(6, dark_every=dark_every)
    timer = HostPhases(lane, lambda: (None, None, None, "none"))
    timer.start()
    while True:
        spin(10)
        timer.data_done()
        spin(20)
        timer.forward_done()
        spin(40)
        timer.backward_done()
        spin(30)
        timer.optimizer_done()
        if not timer.step_done(torch.tensor(0.5)):
            break
    assert lane.dark == ([2, 5] if dark_every else [])
    assert len(lane.steps) + len(lane.dark) == 6
    for total, data, forward, backward, optimizer, loss in lane.steps:
        assert (data >= 10 * MS, forward >= 20 * MS, backward >= 40 * MS, optimizer >= 30 * MS) == (True,) * 4
        assert data + forward + backward + optimizer <= total
        assert loss == 0.5


class FakeGpu:
    """A stream that works off what was put on it: only `work` and `synchronize` let its time pass."""

    def __init__(self) -> None:
        self.queue: list[FakeEvent | float] = []
        self.now_ms = 0.0
        self.events = 0

    def run(self, items: int) -> None:
        for _ in range(min(items, len(self.queue))):
            item = self.queue.pop(0)
            if isinstance(item, FakeEvent):
                item.passed_ms = self.now_ms
            else:
                self.now_ms += item

    def synchronize(self) -> None:
        self.run(len(self.queue))


class FakeEvent:
    def __init__(self, gpu: FakeGpu) -> None:
        self.gpu, self.passed_ms = gpu, None
        gpu.events += 1

    def record(self) -> None:
        self.passed_ms: float | None = None
        self.gpu.queue.append(self)

    def query(self) -> bool:
        return self.passed_ms is not None

    def elapsed_time(self, later: "FakeEvent") -> float:
        assert self.passed_ms is not None, "read before the GPU passed it"
        assert later.passed_ms is not None, "read before the GPU passed it"
        return later.passed_ms - self.passed_ms


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    fake, empty = FakeGpu(), torch.empty

    def pageable(*size: Any, pin_memory: bool, **options: Any) -> torch.Tensor:
        assert pin_memory
        return empty(*size, **options)

    monkeypatch.setattr(torch.cuda, "Event", lambda enable_timing: FakeEvent(fake))
    monkeypatch.setattr(torch.cuda, "synchronize", fake.synchronize)
    monkeypatch.setattr(torch, "empty", pageable)
    for name in ("memory_allocated", "memory_reserved", "max_memory_allocated"):
        monkeypatch.setattr(torch.cuda, name, lambda: 7)
    return fake


@pytest.mark.parametrize("passes", [1000, 3, 0], ids=["prompt", "lagging", "idle until the turn ends"])
def test_cuda_events_give_each_phase_the_time_the_gpu_spent(gpu: FakeGpu, passes: int) -> None:
    lane = HeardLane(20)
    timer = agent.CudaEventPhases(lane)
    timer.start()
    step = 0
    while True:
        for work_ms, mark in ((1.0, timer.data_done), (2.0, timer.forward_done), (4.0 + step, timer.backward_done)):
            gpu.queue.append(work_ms)
            mark()
        gpu.queue.append(3.0)
        timer.optimizer_done()
        more = timer.step_done(torch.tensor(float(step)))
        step += 1
        if not more:
            break
        gpu.run(passes)
    assert lane.steps == [((10 + i) * MS, 1 * MS, 2 * MS, (4 + i) * MS, 3 * MS, float(i)) for i in range(20)]
    if passes == 1000:
        assert gpu.events <= 12, "events are not taken from the pool"
    assert lane.allocator() == (7, 7, 7, None)


def test_a_dark_step_has_two_events_and_no_loss(gpu: FakeGpu) -> None:
    lane = HeardLane(12, dark_every=2)
    timer = agent.CudaEventPhases(lane)
    timer.start()
    more, before = True, 0
    while more:
        for mark in (timer.data_done, timer.forward_done, timer.backward_done, timer.optimizer_done):
            gpu.queue.append(1.0)
            mark()
        before = gpu.events
        more = timer.step_done(torch.tensor(0.0))
        gpu.run(1000)
    assert lane.dark == [1, 3, 5, 7, 9, 11]
    assert [step[:2] for step in lane.steps] == [(4 * MS, 1 * MS)] * 6
    assert before <= 9, "a dark step takes more than the events at its ends"


def test_a_step_never_waits_for_the_gpu(gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[Callable[[], None]] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waits.append(gpu.synchronize))
    lane = HeardLane(20)
    timer = agent.CudaEventPhases(lane)
    timer.start()
    for _ in range(10):
        for mark in (timer.data_done, timer.forward_done, timer.backward_done, timer.optimizer_done):
            mark()
        assert timer.step_done(torch.tensor(0.0))
    assert waits == []
    assert lane.steps == []


@pytest.mark.slow
def test_phases_agree_with_the_spans_of_torch_s_own_profiler() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    data = torch.utils.data.TensorDataset(torch.randn(4096, 256), torch.randint(0, 10, (4096,)))
    batches = iter(torch.utils.data.DataLoader(data, batch_size=128))
    lane = HeardLane(24)
    timer = HostPhases(lane, lambda: (None, None, None, "none"), read=torch.Tensor.item)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        timer.start()
        while True:
            x, y = next(batches)
            timer.data_done()
            with torch.profiler.record_function("forward"):
                loss = torch.nn.functional.cross_entropy(model(x), y)
            timer.forward_done()
            with torch.profiler.record_function("backward"):
                loss.backward()
            timer.backward_done()
            optimizer.step()
            timer.optimizer_done()
            optimizer.zero_grad()
            if not timer.step_done(loss):
                break
    names = {
        "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__": 1,
        "forward": 2,
        "backward": 3,
        "Optimizer.step#SGD.step": 4,
    }
    for name, column in names.items():
        spans = [event.time_range.elapsed_us() * 1000 for event in profile.events() or () if event.name == name]
        assert len(spans) == 24
        ours = [step[column] for step in lane.steps]
        outside = [mine - span for mine, span in zip(ours, spans, strict=True)]
        # The profiler opens and closes its span inside ours, which it makes longer.
        assert min(outside) >= -5_000
        assert statistics.median(outside) <= 0.05 * statistics.median(spans) + 100_000, name
