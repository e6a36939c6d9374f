"""Phases of a `keras.Model.fit` step on the torch backend, whose training step is eager Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union, cast

import keras
import torch
from torch.utils.data import DataLoader

from dlprof.profilers.agent.fit import TimedFit, metrics_after
from dlprof.profilers.agent.host import HostPhases
from dlprof.profilers.agent.torch import CudaEventPhases


class TorchFit(TimedFit, keras.callbacks.Callback):
    """Drives a torch timer from `fit`, which has fetched the batch when it calls `on_train_batch_begin`.

    Where a batch is asked for, `fit` has no hook: see `tell_when_asked`.
    """

    timer: Union[HostPhases, CudaEventPhases]

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Keras' hook: a batch is there."""
        self.timer.data_done()


def torch_model(fit: TorchFit) -> type[keras.Model]:
    """A `keras.Model` whose training step is the one of Keras' guide for torch, with `fit`'s stamps.

    Under torch.compile a graph ends at a stamp. One ends before every backward anyway, and the next begins after it:
    two stamps have their place there.
    """
    timer, outside_graphs = fit.timer, cast(Any, torch.compiler.disable)

    @outside_graphs
    def backward(loss: Any) -> None:
        timer.forward_done()
        loss.backward()
        timer.backward_done()

    optimizer_done = outside_graphs(timer.optimizer_done)

    class TorchModel(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            if not timer.lit:
                return super().train_step(data)
            x, y = data
            y_pred = self(x, training=True)
            untyped: Any = self
            untyped.zero_grad()
            loss: Any = self.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
            backward(loss)
            weights = self.trainable_weights
            gradients = [weight.value.grad for weight in weights]
            with torch.no_grad():
                self.optimizer.apply(gradients, weights)
            optimizer_done()
            fit.loss = loss.detach()
            return metrics_after(self, x, y, y_pred, fit.loss, x.shape[0])

    return TorchModel


def tell_when_asked(batches: DataLoader[Any], asked: Callable[[], None]) -> None:
    """Have `asked` called whenever one of the `batches` is asked for."""
    plain = type(batches)

    class Asked(plain):
        def __iter__(self) -> Any:
            asked()
            for batch in super().__iter__():
                yield batch
                asked()

    batches.__class__ = Asked
