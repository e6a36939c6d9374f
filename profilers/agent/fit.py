"""What the callbacks and training steps of `keras.Model.fit` share on every backend, without importing Keras."""

from __future__ import annotations

from typing import Any


class TimedFit:
    """The part of a Keras callback that begins and ends the steps of a timer. `loss` is set by the training step.

    A step ends with the train function that `fit` calls. With a hook at the end of every batch, `fit` on torch would
    itself read each batch's logs, and so wait for the device; without one, it has another thread read them.
    """

    def __init__(self, timer: Any) -> None:
        super().__init__()
        self.timer = timer
        self.loss: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Keras' hook: training starts."""
        callback: Any = self  # Keras gives its callbacks the model
        model = self._model = callback.model
        self._train, model.train_function = model.train_function, self._timed
        self.timer.start()

    def _timed(self, data: Any) -> Any:
        logs = self._train(data)
        if not self.timer.step_done(self.loss):
            stop(self._model)
        return logs


def metrics_after(model: Any, x: Any, y: Any, y_pred: Any, loss: Any, samples: Any) -> dict[str, Any]:
    """The logs of a training step on so many `samples`, by the same calls as in Keras' own.

    Keras weighs the loss by the samples, which in an eager step was measured to take 0.5 ms: a step without that is
    faster than one of Keras' own, and stamps seem to cost less than nothing.
    """
    for metric in model.metrics:
        if metric.name == "loss":
            metric.update_state(loss, sample_weight=samples)
    logs: dict[str, Any] = model.compute_metrics(x, y, y_pred)
    return logs


def stop(model: Any) -> None:
    """End `fit` after this batch."""
    model.stop_training = True
