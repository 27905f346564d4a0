"""Networks of a few lines of NumPy whose right explanations are known: every method runs on them without TensorFlow."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec, Preprocessing, Rule, pasted
from xai_core.errors import UnknownNameError
from xai_core.types import Label

SIZE = (32, 32)
CLASSES = 3


def spec(size: tuple[int, int] = SIZE, cam_layers: tuple[str, ...] = ()) -> ModelSpec:
    """Return the description of a fake with three classes."""
    return ModelSpec(
        key="fake",
        title="Fake network",
        sentence="A few lines of NumPy.",
        input_size=size,
        preprocessing=Preprocessing(bgr=False, scale=1.0, shift=(0.0, 0.0, 0.0)),
        cam_layers=cam_layers,
        layers=cam_layers,
        labels=tuple(Label(f"n{number:08}", f"Breed {number}", f"Race {number}") for number in range(CLASSES)),
        weights_digest="0" * 64,
    )


def photo(size: tuple[int, int] = SIZE, seed: int = 7) -> np.ndarray:
    """Return rgb f32[h,w,3] in [0, 1], read-only: four flat quarters of different colours under a little noise."""
    generator = np.random.default_rng(seed)
    height, width = size
    rgb = 0.05 * generator.random((height, width, 3))
    for rows in (slice(0, height // 2), slice(height // 2, height)):
        for columns in (slice(0, width // 2), slice(width // 2, width)):
            rgb[rows, columns] += generator.uniform(0.1, 0.9, 3)
    rgb = rgb.astype(np.float32)
    rgb.flags.writeable = False
    return rgb


class Quadratic(Classifier):
    """logit_c = sum over pixels of w_c x + q_c x² / 2 (+ bias); its gradient is w_c + q_c x."""

    def __init__(
        self, weights: np.ndarray, curvature: np.ndarray, bias: float = 0.0, background: np.ndarray | None = None
    ) -> None:
        self.weights = weights.astype(np.float32)  # [C,h,w,3]
        self.curvature = curvature.astype(np.float32)  # [C,h,w,3]
        self.bias = bias
        self.spec = spec(self.weights.shape[1:3])
        self._background = background

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        wide = rgb.astype(np.float64)
        linear = np.einsum("nhwk,chwk->nc", wide, self.weights)
        square = np.einsum("nhwk,chwk->nc", wide**2, self.curvature) / 2
        return (linear + square + self.bias).astype(np.float32)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        return self.weights[target] + self.curvature[target] * rgb  # without a ReLU all rules are one

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        raise UnknownNameError(f"There is no layer {layer}.")

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        return self.gradients((rgb + reference) / 2, target)

    def first_kernels(self) -> np.ndarray:
        return self.weights[:, :3, :3]

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        raise UnknownNameError(f"There is no layer {layer}.")

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        raise UnknownNameError(f"There is no layer {layer}.")

    def background(self) -> np.ndarray:
        if self._background is not None:
            return self._background
        return np.random.default_rng(3).random((5, *self.weights.shape[1:])).astype(np.float32)


class Linear(Quadratic):
    """logit_c = sum over pixels of w_c x (+ bias)."""

    def __init__(self, weights: np.ndarray, bias: float = 0.0, background: np.ndarray | None = None) -> None:
        super().__init__(weights, np.zeros_like(weights), bias, background)


class Squared(Linear):
    """logit_c = (sum over pixels of w_c x + bias)², so that any two pixels act together."""

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return super().logits(rgb) ** 2

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        inner = super().logits(rgb)[:, target, np.newaxis, np.newaxis, np.newaxis]
        return 2 * inner * self.weights[target]


class Rectified(Linear):
    """logit_c = sum over k of out[c,k] relu(w_k x + bias_k) + offset: one layer of ReLUs, with every backward rule."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray, out: np.ndarray, offset: float = 0.0) -> None:
        super().__init__(weights, offset)  # [K,h,w,3]
        self.unit_bias = bias  # [K]
        self.out = out  # [C,K]

    def units(self, rgb: np.ndarray) -> np.ndarray:
        """Return w_k x + bias_k, f64[N,K]."""
        return np.einsum("nhwk,chwk->nc", rgb.astype(np.float64), self.weights) + self.unit_bias

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return (np.maximum(self.units(rgb), 0) @ self.out.T + self.bias).astype(np.float32)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        signal = self.out[target]
        active, positive = self.units(rgb) > 0, signal > 0
        passes = {"plain": active, "guided": active & positive, "deconvnet": np.broadcast_to(positive, active.shape)}
        return self._to_pixels(signal * passes[rule])

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        units, reference_units = self.units(rgb), self.units(reference)
        difference = units - reference_units
        same = np.abs(difference) < 1e-6
        change = np.maximum(units, 0) - np.maximum(reference_units, 0)
        return self._to_pixels(self.out[target] * np.where(same, units > 0, change / np.where(same, 1, difference)))

    def _to_pixels(self, signals: np.ndarray) -> np.ndarray:
        return np.einsum("nk,khwc->nhwc", signals, self.weights).astype(np.float32)


