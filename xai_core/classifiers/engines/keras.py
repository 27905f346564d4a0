"""Runs a network with Keras on TensorFlow, on the processor or on a GPU."""

import copy
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from xai_core.classifiers.base import PATH_STEPS, ModelSpec, Rule, pasted
from xai_core.classifiers.engines.graph import Graph, by_rescaling, by_rule, by_secants
from xai_core.classifiers.engines.windows import Windows
from xai_core.errors import UnknownNameError

#: Photos in one pass. Two shapes per function and no others: each further shape would be traced and compiled anew.
FORWARD_BATCH = 8
BACKWARD_BATCH = 4
PATCH_BATCH = 16

#: Photos whose maps are kept for `patched_logits`: two users at once do not evict each other's.
PHOTOS_HELD = 2


class KerasEngine:
    """Computes the passes of one Keras model that maps preprocessed photos to logits. Never changes the model."""

    def __init__(self, spec: ModelSpec, model: keras.Model) -> None:
        self._spec = spec
        self._model = model
        self._graph = Graph(model)
        self._windows = Windows(model, self._graph)
        self._held: OrderedDict[bytes, dict[str, tf.Tensor]] = OrderedDict()
        self._functions: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._building = threading.Lock()
        self._against: int | None = None

    def against(self, position: int) -> Self:
        """Return an engine of the same model for which each logit is that logit minus the one of class `position`.

        Both share graphs, locks and the model. Backward passes start from 1 at the target and -1 at the other class, so
        that rules that are not linear, such as guided backpropagation, see the difference as the top of the network.
        """
        other = copy.copy(self)
        other._against = position
        return other

    @property
    def model(self) -> keras.Model:
        """The model itself, for those who compare; it must not be changed."""
        return self._model

    def logits_and_features(self, rgb: np.ndarray, *, low_precision: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return logits f32[N,C] and what the last dense layer sees, f32[N,D]."""

        def make() -> Callable[..., Any]:
            both = keras.Model(self._model.input, [self._model.output, self._model.layers[-1].input])
            return lambda batch: both(batch, training=False)

        logits, features = self._run(("logits",), make, (rgb,), FORWARD_BATCH)
        return self._compared(logits), features

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """Return logits f32[N,C] of the photo rgb f32[h,w,3] with each patch pasted in, from what the patch changes only."""
        size = patches.shape[1:3]
        layers = self._windows.layers(size)
        parts = [slice(start, start + PATCH_BATCH) for start in range(0, len(patches), PATCH_BATCH)]
        if len(layers) < 2:
            photos = (pasted(rgb, patches[part], corners[part]) for part in parts)
            return np.concatenate([self.logits_and_features(photo)[0] for photo in photos])
        maps = self._maps(rgb)
        function = self._function(
            ("patched", *layers),
            lambda: lambda *arguments: self._windows.logits(layers, *arguments),
            (
                tf.TensorSpec((None, None, None, 3)),
                tf.TensorSpec((len(layers), None, 2), tf.int32),
                tf.TensorSpec((len(layers), 2), tf.int32),
                {name: tf.TensorSpec(values.shape) for name, values in maps.items()},
            ),
        )
        logits = []
        for part in parts:
            boxes = self._windows.boxes(layers, corners[part], size)
            changed = tf.constant(self._spec.preprocessing.forward(patches[part]))
            logits.append(function(changed, *map(tf.constant, boxes), maps).numpy())
        return self._compared(np.concatenate(logits))

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb, f32[N,h,w,3], or the signal that another rule sends back."""

        def make() -> Callable[..., Any]:
            apply = by_rule(rule)

            def function(batch: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor]:
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(batch)
                    logit = tf.linalg.matvec(self._graph.run(batch, apply), start)
                return (tape.gradient(logit, batch),)

            return function

        (gradients,) = self._run(("gradients", rule), make, (rgb,), BACKWARD_BATCH, self._start(target))
        return self._spec.preprocessing.backward(gradients)

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (a f32[N], da / d rgb f32[N,h,w,3]); a is the channel's mean or, with `strongest`, its largest activation.

        By the rule "deconvnet" the signal starts only where the channel is active, as in Zeiler and Fergus 2013, but with 1 a
        place instead of the activation, which for one place differs by a factor only.
        """
        channels = self._layer(layer).output.shape[-1]
        if not 0 <= channel < channels:
            raise UnknownNameError(
                "The layer “{layer}” has channels 0 to {last}, not {channel}.",
                layer=layer,
                last=channels - 1,
                channel=channel,
            )

        def make() -> Callable[..., Any]:
            apply = by_rule(rule)

            def function(batch: tf.Tensor, column: tf.Tensor, peak: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(batch)
                    output = tf.gather(self._graph.run(batch, apply, until=layer), column, axis=-1)
                    places = tf.reshape(output, (batch.shape[0], -1))
                count = places.shape[1]
                largest = tf.one_hot(tf.argmax(places, axis=1), count)
                start = tf.where(peak > 0, largest, tf.fill(places.shape, 1 / count))
                value = tf.reduce_sum(places * start, axis=1)
                if rule == "deconvnet":
                    start = tf.where(places > 0, start, 0.0)
                return value, tape.gradient(places, batch, output_gradients=start)

            return function

        value, gradients = self._run(
            ("channel", layer, rule), make, (rgb,), BACKWARD_BATCH, int(channel), int(strongest)
        )
        return value, self._spec.preprocessing.backward(gradients)

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        """Return DeepLIFT's multipliers f32[N,h,w,3] (see graph.by_rescaling)."""

        def make() -> Callable[..., Any]:
            def function(batch: tf.Tensor, references: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor]:
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(batch)
                    logits, _ = self._graph.run((batch, references), by_rescaling)
                    logit = tf.linalg.matvec(logits, start)
                return (tape.gradient(logit, batch),)

            return function

        (multipliers,) = self._run(("multipliers",), make, (rgb, reference), BACKWARD_BATCH, self._start(target))
        return self._spec.preprocessing.backward(multipliers)

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        """Return f32[N,h,w,3], the multipliers of each photo of path f32[N+1,h,w,3] against the one before it."""

        def make() -> Callable[..., Any]:
            def function(batch: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor]:
                before, photos = batch[:1], batch[1:]
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(photos)
                    logits, _ = self._graph.run((photos, before), by_secants)
                    logit = tf.linalg.matvec(logits, start)
                return (tape.gradient(logit, photos),)

            return function

        found = []
        for start in range(0, len(path) - 1, PATH_STEPS):
            part = path[start : start + PATH_STEPS + 1]
            # Filled up with its last photo: a shorter part would be cut into single photos, which are no path.
            whole = np.concatenate([part, np.repeat(part[-1:], PATH_STEPS + 1 - len(part), axis=0)])
            (multipliers,) = self._run(("path_multipliers",), make, (whole,), PATH_STEPS + 1, self._start(target))
            found.append(multipliers[: len(part) - 1])
        return self._spec.preprocessing.backward(np.concatenate(found))

    def first_kernels(self) -> np.ndarray:
        """Return the first convolution's kernels f32[K,k,k,3] in red, green, blue."""
        first = next(layer for layer in self._model.layers if isinstance(layer, keras.layers.Conv2D))
        kernels = np.moveaxis(np.asarray(first.kernel, np.float32), -1, 0)
        return np.ascontiguousarray(kernels[..., ::-1] if self._spec.preprocessing.bgr else kernels)

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return the layer's outputs f32[N,u,v,K]."""

        def make() -> Callable[..., Any]:
            trunk = keras.Model(self._model.input, self._layer(layer).output)
            return lambda batch: (trunk(batch, training=False),)

        return self._run(("activations", layer), make, (rgb,), FORWARD_BATCH)[0]

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the layer's outputs A and d logit / d A, both f32[N,u,v,K]; only the part above the layer is taped."""

        def make() -> Callable[..., Any]:
            output = self._layer(layer).output
            below, above = keras.Model(self._model.input, output), keras.Model(output, self._model.output)

            def function(batch: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                activations = below(batch, training=False)
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(activations)
                    logit = tf.linalg.matvec(above(activations, training=False), start)
                return activations, tape.gradient(logit, activations)

            return function

        activations, gradients = self._run(
            ("layer_gradients", layer), make, (rgb,), BACKWARD_BATCH, self._start(target)
        )
        return activations, gradients

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return A and d logit / d A, both f32[N,u,v,K], of each CAM layer; only what lies above the first one is taped."""
        layers = self._spec.cam_layers

        def make() -> Callable[..., Any]:
            first, *later = (self._layer(layer).output for layer in layers)
            below, above = keras.Model(self._model.input, first), keras.Model(first, [*later, self._model.output])

            def function(batch: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor, ...]:
                activations = below(batch, training=False)
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(activations)
                    *others, logits = above(activations, training=False)
                    logit = tf.linalg.matvec(logits, start)
                blocks = [activations, *others]
                return (*blocks, *tape.gradient(logit, blocks))

            return function

        outputs = self._run(("block_gradients",), make, (rgb,), BACKWARD_BATCH, self._start(target))
        return dict(zip(layers, zip(outputs[: len(layers)], outputs[len(layers) :], strict=True), strict=True))

    def _start(self, target: int) -> np.ndarray:
        """Return d (what is asked about) / d logits f32[C], from which backward passes start."""
        start = np.zeros(self._model.output.shape[-1], np.float32)
        start[target] += 1
        if self._against is not None:
            start[self._against] -= 1
        return start

    def _compared(self, logits: np.ndarray) -> np.ndarray:
        """Return logits f32[N,C], or what each has more than the class compared with; twice is the same as once."""
        return logits if self._against is None else logits - logits[:, self._against, np.newaxis]

    def _layer(self, name: str) -> keras.Layer:
        try:
            return self._model.get_layer(name)
        except ValueError:
            offered = ", ".join(self._spec.layers or self._spec.cam_layers)
            raise UnknownNameError(
                "{network} has no layer “{layer}”; choose one of {offered}.",
                network=self._spec.title,
                layer=name,
                offered=offered,
            ) from None

    def _maps(self, rgb: np.ndarray) -> dict[str, tf.Tensor]:
        """Return f32[u,v,K] of each layer whose surroundings a patch can need, for one photo rgb f32[h,w,3]."""
        digest = hashlib.sha256(np.ascontiguousarray(rgb).data).digest()
        with self._building:
            if digest in self._held:
                self._held.move_to_end(digest)
                return self._held[digest]
        names = self._windows.surroundings(self._windows.layers((1, 1)))

        def make() -> Callable[..., Any]:
            trunk = keras.Model(self._model.input, [self._layer(name).output for name in names])
            return lambda batch: [values[0] for values in trunk(batch, training=False)]

        function = self._function(("maps",), make)
        maps = dict(zip(names, function(self._batch(rgb[np.newaxis], 1)), strict=True))
        with self._building:
            self._held[digest] = maps
            while len(self._held) > PHOTOS_HELD:
                self._held.popitem(last=False)
        return maps

    def _function(
        self, key: tuple[str, ...], make: Callable[[], Callable[..., Any]], signature: Any = None
    ) -> Callable[..., Any]:
        """Return the compiled function of that key, made once."""
        with self._building:
            if key not in self._functions:
                self._functions[key] = tf.function(make(), signature, autograph=False, reduce_retracing=False)
            return self._functions[key]

    def _run(
        self,
        key: tuple[str, ...],
        make: Callable[[], Callable[..., Any]],
        photos: tuple[np.ndarray, ...],
        size: int,
        *settings: np.ndarray | int,
    ) -> list[np.ndarray]:
        """Return the function's outputs on all of `photos` (arrays of equal length), asked in batches of `size` or of one."""
        function = self._function(key, make)
        constants = [
            tf.constant(value, tf.int32) if isinstance(value, int) else tf.constant(value) for value in settings
        ]
        count = len(photos[0])
        parts = []
        start = 0
        while start < count:
            # A lone photo is not worth a whole batch; two are asked one by one for the same reason.
            step = size if count - start > 2 else 1
            outputs = function(*(self._batch(rgb[start : start + step], step) for rgb in photos), *constants)
            parts.append([output.numpy()[: count - start] for output in outputs])
            start += step
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _batch(self, rgb: np.ndarray, size: int) -> tf.Tensor:
        """Return the photos in the network's own range, filled up to `size` photos."""
        batch = np.zeros((size, *rgb.shape[1:]), np.float32)
        batch[: len(rgb)] = self._spec.preprocessing.forward(rgb)
        return tf.constant(batch)
