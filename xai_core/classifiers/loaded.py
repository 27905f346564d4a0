"""A network in memory: an engine that answers, and the two small tables that come with it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers.base import ModelSpec, Rule
from xai_core.classifiers.familiarity import Familiarity
from xai_core.classifiers.memo import Memo
from xai_core.errors import UnsupportedError

if TYPE_CHECKING:
    from xai_core.classifiers.engines.keras import KerasEngine


@dataclass(frozen=True, eq=False)
class LoadedClassifier:
    """A Classifier (see base.py) that can also say how familiar a photo looks."""

    spec: ModelSpec
    engine: "KerasEngine"
    references: np.ndarray | None  # f32[M,h,w,3], see `background`
    familiarity: Familiarity | None
    reference_logits: np.ndarray | None = None  # f32[M,C] where they came with the weights; else asked when needed
    memo: Memo = field(default_factory=Memo, init=False, repr=False)
    _known_references: dict[int, np.ndarray] = field(default_factory=dict, init=False, repr=False)  # logits f32[C]

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (logits f32[N,C], familiarity f32[N], familiar bool[N]) from one pass.

        A network without a calibrated familiarity answers NaN and True.
        """
        logits, features = self.engine.logits_and_features(rgb)
        if self.familiarity is None:
            return logits, np.full(len(rgb), np.nan, np.float32), np.ones(len(rgb), bool)
        familiarity = self.familiarity(features)
        return logits, familiarity, familiarity >= self.familiarity.threshold

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        """Return f32[N,C], the scores before the softmax."""
        return self.engine.logits_and_features(rgb, low_precision=low_precision)[0]

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        """Return f32[N,C], the logits of the photo rgb f32[h,w,3] with each of the patches f32[N,p,q,3] pasted in."""
        return self.engine.patched_logits(rgb, patches, corners)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        """Return d logit / d rgb f32[N,h,w,3], or the signal that another rule sends back."""
        question = ("gradients", int(target), rule, low_precision)
        [gradients] = self.memo.answer(
            rgb, question, lambda: (self.engine.gradients(rgb, target, rule=rule, low_precision=low_precision),)
        )
        return gradients

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (a f32[N], da / d rgb f32[N,h,w,3]) for one channel of a layer."""
        return self.engine.channel_gradients(rgb, layer, channel, rule=rule, strongest=strongest)

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        """Return DeepLIFT's multipliers f32[N,h,w,3]."""
        return self.engine.multipliers(rgb, reference, target)

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        """Return DeepLIFT's multipliers f32[N,h,w,3] of each photo of path f32[N+1,h,w,3] against the one before it."""
        return self.engine.path_multipliers(path, target)

    def first_kernels(self) -> np.ndarray:
        """Return the first convolution's kernels f32[K,k,k,3]."""
        return self.engine.first_kernels()

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        """Return the layer's outputs f32[N,u,v,K]."""
        return self.engine.activations(rgb, layer)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (A, d logit / d A), both f32[N,u,v,K]."""
        question = ("layer_gradients", layer, int(target))
        activations, gradients = self.memo.answer(
            rgb, question, lambda: self.engine.layer_gradients(rgb, layer, target)
        )
        return activations, gradients

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return (A, d logit / d A) for each of the CAM layers."""
        return self.engine.block_gradients(rgb, target)

    def background(self) -> np.ndarray:
        """Return the reference images f32[M,h,w,3]. Raises UnsupportedError where the network comes without any."""
        if self.references is None:
            raise UnsupportedError(
                "{network} comes without reference images, which this method needs.", network=self.spec.title
            )
        return self.references

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        """Return f32[n,C], the logits of the reference images at these positions. Raises UnsupportedError as `background`."""
        background, known = self.background(), self._known_references
        if self.reference_logits is not None:
            return self.reference_logits[chosen]
        missing = [int(position) for position in np.unique(chosen) if int(position) not in known]
        if missing:
            known.update(zip(missing, self.logits(background[missing]), strict=True))
        return np.stack([known[int(position)] for position in chosen])