def rectified(seed: int = 0, size: tuple[int, int] = SIZE) -> Rectified:
    """Return a network of 12 ReLUs with random weights of mean 0, about half of them active on a photo."""
    generator = np.random.default_rng(seed)
    return Rectified(
        generator.normal(size=(12, *size, 3)) / 30, generator.normal(size=12) / 10, generator.normal(size=(CLASSES, 12))
    )


def linear(seed: int = 0, size: tuple[int, int] = SIZE) -> Linear:
    """Return a linear network with random weights of mean 0."""
    weights = np.random.default_rng(seed).normal(size=(CLASSES, *size, 3)) / 100
    return Linear(weights, bias=0.5)


def quadratic(seed: int = 0, size: tuple[int, int] = SIZE) -> Quadratic:
    """Return a quadratic network with random weights of mean 0."""
    generator = np.random.default_rng(seed)
    shape = (CLASSES, *size, 3)
    weights, curvature = generator.normal(size=shape) / 100, generator.normal(size=shape) / 30
    return Quadratic(weights, curvature, bias=-0.2)


def additive(rgb: np.ndarray, segments: np.ndarray, contributions: np.ndarray, target: int = 0) -> Linear:
    """Return a network whose target gets contributions[s] from each superpixel s of rgb that is visible, 0 if black."""
    weights = np.zeros((CLASSES, *rgb.shape))
    for superpixel, contribution in enumerate(contributions):
        inside = segments == superpixel
        weights[target][inside] = contribution / rgb[inside].sum(dtype=np.float64)
    return Linear(weights)


class HandMadeLayer(Linear):
    """A network with one layer, "block1_conv1", whose given activations and gradients are the same for each photo."""

    def __init__(self, activations: np.ndarray, gradients: np.ndarray, size: tuple[int, int] = SIZE) -> None:
        source = linear(size=size)
        super().__init__(source.weights, source.bias)
        self.given_activations = activations.astype(np.float32)  # [u,v,K]
        self.given_gradients = gradients.astype(np.float32)  # [u,v,K]
        self.spec = spec(size, cam_layers=("block1_conv1",))

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the logit of class `channel` modulo 3: the layer's own channels do not depend on the photo."""
        self.activations(rgb, layer)  # an unknown layer is refused as everywhere
        return self.logits(rgb)[:, channel % CLASSES], self.gradients(rgb, channel % CLASSES)

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        if layer not in self.spec.layers:
            raise UnknownNameError(f"There is no layer {layer}.")
        return np.repeat(self.given_activations[np.newaxis], len(rgb), axis=0)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        return self.activations(rgb, layer), np.repeat(self.given_gradients[np.newaxis], len(rgb), axis=0)


class Complete(Quadratic):
    """A quadratic network that also has a layer, so that every method can be asked of it."""

    def __init__(self, seed: int = 0, size: tuple[int, int] = SIZE) -> None:
        source = quadratic(seed, size)
        super().__init__(source.weights, source.curvature, source.bias)
        generator = np.random.default_rng(seed + 1)
        self.layer = HandMadeLayer(generator.normal(size=(4, 5, 20)), generator.normal(size=(4, 5, 20)), size)
        self.spec = spec(size, self.layer.spec.cam_layers)

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        return self.layer.activations(rgb, layer)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        return self.layer.layer_gradients(rgb, layer, target)

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the logit of class `channel` modulo 3: the layer's own channels do not depend on the photo."""
        self.layer.activations(rgb, layer)  # an unknown layer is refused as everywhere
        return self.logits(rgb)[:, channel % CLASSES], self.gradients(rgb, channel % CLASSES)


