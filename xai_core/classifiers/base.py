"""The interface of a network: a description that is cheap to read, and the functions that explainers call."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnsupportedError
from xai_core.i18n.catalogues import N_, LazyText
from xai_core.types import Label


@dataclass(frozen=True)
class Preprocessing:
    """How a photo becomes a network's input: network input = channels(rgb) * scale + shift. Exactly undone for gradients."""

    bgr: bool  # blue, green, red instead of red, green, blue
    scale: float
    shift: tuple[float, float, float]  # one number a channel, in the network's order

    def forward(self, rgb: np.ndarray) -> np.ndarray:
        """Return rgb f32[N,h,w,3] in [0, 1] as a new array in the network's own range and channel order."""
        ordered = rgb[..., ::-1] if self.bgr else rgb
        return ordered * np.float32(self.scale) + np.asarray(self.shift, np.float32)

    def backward(self, gradients: np.ndarray) -> np.ndarray:
        """Return d/d rgb for given d/d (network input), both f32[N,h,w,3] (chain rule through `forward`)."""
        scaled = gradients * np.float32(self.scale)
        return np.ascontiguousarray(scaled[..., ::-1]) if self.bgr else scaled


#: How a backward pass treats the signal at a ReLU: "plain" passes the signal where the forward input was positive
#: (the gradient); "deconvnet" passes it where the signal itself is positive (Zeiler and Fergus 2013, arXiv:1311.2901,
#: section 2.1); "guided" where both are (Springenberg 2014, arXiv:1412.6806, section 3.4). Pooling follows its switches.
Rule = Literal["plain", "guided", "deconvnet"]


@dataclass(frozen=True)
class ModelSpec:
    """A network's description, read from its model.json without loading the network."""

    key: str
    title: str
    sentence: str  # one plain sentence for the picker
    input_size: tuple[int, int]  # height, width
    preprocessing: Preprocessing
    cam_layers: tuple[str, ...]  # from input to output, one a block
    labels: tuple[Label, ...] = field(repr=False)
    weights_digest: str  # SHA-256 of the weights file
    layers: tuple[str, ...] = ()  # every layer that may be looked into, from input to output; holds all cam_layers
    familiarity_digest: str = ""  # changes with the familiarity table and its threshold; "" where there is none

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the network's answers depend on; part of the key under which they are stored."""
        parts = self.weights_digest, self.familiarity_digest, self.input_size, self.preprocessing
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def ref(self) -> NetworkRef:
        """The network that is described."""
        return NetworkRef.parse(self.key)

    def block_title(self, layer: str) -> str:
        """Return what people call the block that `layer` ends: "block4_conv3" -> "block4", "mixed7" -> "mixed7"."""
        return layer.split("_")[0]


#: Steps of a path that one pass with its backward half can take at once without much memory.
PATH_STEPS = 4


