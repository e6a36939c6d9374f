"""The tasks: model, data and hyper-parameters, equal in every framework."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional, Union

from dlprof.workloads.augmentation import Augmentation
from dlprof.workloads.models.convnet import ConvNet
from dlprof.workloads.models.lenet import LeNet
from dlprof.workloads.models.model import Model
from dlprof.workloads.models.perceptron import Perceptron
from dlprof.workloads.models.recurrent import Gru, Lstm
from dlprof.workloads.models.resnet50 import ResNet50
from dlprof.workloads.models.text_cnn import TextCnn
from dlprof.workloads.models.transformer import Transformer
from dlprof.workloads.synthetic import Data, FlatImages, Images, Texts


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015).

    Frameworks place epsilon differently, and an LSTM has gradients below 1e-10: only at 1e-14 it makes no difference.
    """

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-14


@dataclass(frozen=True)
class Sgd:
    """Stochastic gradient descent with momentum, not Nesterov's."""

    learning_rate: float
    momentum: float = 0.0


@dataclass(frozen=True)
class Task:
    """One task. The loss follows from the data: cross-entropy, or binary where several labels may hold."""

    name: str
    title: str
    data: Data
    model: Model
    batch_size: int
    optimizer: Union[Adam, Sgd]
    augmentation: Optional[Augmentation] = None
    held_out: int = 1024
    """Synthetic samples that are held out."""
    large: bool = False
    """Whether it takes a GPU, or much patience: trained when asked for by name, not as one of all."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one sample as the model takes it, channels last."""
        if self.augmentation is None:
            return self.data.shape
        return self.augmentation.cropped, self.augmentation.cropped, self.data.shape[-1]


def with_labels(task: Task, labels: Optional[int]) -> Task:
    """A task of texts with as many labels; None: with its own."""
    if labels is None or not isinstance(task.data, Texts):
        return task
    model: Any = task.model
    return replace(task, data=replace(task.data, labels=labels), model=replace(model, labels=labels))


DIGITS = Images(28, 28, 1, classes=10)
FLAT_DIGITS = FlatImages(28, 28, 1, classes=10)
COLOURS = Images(32, 32, 3, classes=10)
TEXTS = Texts(vocabulary=5000, length=64, labels=5)

TASKS = {
    task.name: task
    for task in (
        Task("mnist-mlp", "digits, 784-128-10 perceptron", FLAT_DIGITS, Perceptron(784, 128, 10, 0.2), 128, Adam()),
        Task("mnist-lenet", "digits, LeNet", DIGITS, LeNet((1, 10, 20), (320, 50, 10)), 64, Sgd(0.01)),
        Task("mnist-convnet", "digits, one convolution", DIGITS, ConvNet(1, 32, 5408, 128, 10), 64, Adam()),
        Task(
            "cifar-lenet",
            "colour images resized, cropped, flipped, LeNet",
            COLOURS,
            LeNet((3, 6, 16), (400, 120, 84, 10)),
            4,
            Sgd(0.001, momentum=0.9),
            Augmentation(resized=40, cropped=32),
        ),
        Task("text-lstm", "multi-label text, embedding and LSTM", TEXTS, Lstm(5000, 128, 5), 32, Adam()),
        Task("text-gru", "multi-label text, embedding and GRU", TEXTS, Gru(5000, 128, 5), 32, Adam()),
        Task("text-cnn", "multi-label text, 1-D convolution", TEXTS, TextCnn(5000, 128, 5, 5), 32, Adam()),
        Task(
            "text-transformer",
            "multi-label text, one encoder block",
            TEXTS,
            Transformer(5000, 64, 128, 4, 256, 5),
            32,
            Adam(),
        ),
        Task(
            "resnet50",
            "photo-sized images, ResNet-50 (large)",
            Images(224, 224, 3, classes=1000),
            ResNet50(1000),
            32,
            Sgd(0.01, momentum=0.9),
            held_out=32,
            large=True,
        ),
        Task(
            "bert-base",
            "multi-label text, an encoder of BERT's size (large)",
            Texts(vocabulary=30522, length=128, labels=5),
            Transformer(30522, 128, 768, 12, 3072, 5, blocks=12, activation="gelu"),
            8,
            Adam(1e-4),
            held_out=32,
            large=True,
        ),
    )
}