class FourFunctions(Classifier):
    """A network from outside: it has the four required functions of Complete and no optional capability."""

    def __init__(self) -> None:
        self._network = Complete()
        self.spec = self._network.spec

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return self._network.logits(rgb)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        self.require_plain(rule)
        return self._network.gradients(rgb, target)

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        return self._network.activations(rgb, layer)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        return self._network.layer_gradients(rgb, layer, target)


class Contrast:
    """A network whose every logit is that of `inner` less the one of class `against`, by the difference of two answers.

    Right for plain gradients only; the real thing (classifiers/contrast.py) is a matter of the engines.
    """

    def __init__(self, inner: Any, against: int, key: str) -> None:
        self.inner, self.against = inner, against
        self.spec = dataclasses.replace(inner.spec, key=key, weights_digest=f"{against:064}")

    def __getattr__(self, question: str) -> Any:
        return getattr(self.inner, question)  # what does not depend on a class

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return self._less(self.inner.logits(rgb))

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        return self._less(self.inner.patched_logits(rgb, patches, corners))

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        logits, *rest = self.inner.predict(rgb)
        return self._less(logits), *rest

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        return self.inner.gradients(rgb, target) - self.inner.gradients(rgb, self.against)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        activations, gradients = self.inner.layer_gradients(rgb, layer, target)
        return activations, gradients - self.inner.layer_gradients(rgb, layer, self.against)[1]

    def _less(self, logits: np.ndarray) -> np.ndarray:
        return logits - logits[:, [self.against]]


class Recorder(Classifier):
    """A classifier around another one that records every pass, in order, and may cut batches or fail.

    `passes` holds (name of the function, copy of rgb f32[N,h,w,3]), `low_precision` counts the photos for which low
    precision was allowed. With `batch`, the inner network gets at most so many photos at once. With `fail_at`, the pass of
    that number (from 0) raises RuntimeError.
    """

    def __init__(self, inner: Classifier, *, batch: int | None = None, fail_at: int | None = None) -> None:
        self.inner = inner
        self.spec = inner.spec
        self.passes: list[tuple[str, np.ndarray]] = []
        self.low_precision = 0
        self._batch = batch
        self._fail_at = fail_at

    @property
    def evaluations(self) -> int:
        """How many photos were passed through the network."""
        return sum(len(rgb) for _, rgb in self.passes)

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        self.low_precision += len(rgb) if low_precision else 0
        return self._in_batches("logits", rgb, lambda part: self.inner.logits(part, low_precision=low_precision))

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        self._record("patched_logits", pasted(rgb, patches, corners))
        size = self._batch or len(patches)
        parts = [slice(start, start + size) for start in range(0, len(patches), size)]
        return np.concatenate([self.inner.patched_logits(rgb, patches[part], corners[part]) for part in parts])

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        self.low_precision += len(rgb) if low_precision else 0
        return self._in_batches(
            "gradients", rgb, lambda part: self.inner.gradients(part, target, rule=rule, low_precision=low_precision)
        )

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        self._record("channel_gradients", rgb)
        return self.inner.channel_gradients(rgb, layer, channel, rule=rule, strongest=strongest)

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        self._record("multipliers", rgb)
        return self.inner.multipliers(rgb, reference, target)

    def first_kernels(self) -> np.ndarray:
        return self.inner.first_kernels()

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        return self._in_batches("activations", rgb, lambda part: self.inner.activations(part, layer))

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        self._record("layer_gradients", rgb)
        return self.inner.layer_gradients(rgb, layer, target)

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        self._record("block_gradients", rgb)
        return self.inner.block_gradients(rgb, target)

    def background(self) -> np.ndarray:
        return self.inner.background()

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        self._record("background_logits", self.background()[np.unique(chosen)])
        return self.inner.background_logits(chosen)

    def _in_batches(self, name: str, rgb: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        self._record(name, rgb)
        size = self._batch or len(rgb)
        return np.concatenate([function(rgb[start : start + size]) for start in range(0, len(rgb), size)])

    def _record(self, name: str, rgb: np.ndarray) -> None:
        if len(self.passes) == self._fail_at:
            raise RuntimeError("the network broke")
        self.passes.append((name, rgb.copy()))
