"""The embedding that all text models begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def keras_embedding(rows: int, units: int) -> keras.layers.Embedding:
    """A table of `rows` for Keras, whose gradient is dense on every backend, as in torch.

    The gradient of TensorFlow's gather lists a repeated word once for each place, and Keras' Adam squares these
    one by one instead of their sum.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return keras.layers.Embedding(rows, units)
    import tensorflow as tf

    @tf.custom_gradient
    def with_dense_gradient(table: Any) -> Any:
        return tf.identity(table), tf.convert_to_tensor

    class DenseEmbedding(keras.layers.Embedding):
        deployed_as = keras.layers.Embedding  # the same without gradients, and known to whoever loads the model

        def call(self, inputs: Any) -> Any:
            return tf.gather(with_dense_gradient(tf.convert_to_tensor(self.embeddings)), inputs)

    return DenseEmbedding(rows, units)
