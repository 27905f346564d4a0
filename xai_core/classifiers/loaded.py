"""A network in memory: the engine that computes its passes, and the two small tables that come with it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec, Rule
from xai_core.classifiers.familiarity import Familiarity
from xai_core.classifiers.memo import PassMemo

if TYPE_CHECKING:
    from xai_core.classifiers.engines.keras import KerasEngine


@dataclass(frozen=True, eq=False)
class LoadedClassifier(Classifier):
    """A Classifier whose passes an engine computes; each function does and returns what Classifier says."""

    spec: ModelSpec
    engine: "KerasEngine"
    references: np.ndarray | None  # f32[M,h,w,3], see `background`
    familiarity: Familiarity | None  # None where it was not calibrated
    reference_logits: np.ndarray | None = None  # f32[M,C] where they came with the weights; else computed when needed
    memo: PassMemo = field(default_factory=PassMemo, init=False, repr=False)
    _reference_memo: dict[int, np.ndarray] = field(default_factory=dict, init=False, repr=False)  # logits f32[C]

    def predict(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self.familiarity is None:
            return super().predict(rgb)
        logits, features = self.engine.logits_and_features(rgb)
        familiarity = self.familiarity(features)
        return logits, familiarity, familiarity >= self.familiarity.threshold

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return self.engine.logits_and_features(rgb, low_precision=low_precision)[0]

    def patched_logits(self, rgb: np.ndarray, patches: np.ndarray, corners: np.ndarray) -> np.ndarray:
        return self.engine.patched_logits(rgb, patches, corners)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        key = ("gradients", int(target), rule, low_precision)
        [gradients] = self.memo.get(
            rgb, key, lambda: (self.engine.gradients(rgb, target, rule=rule, low_precision=low_precision),)
        )
        return gradients

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        return self.engine.channel_gradients(rgb, layer, channel, rule=rule, strongest=strongest)

    def multipliers(self, rgb: np.ndarray, reference: np.ndarray, target: int) -> np.ndarray:
        return self.engine.multipliers(rgb, reference, target)

    def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
        return self.engine.path_multipliers(path, target)

    def first_kernels(self) -> np.ndarray:
        return self.engine.first_kernels()

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        return self.engine.activations(rgb, layer)

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        key = ("layer_gradients", layer, int(target))
        activations, gradients = self.memo.get(rgb, key, lambda: self.engine.layer_gradients(rgb, layer, target))
        return activations, gradients

    def block_gradients(self, rgb: np.ndarray, target: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return self.engine.block_gradients(rgb, target)

    def background(self) -> np.ndarray:
        return super().background() if self.references is None else self.references

    def background_logits(self, chosen: np.ndarray) -> np.ndarray:
        background, known = self.background(), self._reference_memo
        if self.reference_logits is not None:
            return self.reference_logits[chosen]
        missing = [int(position) for position in np.unique(chosen) if int(position) not in known]
        if missing:
            known.update(zip(missing, self.logits(background[missing]), strict=True))
        return np.stack([known[int(position)] for position in chosen])