class Classifier(ABC):
    """All that an explainer sees of a network: four functions that every network has, and optional capabilities.

    A network from outside subclasses this, sets `spec` and writes `logits`, `gradients`, `activations` and
    `layer_gradients`; everything else has a default in terms of these four, or raises UnsupportedError.

    `rgb` is always f32[N,h,w,3] in [0, 1] at `spec.input_size`, N at least 1; it is never written to. Implementations cut
    large N into batches. Targets are positions in `spec.labels`; one target serves the whole batch. All functions may be
    called from several threads at once.

    With `low_precision` an implementation may use fewer bits where the processor is faster with them, for methods that
    average over many passes and whose own sampling noise is far larger; the default is to ignore it. The networks that come
    with SeeSpot then compute logits with 8-bit integers, and gradients with 8-bit integers on the way back and, in networks
    that are not deep, bfloat16 on the way to the logit. Measured on a processor without instructions for 8 bits, with
    patches hidden, which moves the explained logit by 1 to 3: the logit is off by 0.05 to 0.35 (VGG16, 5 photos) and 0.11
    to 0.27 (InceptionV3, 8 photos) as root mean square, with a shift of up to 0.29 that a photo's versions share. One
    photo's gradient correlates to at least 0.990 with the exact one (VGG16, 21 photos); a deep network's stays exact there.
    With such instructions logits were off by 0.03 to 0.35 (VGG16, 6 photos) and 0.06 to 0.22 (InceptionV3, 10 photos);
    one photo's gradient correlated to at least 0.985 and 0.89 with the exact one (14 photos, medians 0.99 and 0.96).
    Without `low_precision` results are in single precision: predictions, differences of two logits and
    completeness need that.
    """

    spec: ModelSpec

    @abstractmethod
    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        """Return f32[N,C], the scores before the softmax."""

    @abstractmethod
    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb, f32[N,h,w,3]; by another rule than "plain" the signal that this rule sends back.

        A network that only has the plain gradient calls `require_plain(rule)` first. `low_precision` applies to the plain
        gradient alone; other rules are always computed in single precision.
        """

    @abstractmethod
    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return the layer's outputs f32[N,u,v,K]. Raises UnknownNameError for a layer that does not exist."""

    @abstractmethod
    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (A, d logit / d A), both f32[N,u,v,K], from one pass. Raises UnknownNameError as `activations` does."""

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (logits f32[N,C], familiarity f32[N] in [0, 1], familiar bool[N]) from one pass.

        Familiarity is how much a photo resembles the training photos: NaN and True where a network cannot tell, the default.
        """
        count = len(rgb)
        return self.logits(rgb), np.full(count, np.nan, np.float32), np.ones(count, bool)

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """Return f32[N,C], the logits of one photo rgb f32[h,w,3] with each of the patches f32[N,p,q,3] pasted in alone.

        `corners` i64[N,2] are the rows and columns of the patches' first pixels; patches lie inside of the photo. The result
        is that of `logits` on `pasted`, which is the default; networks may compute only what small patches change.
        """
        return self.logits(pasted(rgb, patches, corners))

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return what `layer_gradients` returns for each of `spec.cam_layers`; networks may do so in one pass."""
        return {layer: self.layer_gradients(rgb, layer, target) for layer in self.spec.cam_layers}

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (a f32[N], da / d rgb f32[N,h,w,3]) for one channel of a layer, sent back by `rule`.

        a is the channel's mean activation, or with `strongest` its largest one, from whose place alone the signal starts.
        Raises UnknownNameError for a layer or a channel that does not exist, UnsupportedError by default.
        """
        raise self._unsupported(N_("gradients of a single channel"))

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        """Return DeepLIFT's multipliers f32[N,h,w,3] by the rescale rule (Shrikumar 2017, arXiv:1704.02685, section 3.5.1).

        `reference` f32[N,h,w,3] holds one reference a photo; multipliers * (rgb - reference) sums to the logit's difference.
        Raises UnsupportedError by default.
        """
        raise self._unsupported(N_("DeepLIFT's multipliers"))

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        """Return `multipliers` of each of `path`'s photos but the first against the photo before it.

        `path` f32[N+1,h,w,3] gives f32[N,h,w,3]. Networks may do so at half the price of `multipliers` of the N pairs,
        cheapest where N is a multiple of PATH_STEPS.
        """
        return self.multipliers(path[1:], path[:-1], target)

    def first_kernels(self) -> np.ndarray:
        """Return the first convolution's kernels f32[K,k,k,3] in red, green, blue. Raises UnsupportedError by default."""
        raise self._unsupported(N_("the kernels of its first layer"))

    def background(self) -> np.ndarray:
        """Return the reference images f32[M,h,w,3] that SHAP compares a photo with: means of training photos.

        Raises UnsupportedError where the network comes without any, the default.
        """
        raise self._unsupported(N_("reference images"))

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        """Return f32[n,C], the logits of the reference images at positions `chosen` i64[n]; networks may remember them."""
        return self.logits(self.background()[chosen])

    def require_plain(self, rule: Rule) -> None:
        """Raise UnsupportedError for any rule but "plain"."""
        if rule != "plain":
            raise self._unsupported(N_("backward passes by other rules than the gradient's"))

    def _unsupported(self, missing: str) -> UnsupportedError:
        return UnsupportedError(
            "{network} does not offer {missing}; choose another method or another network.",
            network=self.spec.title,
            missing=LazyText(missing),
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities f32[...,C] of logits f32[...,C]; SciPy's softmax, computed in double precision."""
    from scipy import special

    return special.softmax(logits.astype(np.float64), axis=-1).astype(np.float32)


def pasted(rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return N copies f32[N,h,w,3] of the photo rgb f32[h,w,3], each with one of the patches f32[N,p,q,3] at its corner."""
    photos = np.repeat(rgb[np.newaxis], len(patches), axis=0)
    height, width = patches.shape[1:3]
    for photo, patch, (row, column) in zip(photos, patches, corners, strict=True):
        photo[row : row + height, column : column + width] = patch
    return photos
