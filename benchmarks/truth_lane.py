"""Trains a lane whose parts take a known time: MODULE MODE FOLDER STEPS.

The lane's own loop runs on `mnist-mlp` with one hidden unit, so that its own work is small beside the spins; parts of
it are replaced: a batch that takes long to make, a layer that spins forward and backward, an optimizer that spins.
Blocks of steps have the KINDS in turn. Each spin notes what it really took, and so do the framework's calls, from the
begin of a phase's first to the end of its last: in Python around them, in a graph from when what they compute with is
there to when what they compute is. Prints JSON: per step the measured phases, what spun and was called in each, in ns,
and its block; and how many KINDS there are.
"""

import functools
import importlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests" / "profilers" / "agent"))

from heard import HeardLane, settings

from dlprof.workloads.models.perceptron import Perceptron
from dlprof.workloads.tasks import TASKS

MODULE, MODE, FOLDER, STEPS = sys.argv[1:]
PHASES = ("data", "forward", "backward", "optimizer")
LONG, MIDDLE, SHORT = 8.0, 4.0, 2.0
"""ms"""


def kinds() -> list[dict[str, float]]:
    """How long parts spin, ms: for each phase one kind in which it is long and the next short, and one the other way.

    All take equally long, and so does what is before the phase: after a longer pause the framework's own work is
    slower.
    """
    found = []
    for phase, following in zip(PHASES, (*PHASES[1:], PHASES[0]), strict=True):
        for own, other in ((LONG, SHORT), (SHORT, LONG)):
            found.append({**dict.fromkeys(PHASES, MIDDLE), phase: own, following: other})
    return found


KINDS = kinds()
UNITS, BATCH = 1, 8
BLOCK = 10
"""Steps of one kind in a row."""
spins: dict[str, float] = dict(KINDS[0])
spent: dict[str, int] = defaultdict(int)
called: dict[str, int] = {}
began: dict[str, int] = {}
"""When the first call of a phase began, by the host's monotonic clock, ns."""
calling: list[str] = []


def spin(phase: str) -> None:
    """Use the processor for the phase's time, and note how long it really was."""
    begin = time.perf_counter_ns()
    end = begin + round(spins[phase] * 1e6)
    while time.perf_counter_ns() < end:
        pass
    spent[phase] += time.perf_counter_ns() - begin


def begins(phase: str) -> None:
    """Note that a call of the phase begins; the first counts."""
    began.setdefault(phase, time.perf_counter_ns())


def is_over(phase: str) -> None:
    """Note that a call of the phase is over; the last counts."""
    called[phase] = time.perf_counter_ns() - began[phase]


