"""Score-CAM: each map of a layer weighed by the logit of the photo seen through that map alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import MethodInfo, Progress, ignore_progress
from xai_core.explainers.class_activation.base import LayerMethod, enlarged
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts

#: Ridge penalty of the estimated increases of channels that were not evaluated; from 0.1 to 1 the maps come out alike.
_RIDGE = 0.3

#: No layer of the networks on offer has more channels.
_WIDEST = 2048


@dataclass(frozen=True)
class ScoreCam(LayerMethod):
    """Weigh each channel by the softmax, over channels, of how much its mask raises the logit over that of a black photo.

    Wang et al. 2020 (arXiv:1910.01279), algorithm 1: a channel's map is enlarged to the photo's size, stretched to [0, 1]
    and multiplied with the photo; alpha_k = softmax of f(masked photo) - f(baseline), in which f(baseline) cancels out;
    the map is relu(sum of alpha_k A_k). Values are f32[u,v] at the layer's own resolution, at least 0, in units of A.
    Deviates in four things. Only a `share` of the channels is evaluated, in percent (the paper: 100), since a layer has
    up to 2048: half of them the strongest by mean activation, half spread over the others; what all others raise is
    estimated from similar masks. Logits may be of low precision (see Classifier): on six photos this left
    maps of 64 channels the same to a correlation of 0.998. The photo is masked as it is, in [0, 1], so that what a mask
    hides is black for every network; masking the preprocessed photo hides it in grey. A channel that is the same everywhere
    is no mask and is left out. pytorch-grad-cam weighs as algorithm 1 does; the authors' code and tf-keras-vis take the
    target's probability for each masked photo as its weight, without a softmax over channels.
    Diagnostics: "baseline_logit" and "channels", how many were evaluated. Raises UnsupportedError for a network without
    CAM layers, UnknownNameError for a layer that it does not offer.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="score_cam",
        title=N_("Score-CAM"),
        family="class activation",
        how=N_(
            "It shows the network only those parts of the photo where one map of a layer is bright, and does so map by map. "
            "Maps that leave the breed's score high weigh most."
        ),
        sentence=N_(
            "Coloured areas are the parts of the photo that, shown alone, let the network name this breed best."
        ),
        paper="Wang et al. 2020",
        url="https://arxiv.org/abs/1910.01279",
        signed=False,
        needs=("logits", "layers"),
        trust=N_("As a second opinion on Grad-CAM: it asks the network itself and follows no gradient."),
        limits=N_(
            "Half-hidden photos are unlike any that the network has learned, and few maps can end up with all the weight."
        ),
        version=3,
    )

    share: int = params.integer(
        40,
        5,
        100,
        N_("Maps asked about"),
        N_(
            "The share of the layer's maps that is tried; the others are judged by those they resemble. "
            "All of them can take minutes."
        ),
        step=5,
        unit="%",
    )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(forward=2 + self._number(_WIDEST), low_precision=True)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        layer = self.full_layer_name(classifier)
        [activations] = classifier.activations(rgb[np.newaxis], layer)
        baseline_logit = float(classifier.logits(np.zeros_like(rgb)[np.newaxis])[0, target])
        maps = activations[..., _strongest_first(activations)]
        evaluated = self._evaluated(maps.shape[-1])
        increases = np.empty(0)

        def attribution() -> Attribution:
            weights = np.exp(_expected(maps, evaluated[: len(increases)], increases))
            values = np.maximum(maps.astype(np.float64) @ (weights / max(weights.sum(), 1e-12)), 0)
            diagnostics = {"baseline_logit": baseline_logit, "channels": float(len(increases))}
            return Attribution(values.astype(np.float32), diagnostics=diagnostics)

        for part in batches(len(evaluated)):
            masks = np.stack([_mask(maps[..., channel], rgb.shape[:2]) for channel in evaluated[part]])
            logits = classifier.logits(masks[..., np.newaxis] * rgb, low_precision=True)[:, target]
            increases = np.append(increases, logits - baseline_logit)
            if part.stop < len(evaluated):
                progress(part.stop / len(evaluated), attribution())
        result = attribution()
        progress(1.0, result)
        return result

    def _evaluated(self, count: int) -> np.ndarray:
        """Return which of `count` channels, the strongest first, to evaluate, i64[n]: the first ones, and some of all others.

        Half goes to those that make up most of the map; the other half lets the rest be estimated from similar ones.
        """
        number = self._number(count)
        if number == count:
            return np.arange(count)
        first = number // 2
        return np.append(np.arange(first), np.rint(np.linspace(first, count - 1, number - first)).astype(np.int64))

    def _number(self, count: int) -> int:
        return -(-count * self.share // 100)


def _strongest_first(activations: np.ndarray) -> np.ndarray:
    """Return the channels of [u,v,K], i64[n], the one with the largest mean first; flat ones cannot mask."""
    order = np.argsort(-activations.mean(axis=(0, 1), dtype=np.float64), kind="stable")
    return order[np.ptp(activations, axis=(0, 1))[order] > 0]


def _mask(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a channel's map [u,v], which is not flat, enlarged and stretched to [0, 1], f32 of `size`."""
    large = enlarged(values, size)
    lowest, highest = large.min(), large.max()
    return np.clip((large - lowest) / (highest - lowest), 0, 1)


def _expected(maps: np.ndarray, evaluated: np.ndarray, increases: np.ndarray) -> np.ndarray:
    """Return each mask's increase of the logit, f64[n] less the largest, from those of the `evaluated` of maps [u,v,n].

    The others' are estimated by a kernel ridge regression of the increases on the masks, around a line in how much a mask
    shows, and clipped to the range of what was evaluated.
    """
    count = maps.shape[-1]
    if not len(evaluated):
        return np.zeros(count)
    masks = maps.reshape(-1, count).T.astype(np.float64)
    masks = (masks - masks.min(axis=1, keepdims=True)) / np.ptp(masks, axis=1, keepdims=True)
    squares = (masks**2).sum(axis=1)
    distances = squares[:, np.newaxis] + squares[evaluated] - 2 * masks @ masks[evaluated].T
    similarity = np.exp(-distances / max(float(np.median(distances)), 1e-12))
    line = np.stack([np.ones(count), masks.mean(axis=1)], axis=-1)
    around = line @ np.linalg.lstsq(line[evaluated], increases, rcond=None)[0]
    ridge = similarity[evaluated] + _RIDGE * np.eye(len(evaluated))
    expected = around + similarity @ np.linalg.solve(ridge, increases - around[evaluated])
    expected = np.clip(expected, increases.min(), increases.max())
    expected[evaluated] = increases
    centred: np.ndarray = expected - expected.max()
    return centred
