"""What in the photo activates a layer's channels: their strongest places, projected back to the pixels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress, resolve_layer
from xai_core.i18n.catalogues import N_
from xai_core.studies.base import Study, StudyInfo
from xai_core.studies.layer_maps import channel_figures, strongest
from xai_core.types import PassCounts, StudyOutput


@dataclass(frozen=True, eq=False)
class ProjectionsResult(StudyOutput):
    """One row for each channel that is done, the strongest one first."""

    channels: np.ndarray  # i32[n]
    activations: np.ndarray  # f32[n], the channels' largest activations
    signals: np.ndarray  # i8[n,h,w,3], what reached the pixels; 127 stands for the channel's peak
    peaks: np.ndarray  # f32[n], the size that all but 0.5 % of a signal stay under
    boxes: np.ndarray  # f32[n,4], top, left, bottom and right of the part of the photo reached, as shares in [0, 1]


@dataclass(frozen=True)
class Projections(Study[ProjectionsResult]):
    """DeconvNet projections of the strongest activation of each of a layer's strongest channels, for the first photo.

    Zeiler and Fergus 2013 (arXiv:1311.2901), section 2.1: everything in the layer is set to zero but one channel's largest
    activation, which is sent back through transposed convolutions, switches and ReLUs. The channels are those with the
    largest mean activation or the largest size of influence (see LayerMaps), or one that is named. First results hold the
    channels done so far. Raises UnknownNameError for a layer or a channel that does not exist.
    """

    info: ClassVar[StudyInfo] = StudyInfo("projections")
    output: ClassVar = ProjectionsResult

    layer: str = params.layer(N_("The layer whose channels are projected."))
    order: str = params.choice(
        "mean",
        (N_("mean"), N_("influence")),
        N_("Order"),
        N_("Which channels are strongest: the most active or the most influential."),
    )
    count: int = params.integer(8, 1, 32, N_("Channels"), N_("How many channels are projected."))
    channel: int = params.integer(
        -1, -1, 65535, N_("Channel"), N_("One channel by its number; -1 takes the strongest ones.")
    )

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(backward=1 if self.channel >= 0 else 1 + self.count)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> ProjectionsResult:
        layer = resolve_layer(classifier.spec, self.layer)
        channels = self._channels(classifier, photos[:1], layer, target)
        signals, activations = [], []
        for done, channel in enumerate(channels, start=1):
            activation, signal = classifier.channel_gradients(
                photos[:1], layer, channel, rule="deconvnet", strongest=True
            )
            activations.append(float(activation[0]))
            signals.append(signal[0])
            result = _result(channels[:done], activations, signals)
            progress(done / len(channels), result)
        return result

    def _channels(self, classifier: Classifier, photo: np.ndarray, layer: str, target: int) -> list[int]:
        if self.channel >= 0:
            return [self.channel]
        activations, gradients = classifier.layer_gradients(photo, layer, target)
        means, influences = channel_figures(activations[0], gradients[0])
        figures = means if self.order == "mean" else np.abs(influences)
        return [int(channel) for channel in strongest(figures, self.count)]


def _result(channels: list[int], activations: list[float], signals: list[np.ndarray]) -> ProjectionsResult:
    stacked = np.stack(signals)
    peaks = np.array([_peak(signal) for signal in signals])
    scale = np.where(peaks > 0, peaks, 1)[:, np.newaxis, np.newaxis, np.newaxis]
    return ProjectionsResult(
        channels=np.array(channels, np.int32),
        activations=np.array(activations, np.float32),
        signals=np.rint(127 * np.clip(stacked / scale, -1, 1)).astype(np.int8),
        peaks=peaks.astype(np.float32),
        boxes=np.array([_box(signal) for signal in signals], np.float32),
    )


def _peak(signal: np.ndarray) -> float:
    """Return the size at which a signal is drawn at full strength: a few single pixels would leave the rest grey."""
    sizes = np.abs(signal[signal != 0])
    return float(np.percentile(sizes, 99.5)) if len(sizes) else 0.0


def _box(signal: np.ndarray) -> tuple[float, float, float, float]:
    """Return the top, left, bottom and right of what is not zero as shares of the sides, or the whole where all is."""
    reached = (signal != 0).any(axis=2)
    rows, columns = np.flatnonzero(reached.any(axis=1)), np.flatnonzero(reached.any(axis=0))
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = signal.shape[:2]
    return rows[0] / height, columns[0] / width, (rows[-1] + 1) / height, (columns[-1] + 1) / width