def timed(phase: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The framework's own `call`, with notes of its ends; a call within another is part of that."""

    @functools.wraps(call)
    def outermost(*arguments: Any, **options: Any) -> Any:
        if calling:
            return call(*arguments, **options)
        calling.append(phase)
        begins(phase)
        try:
            return call(*arguments, **options)
        finally:
            is_over(phase)
            calling.clear()

    return outermost


class TruthLane(HeardLane):
    """Keeps what spins and calls really took, step by step, and says how long they take in the next."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.spins: list[dict[str, int]] = []
        self.calls: list[dict[str, int]] = []

    def record(self, mark: Any, total_ns: int, measured: Any) -> None:
        """Keep what they took beside the measured step."""
        super().record(mark, total_ns, measured)
        self.spins.append(dict(spent))
        self.calls.append(dict(called))
        for notes in (spent, called, began):
            notes.clear()
        spins.update(KINDS[len(self.spins) // BLOCK % len(KINDS)])


def torch_parts() -> None:
    """Slow parts for the lanes on torch."""
    import torch

    class Spin(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            spin("forward")
            return x.clone()

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
            spin("backward")
            return gradients[0]

    torch_data: Any = importlib.import_module("dlprof.workloads.torch_data")
    fetch = torch_data.Batches.__getitem__

    def slow_fetch(self: Any, index: Any) -> Any:
        spin("data")
        return fetch(self, index)

    torch_data.Batches.__getitem__ = slow_fetch
    if MODULE == "torch":
        workload: Any = importlib.import_module("dlprof.workloads.torch")
        build, adam = workload.build, torch.optim.Adam

        class Slow(torch.nn.Module):
            @torch.compiler.disable
            def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
                return Spin.apply(x)  # type: ignore[return-value]

        class SlowAdam(adam):
            def step(self, closure: Any = None) -> Any:
                spin("optimizer")
                return super().step(closure)

        def slow_build(*arguments: Any) -> torch.nn.Module:
            model = build(*arguments)
            return torch.nn.Sequential(*list(model)[:1], Slow(), *list(model)[1:])

        workload.build, torch.optim.Adam = slow_build, SlowAdam
    else:
        outside = torch.compiler.disable
        keras_parts(outside(Spin.apply), outside(lambda gradient: (spin("optimizer"), gradient)[1]))


def tensorflow_parts() -> None:
    """Slow parts for the lanes on TensorFlow."""
    import tensorflow as tf

    def later(phase: str, tensor: Any) -> Any:
        def busy(value: Any) -> Any:
            spin(phase)
            return value

        if tf.executing_eagerly():
            return busy(tensor)  # in a graph's operator the loop would sleep, and go on with cold caches
        return tf.ensure_shape(tf.numpy_function(busy, [tensor], tensor.dtype), tensor.shape)

    @tf.custom_gradient
    def both_ways(x: Any) -> Any:
        return later("forward", x), lambda upstream: later("backward", upstream)

    tf_data: Any = importlib.import_module("dlprof.workloads.tf_data")
    scaled = tf_data._scaled
    tf_data._scaled = lambda x, y: scaled(later("data", x), y)
    keras_parts(both_ways, lambda gradient: later("optimizer", gradient))


def keras_parts(both_ways: Any, slow: Any) -> None:
    """A Keras model with a layer that is slow both ways, and an optimizer that is slow once an update."""
    import keras

    dense: Any = keras.layers.Dense

    class SlowDense(dense):
        def call(self, inputs: Any, **options: Any) -> Any:
            outputs = super().call(inputs, **options)
            return both_ways(outputs) if self.units == 10 else outputs

    class SlowAdam(keras.optimizers.Adam):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            first = variable.shape == (784, UNITS)
            super().update_step(slow(gradient) if first else gradient, variable, learning_rate)

    keras.layers.Dense = SlowDense
    keras.optimizers.Adam = SlowAdam


def time_torch() -> None:
    """Note how long torch's and Keras' own calls take on torch."""
    import torch
    from torch.utils.data import dataloader

    iterator: Any = dataloader._BaseDataLoaderIter
    iterator.__next__ = timed("data", iterator.__next__)
    uncompiled: Any = functools.partial(torch.compiler.disable, recursive=False)
    torch.Tensor.backward = uncompiled(timed("backward", torch.Tensor.backward))
    if MODULE == "torch":
        compiled: Any = importlib.import_module("torch._dynamo.eval_frame").OptimizedModule
        for part in (compiled if MODE == "compiled" else torch.nn.Sequential, torch.nn.CrossEntropyLoss):
            part.__call__ = timed("forward", part.__call__)
        torch.optim.Adam.step = timed("optimizer", torch.optim.Adam.step)
        torch.optim.Adam.zero_grad = timed("optimizer", torch.optim.Adam.zero_grad)
    else:
        time_keras(uncompiled)  # the clock is not compiled; what it times is, each call by itself


def time_tensorflow() -> None:
    """Note how long calls of TensorFlow and Keras take."""
    import tensorflow as tf

    iterator: Any = type(iter(tf.data.Dataset.range(1)))
    iterator.__next__ = timed("data", iterator.__next__)
    if MODE == "eager":
        iterator.get_next = timed("data", iterator.get_next)
        tf.GradientTape.gradient = timed("backward", tf.GradientTape.gradient)
        time_keras(lambda call: call)
    else:
        time_graph()


def once_there(tensors: list[Any], take_note: Callable[[str], None], phase: str) -> list[Any]:
    """The `tensors`; as soon as the graph has all of them, it has the host `take_note` of the phase."""
    import tensorflow as tf

    def note(*values: Any) -> Any:
        take_note(phase)
        return values

    noted = tf.numpy_function(note, tensors, [tensor.dtype for tensor in tensors])
    return [tf.ensure_shape(value, tensor.shape) for value, tensor in zip(noted, tensors, strict=True)]


def time_graph() -> None:
    """Note how long the parts of a graph take, by operators of its own, apart from dlprof's stamps and their clock."""
    import keras
    import tensorflow as tf

    iterator: Any = type(iter(tf.data.Dataset.range(1)))
    model: Any = keras.Model
    adam: Any = keras.optimizers.Adam
    get_next, call, gradient, apply = iterator.get_next, model.__call__, tf.GradientTape.gradient, adam.apply

    def fetched(self: Any) -> Any:
        if not tf.inside_function():
            return get_next(self)
        with tf.control_dependencies(once_there([tf.constant(0)], begins, "data")):
            batch = get_next(self)
        return tf.nest.pack_sequence_as(batch, once_there(tf.nest.flatten(batch), is_over, "data"))

    def called_model(self: Any, x: Any, **options: Any) -> Any:
        return call(self, once_there([x], begins, "forward")[0] if tf.inside_function() else x, **options)

    @tf.custom_gradient
    def both_ends(loss: Any) -> Any:
        return (
            once_there([loss], is_over, "forward")[0],
            lambda upstream: once_there([upstream], begins, "backward")[0],
        )

    def ending_in_loss(loss_of: Any) -> Any:
        return lambda *arguments, **options: both_ends(loss_of(*arguments, **options))

    def all_gradients(*arguments: Any, **options: Any) -> Any:
        return once_there(gradient(*arguments, **options), is_over, "backward")

    def applied(self: Any, gradients: Any, variables: Any = None) -> None:
        apply(self, once_there(list(gradients), begins, "optimizer"), variables)
        once_there([variable.value.read_value() for variable in self._trainable_variables], is_over, "optimizer")

    iterator.get_next = fetched
    model.__call__, tf.GradientTape.gradient, adam.apply = called_model, all_gradients, applied
    if MODULE == "keras":
        model.compute_loss = ending_in_loss(model.compute_loss)
    else:
        keras.losses.Loss.__call__ = ending_in_loss(keras.losses.Loss.__call__)


def time_keras(uncompiled: Callable[[Any], Any]) -> None:
    """Note how long Keras' own calls take; `uncompiled` keeps the clock itself out of a compiled step."""
    import keras

    keras.Model.__call__ = uncompiled(timed("forward", keras.Model.__call__))
    keras.Model.compute_loss = uncompiled(timed("forward", keras.Model.compute_loss))
    keras.losses.Loss.__call__ = uncompiled(timed("forward", keras.losses.Loss.__call__))
    keras.optimizers.Adam.apply = uncompiled(timed("optimizer", keras.optimizers.Adam.apply))


def main() -> None:
    """Train, and print."""
    TASKS["mnist-mlp"] = replace(TASKS["mnist-mlp"], model=Perceptron(784, UNITS, 10))
    (torch_parts if "torch" in MODULE else tensorflow_parts)()
    (time_torch if "torch" in MODULE else time_tensorflow)()
    lane = TruthLane(int(STEPS), settings("mnist-mlp", FOLDER, BATCH, MODE))
    importlib.import_module(f"dlprof.workloads.{MODULE}").train(lane)
    blocks = [step // BLOCK for step in range(len(lane.steps))]
    said = {"steps": lane.steps, "spins": lane.spins, "calls": lane.calls, "blocks": blocks}
    print(json.dumps(said | {"kinds": len(KINDS), "clocks": lane.facts["clocks"]}))


if __name__ == "__main__":
    main()
