"""What the channels of a layer respond to in a photo, and how much each of them moves the score."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress, resolve_layer
from xai_core.i18n.catalogues import N_
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import PassCounts, StudyOutput

#: Longest side of a kept map: finer ones are averaged, which no picture of a sheet shows.
_SIDE = 112


@dataclass(frozen=True, eq=False)
class LayerMapsResult(StudyOutput):
    """A layer's K channels, and the maps of those n that are the strongest in either order."""

    by_mean: np.ndarray  # i32[count], channel numbers by mean activation
    by_influence: np.ndarray  # i32[count], channel numbers by the size of the influence
    means: np.ndarray  # f32[K], mean activations
    influences: np.ndarray  # f32[K]
    channels: np.ndarray  # i32[n], the channels that stand in either order, rising
    maps: np.ndarray  # u8[n,u,v]: 255 at a map's highest place, 0 where the activation is 0 or less
    peaks: np.ndarray  # f32[n], the channels' largest activations
    places: int  # u before any averaging: layers finer than 112 places are averaged

    def strongest(self, order: str) -> np.ndarray:
        """Return the channel numbers i32[count] in the order "mean" or "influence"."""
        return {"mean": self.by_mean, "influence": self.by_influence}[order]


@dataclass(frozen=True)
class LayerMaps(Study[LayerMapsResult]):
    """The activation maps of a layer's most active and of its most influential channels, for the first photo.

    A channel's influence is the sum over places of A * d logit / dA: by how much, to first order, the logit would fall if
    the channel were set to 0; it may be negative. Raises UnknownNameError for a layer that does not exist.
    """

    info: ClassVar[StudyInfo] = StudyInfo("layer_maps")
    output: ClassVar = LayerMapsResult

    layer: str = params.layer(N_("The layer whose maps are looked at."))
    count: int = params.integer(48, 1, 128, N_("Maps"), N_("How many channels are kept in each order."))

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(backward=1)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> LayerMapsResult:
        layer = resolve_layer(classifier.spec, self.layer)
        [activations], [gradients] = classifier.layer_gradients(photos[:1], layer, target)
        means, influences = channel_figures(activations, gradients)
        by_mean, by_influence = strongest(means, self.count), strongest(np.abs(influences), self.count)
        channels = np.union1d(by_mean, by_influence)
        maps = np.moveaxis(activations[..., channels], -1, 0)
        result = LayerMapsResult(
            by_mean=by_mean.astype(np.int32),
            by_influence=by_influence.astype(np.int32),
            means=means.astype(np.float32),
            influences=influences.astype(np.float32),
            channels=channels.astype(np.int32),
            maps=_as_bytes(_averaged(maps)),
            peaks=maps.max(axis=(1, 2)).astype(np.float32),
            places=activations.shape[0],
        )
        progress(1.0, result)
        return result


def channel_figures(activations: np.ndarray, gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each channel's mean activation and its influence, both f64[K], from A and d logit / dA [u,v,K]."""
    means = activations.mean(axis=(0, 1), dtype=np.float64)
    return means, np.einsum("uvk,uvk->k", activations, gradients, dtype=np.float64)


def strongest(figures: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the `count` largest of figures f64[K], the largest first, at most K of them."""
    return np.argsort(-figures, kind="stable")[:count]


def _averaged(maps: np.ndarray) -> np.ndarray:
    """Return maps [n,u,v] averaged over squares of places until neither side is longer than 112."""
    step = -(-max(maps.shape[1:]) // _SIDE)
    count, height, width = maps.shape
    whole = maps[:, : height - height % step, : width - width % step]
    return whole.reshape(count, height // step, step, width // step, step).mean(axis=(2, 4))


def _as_bytes(maps: np.ndarray) -> np.ndarray:
    positive = np.maximum(maps, 0)
    highest = positive.max(axis=(1, 2), keepdims=True)
    return np.rint(255 * np.divide(positive, highest, out=np.zeros_like(positive), where=highest > 0)).astype(np.uint8)
