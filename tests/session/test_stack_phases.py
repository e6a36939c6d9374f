import pytest

from dlprof.session.records import Frame
from dlprof.session.stack_phases import NOT_TOLD, STACK_PHASES, WHOLE_STEP, time_by_phase
from dlprof.session.stacks import Stack

TRAIN = Frame("train", "/x/dlprof/workloads/torch.py", 68)
GRAPH = "tensorflow/python/eager/polymorphic_function/polymorphic_function.py"


def stack(*functions: str) -> Stack:
    names = (function.split() for function in functions)
    return (TRAIN, *(Frame(name, file, 1) for file, name in names))


@pytest.mark.parametrize(
    ("phase", "functions"),
    [
        ("data", ["torch/utils/data/dataloader.py _BaseDataLoaderIter.__next__"]),
        ("data", ["tensorflow/python/data/ops/iterator_ops.py OwnedIterator.__next__", f"{GRAPH} Function.__call__"]),
        ("forward", ["torch/nn/modules/module.py Module._wrapped_call_impl", "loop.py helper"]),
        ("backward", ["torch/_tensor.py Tensor.backward", "torch/nn/modules/module.py Module._call_impl"]),
        ("backward", ["tensorflow/python/eager/backprop.py GradientTape.gradient"]),
        ("optimizer", ["torch/optim/adam.py adam"]),
        ("optimizer", ["keras/src/optimizers/base_optimizer.py BaseOptimizer.apply"]),
        (WHOLE_STEP, [f"{GRAPH} Function.__call__", "keras/src/layers/layer.py Layer.__call__"]),
        (WHOLE_STEP, [f"{GRAPH} __call__"]),
        (NOT_TOLD, ["torch/_tensor.py Tensor.item"]),
        (NOT_TOLD, []),
    ],
)
def test_the_outermost_frame_that_tells_decides(phase: str, functions: list[str]) -> None:
    assert list(time_by_phase([(stack(*functions), 5)])) == [phase]


def test_all_time_is_in_one_phase() -> None:
    times = [(stack("torch/optim/adam.py adam"), 5), (stack(), 2), (stack("torch/utils/data/x.py fetch"), 3)]
    found = time_by_phase(times)
    assert list(found) == [phase for phase in STACK_PHASES if phase in found]
    assert sorted(ns for of_phase in found.values() for _, ns in of_phase) == [2, 3, 5]
