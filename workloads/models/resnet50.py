"""ResNet-50 (He et al. 2015) as `keras.applications` has it.

That is version 1: the first convolution of a stage has the stride, not the 3x3 one as in torchvision (v1.5); every
convolution has a bias; and batch normalisation has Keras' momentum and an epsilon of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlprof.workloads.models import initial, layouts
from dlprof.workloads.models.model import Weights

if TYPE_CHECKING:
    import torch
    from torch import nn

COLOURS, STEM, WIDEST = 3, 64, 2048
"""Channels: of an image, after the first convolution, and of what the head gets."""
EPSILON, MOMENTUM = 1.001e-5, 0.99


@dataclass(frozen=True)
class Block:
    """Convolutions 1x1, 3x3 and 1x1, added to the block's input, or in a stage's first block to a projection of it."""

    name: str
    inputs: int
    filters: int
    stride: int
    projects: bool

    @property
    def outputs(self) -> int:
        """Channels of what it gives."""
        return 4 * self.filters

    @property
    def kernels(self) -> dict[int, tuple[int, int, int, int]]:
        """The shape of each convolution's kernel by its number; 0 is the projection."""
        return {
            1: (1, 1, self.inputs, self.filters),
            2: (3, 3, self.filters, self.filters),
            **({0: (1, 1, self.inputs, self.outputs)} if self.projects else {}),
            3: (1, 1, self.filters, self.outputs),
        }


def _blocks() -> Iterator[Block]:
    inputs = STEM
    for stage, (filters, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        for number in range(1, count + 1):
            stride = 2 if number == 1 and stage > 2 else 1
            block = Block(f"conv{stage}_block{number}", inputs, filters, stride, projects=number == 1)
            yield block
            inputs = block.outputs


BLOCKS = tuple(_blocks())
"""Of all four stages."""


@dataclass(frozen=True)
class ResNet50:
    """50 layers on colour images of any size from 32x32 on."""

    classes: int

    def weights(self, random: np.random.Generator) -> Weights:
        """By the names of Keras' layers, moving statistics among them."""
        drawn = initial.layer(random, "conv1_conv", 7, 7, COLOURS, STEM) | _normalisation("conv1_bn", STEM)
        for block in BLOCKS:
            drawn |= _block_weights(random, block)
        return drawn | initial.layer(random, "predictions", WIDEST, self.classes)

    def keras(self, inputs: Any) -> Any:
        """From images, channels last."""
        from keras import applications

        make: Any = applications.ResNet50  # its annotations know no None
        model = make(weights=None, input_tensor=inputs, classes=self.classes, classifier_activation=None)
        return model.output

    def torch(self) -> nn.Module:
        """On images, channels first."""
        from torch import nn

        def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2)

        def normalisation(channels: int) -> nn.BatchNorm2d:
            return nn.BatchNorm2d(channels, EPSILON, momentum=1 - MOMENTUM)  # torch's is the share of the new

        class ResidualBlock(nn.Module):
            def __init__(self, block: Block) -> None:
                super().__init__()
                self.residual, self.shortcut = nn.Sequential(), nn.Sequential()  # an empty one gives what it gets
                for number, (size, _, inputs, outputs) in block.kernels.items():
                    branch = self.get_submodule(_branch(number))
                    stride = block.stride if number < 2 else 1
                    branch.add_module(f"{number}_conv", convolution(inputs, outputs, size, stride))
                    branch.add_module(f"{number}_bn", normalisation(outputs))
                    if number in (1, 2):
                        branch.add_module(f"{number}_relu", nn.ReLU(inplace=True))
                self.relu = nn.ReLU(inplace=True)

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return self.relu(self.residual(x) + self.shortcut(x))

        layers = OrderedDict[str, nn.Module](
            conv1_conv=convolution(COLOURS, STEM, 7, stride=2),
            conv1_bn=normalisation(STEM),
            conv1_relu=nn.ReLU(inplace=True),
            pool1_pool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        layers.update((block.name, ResidualBlock(block)) for block in BLOCKS)
        layers.update(
            avg_pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), predictions=nn.Linear(WIDEST, self.classes)
        )
        return nn.Sequential(layers)

    def torch_state(self, weights: Weights) -> Weights:
        """But for the numbers of batches seen, which torch itself begins with 0."""
        modules = {"conv1": "conv1"} | {
            f"{block.name}_{number}": f"{block.name}.{_branch(number)}.{number}"
            for block in BLOCKS
            for number in block.kernels
        }
        state = layouts.layer("predictions", weights["predictions_kernel"], weights["predictions_bias"])
        for name, module in modules.items():
            state |= layouts.layer(f"{module}_conv", weights[f"{name}_conv_kernel"], weights[f"{name}_conv_bias"])
            state |= layouts.batch_normalisation(f"{module}_bn", f"{name}_bn", weights)
        return state


def _branch(number: int) -> str:
    """Where torch's block has a convolution."""
    return "residual" if number else "shortcut"


def _block_weights(random: np.random.Generator, block: Block) -> Weights:
    """Layer by layer; Keras has the projection beside the last convolution."""
    kernels, drawn = block.kernels, Weights()
    last = [number for number in kernels if number not in (1, 2)]
    for numbers in ([1], [2], last):
        for number in numbers:
            drawn |= initial.layer(random, f"{block.name}_{number}_conv", *kernels[number])
        for number in numbers:
            drawn |= _normalisation(f"{block.name}_{number}_bn", kernels[number][-1])
    return drawn


def _normalisation(name: str, channels: int) -> Weights:
    ones, zeros = np.ones(channels, np.float32), initial.zeros(channels)
    return {f"{name}_gamma": ones, f"{name}_beta": zeros, f"{name}_moving_mean": zeros, f"{name}_moving_variance": ones}
