"""Runs a network with Keras on TensorFlow, on the processor or on a GPU."""

import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from xai_core.classifiers.base import ModelSpec, Rule
from xai_core.errors import UnknownNameError, UnsupportedError

#: Photos in one pass. Two shapes per question and no others: each further shape would be traced and compiled anew.
FORWARD_BATCH = 8
BACKWARD_BATCH = 4


class KerasEngine:
    """Answers questions about one Keras model that maps preprocessed photos to logits. Never changes the model."""

    def __init__(self, spec: ModelSpec, model: keras.Model) -> None:
        self._spec = spec
        self._model = model
        self._functions: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._building = threading.Lock()

    def logits_and_features(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return logits f32[N,C] and what the last dense layer sees, f32[N,D]."""

        def make() -> Callable[..., Any]:
            both = keras.Model(self._model.input, [self._model.output, self._model.layers[-1].input])
            return lambda batch: both(batch, training=False)

        logits, features = self._run(("logits",), make, rgb, FORWARD_BATCH)
        return logits, features

    def gradients(self, rgb: np.ndarray, target: int, *, rule: Rule = "plain") -> np.ndarray:
        """Return d logit / d rgb, f32[N,h,w,3]."""
        if rule != "plain":
            raise UnsupportedError(f"{self._spec.title} cannot send signals back by the rule {rule} yet.")

        def make() -> Callable[..., Any]:
            def function(batch: tf.Tensor, column: tf.Tensor) -> tuple[tf.Tensor]:
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(batch)
                    logit = tf.gather(self._model(batch, training=False), column, axis=1)
                return (tape.gradient(logit, batch),)

            return function

        (gradients,) = self._run(("gradients",), make, rgb, BACKWARD_BATCH, target)
        return self._spec.preprocessing.backward(gradients)

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return the layer's outputs f32[N,u,v,K]."""

        def make() -> Callable[..., Any]:
            trunk = keras.Model(self._model.input, self._layer(layer).output)
            return lambda batch: (trunk(batch, training=False),)

        return self._run(("activations", layer), make, rgb, FORWARD_BATCH)[0]

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the layer's outputs A and d logit / d A, both f32[N,u,v,K]; only the part above the layer is taped."""

        def make() -> Callable[..., Any]:
            output = self._layer(layer).output
            below, above = keras.Model(self._model.input, output), keras.Model(output, self._model.output)

            def function(batch: tf.Tensor, column: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                activations = below(batch, training=False)
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(activations)
                    logit = tf.gather(above(activations, training=False), column, axis=1)
                return activations, tape.gradient(logit, activations)

            return function

        activations, gradients = self._run(("layer_gradients", layer), make, rgb, BACKWARD_BATCH, target)
        return activations, gradients

    def _layer(self, name: str) -> keras.Layer:
        try:
            return self._model.get_layer(name)
        except ValueError:
            raise UnknownNameError(
                f"{self._spec.title} has no layer “{name}”; Grad-CAM can use {', '.join(self._spec.cam_layers)}."
            ) from None

    def _run(
        self, key: tuple[str, ...], make: Callable[[], Callable[..., Any]], rgb: np.ndarray, size: int, *target: int
    ) -> list[np.ndarray]:
        """Return the function's outputs on all of `rgb`, asked in batches of `size` photos or of one."""
        with self._building:
            if key not in self._functions:
                self._functions[key] = tf.function(make(), reduce_retracing=False)
            function = self._functions[key]
        parts = []
        start = 0
        while start < len(rgb):
            # A lone photo is not worth a whole batch; two are asked one by one for the same reason.
            step = size if len(rgb) - start > 2 else 1
            chunk = rgb[start : start + step]
            batch = np.zeros((step, *rgb.shape[1:]), np.float32)
            batch[: len(chunk)] = self._spec.preprocessing.forward(chunk)
            outputs = function(tf.constant(batch), *(tf.constant(value, tf.int32) for value in target))
            parts.append([output.numpy()[: len(chunk)] for output in outputs])
            start += step
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
