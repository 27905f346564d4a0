"""Score-CAM: each map of a layer weighed by what the network says of the photo seen through that map alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import MethodInfo, Progress, silent
from xai_core.explainers.batches import batches
from xai_core.explainers.class_activation import LayerMethod, enlarged
from xai_core.types import Attribution, Questions

#: No layer of the networks on offer has more channels.
_WIDEST = 2048


@dataclass(frozen=True)
class ScoreCam(LayerMethod):
    """Weigh each channel by the softmax, over channels, of how much its mask raises the logit over that of a black photo.

    Wang et al. 2020 (arXiv:1910.01279), algorithm 1: a channel's map is enlarged to the photo's size, stretched to [0, 1]
    and multiplied with the photo; alpha_k = softmax of f(masked photo) - f(baseline), in which f(baseline) cancels out;
    the map is relu(sum of alpha_k A_k). Values are f32[u,v] at the layer's own resolution, at least 0, in units of A.
    Deviates in three things. Only the `channels` strongest by mean activation are asked about (the paper asks about all:
    0), since a layer has up to 2048. The photo is masked as it is, in [0, 1], so that what a mask hides is black for
    every network; masking the preprocessed photo hides it in grey. A channel that is the same everywhere is no mask and
    is left out. pytorch-grad-cam weighs as algorithm 1 does; the authors' code and tf-keras-vis take the target's
    probability for each masked photo as its weight, without a softmax over channels.
    Diagnostics: "baseline_logit" and "channels", how many were asked about. Raises UnsupportedError for a network without
    CAM layers, UnknownNameError for a layer that it does not offer.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="score_cam",
        title="Score-CAM",
        family="class activation",
        how=(
            "It shows the network only those parts of the photo where one map of a layer is bright, and does so map by map. "
            "Maps that leave the breed's score high weigh most."
        ),
        sentence="Coloured areas are the parts of the photo that, shown alone, let the network name this breed best.",
        paper="Wang et al. 2020",
        url="https://arxiv.org/abs/1910.01279",
        signed=False,
        needs=("logits", "layers"),
        trust="As a second opinion on Grad-CAM: it asks the network itself and follows no gradient.",
        limits="Half-hidden photos are unlike any that the network has learned, and few maps can end up with all the weight.",
    )

    channels: int = params.integer(
        64,
        0,
        2048,
        "Maps asked about",
        "How many of the layer's maps are tried, the strongest first; 0 tries all of them, which can take minutes.",
        step=8,
    )

    def questions(self, spec: ModelSpec) -> Questions:
        return Questions(forward=2 + (self.channels or _WIDEST))

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = silent
    ) -> Attribution:
        layer = self.chosen_layer(classifier)
        [activations] = classifier.activations(rgb[np.newaxis], layer)
        baseline_logit = float(classifier.logits(np.zeros_like(rgb)[np.newaxis])[0, target])
        chosen = self._strongest(activations)
        maps = activations[..., chosen].astype(np.float64)
        increases = np.empty(0)
        for part in batches(len(chosen)):
            masks = np.stack([_mask(activations[..., channel], rgb.shape[:2]) for channel in chosen[part]])
            logits = classifier.logits(masks[..., np.newaxis] * rgb)[:, target]
            increases = np.append(increases, logits - baseline_logit)
            if part.stop < len(chosen):
                progress(part.stop / len(chosen), _attribution(maps, increases, baseline_logit))
        result = _attribution(maps, increases, baseline_logit)
        progress(1.0, result)
        return result

    def _strongest(self, activations: np.ndarray) -> np.ndarray:
        """Return the channels to ask about, i64[n], the one with the largest mean first; flat ones cannot mask."""
        order = np.argsort(-activations.mean(axis=(0, 1), dtype=np.float64), kind="stable")
        order = order[np.ptp(activations, axis=(0, 1))[order] > 0]
        return order[: self.channels] if self.channels else order


def _mask(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a channel's map [u,v], which is not flat, enlarged and stretched to [0, 1], f32 of `size`."""
    large = enlarged(values, size)
    lowest, highest = large.min(), large.max()
    return np.clip((large - lowest) / (highest - lowest), 0, 1)


def _attribution(maps: np.ndarray, increases: np.ndarray, baseline_logit: float) -> Attribution:
    """Return the map from the chosen channels' maps f64[u,v,n] and what the first of their masks raised, f64[m], m <= n.

    Until a channel is asked about it weighs as much as the mean of those that were, so that first estimates resemble the
    last.
    """
    weights = np.exp(increases - increases.max(initial=-np.inf))
    if len(weights):
        weights = np.append(weights, np.full(maps.shape[-1] - len(weights), weights.mean()))
        weights /= weights.sum()
    values = np.maximum(maps @ weights, 0)
    return Attribution(
        values.astype(np.float32),
        diagnostics={"baseline_logit": baseline_logit, "channels": float(len(increases))},
    )
