"""What the channels of a layer respond to in a photo, and how much each of them moves the score."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress, resolve_layer
from xai_core.i18n.catalogues import N_
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import Measurements, PassCounts

#: Longest side of a kept map: finer ones are averaged, which no picture of a sheet shows.
_SIDE = 112


@dataclass(frozen=True)
class LayerMaps(Study[Measurements]):
    """The activation maps of a layer's most active and of its most influential channels, for the first photo.

    A channel's influence is the sum over places of A * d logit / dA: by how much, to first order, the logit would fall if
    the channel fell silent; it may be negative. Channels are ordered by mean activation and by the size of the influence.

    Arrays: "means" and "influences" f32[K] of all channels; "by_mean" and "by_influence" i32[count], channel numbers in
    these orders; "channels" i32[n], those that stand in either, rising; "maps" u8[n,u,v] of these, 255 at the map's
    highest place and 0 where the activation is 0 or less (layers finer than 112 places are averaged); "peaks" f32[n], the
    channels' largest activations. Number: "places", u before any averaging. Raises UnknownNameError for a layer that
    does not exist.
    """

    info: ClassVar[StudyInfo] = StudyInfo("layer_maps")

    layer: str = params.layer(N_("The layer whose maps are looked at."))
    count: int = params.integer(48, 1, 128, N_("Maps"), N_("How many channels are kept in each order."))

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(backward=1)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Measurements:
        layer = resolve_layer(classifier.spec, self.layer)
        answers = classifier.layer_gradients(photos[:1], layer, target)
        activations, gradients = answers[0][0], answers[1][0]
        means, influences = channel_figures(activations, gradients)
        orders = {
            "by_mean": strongest(means, self.count),
            "by_influence": strongest(np.abs(influences), self.count),
        }
        channels = np.union1d(*orders.values())
        chosen = np.moveaxis(activations[..., channels], -1, 0)
        result = Measurements(
            arrays={
                **{name: order.astype(np.int32) for name, order in orders.items()},
                "means": means.astype(np.float32),
                "influences": influences.astype(np.float32),
                "channels": channels.astype(np.int32),
                "maps": _as_bytes(_averaged(chosen)),
                "peaks": chosen.max(axis=(1, 2)).astype(np.float32),
            },
            numbers={"places": float(activations.shape[0])},
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
