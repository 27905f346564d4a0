"""Faithfulness: what a breed's probability does while a map's strongest pixels go, and while they come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec, softmax
from xai_core.errors import ParameterError
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import strongest_first
from xai_core.metrics import deletion_insertion as metric
from xai_core.photos.fills import filled
from xai_core.studies.base import Study, StudyInfo, digest_of_map
from xai_core.types import PassCounts, StudyOutput

#: What hidden pixels may become.
FILLS = (N_("blurred"), N_("mean"))


@dataclass(frozen=True, eq=False)
class FaithfulnessResult(StudyOutput):
    """The target's probability along both curves, from the first point to the last; they share their ends."""

    deletion: np.ndarray  # f32[steps+1]
    insertion: np.ndarray  # f32[steps+1]

    @property
    def curves(self) -> Mapping[str, np.ndarray]:
        """Both curves by their metrics."""
        return {"deletion": self.deletion, "insertion": self.insertion}


@dataclass(frozen=True)
class Faithfulness(Study[FaithfulnessResult]):
    """Hide the pixels of photos[0] that a map calls strongest, step by step, and put them back the same way.

    Make it with `of`: the study carries the map's values, so that no method runs twice, and is known by their digest.
    The map's pixels are ranked on the network's square (`strongest_first` of maps/grid.py).
    """

    info: ClassVar[StudyInfo] = StudyInfo("faithfulness")
    output: ClassVar = FaithfulnessResult

    map_digest: str = params.text(N_("Map"), N_("The SHA-256 of the map's values."))
    fill: str = params.choice(
        "blurred", FILLS, N_("Hidden pixels become"), N_("The photo blurred, or its mean colour.")
    )
    steps: int = params.integer(
        24, 4, 200, N_("Steps"), N_("How many photos lie between the whole photo and none of it.")
    )
    values: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.float32), compare=False, repr=False)

    @classmethod
    def of(cls, values: np.ndarray, *, fill: str = "blurred", steps: int = 24) -> "Faithfulness":
        """Return the study of a map f32[u,v] or f32[u,v,3]."""
        return cls(digest_of_map(values), fill, steps, values)

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts(forward=2 * self.steps)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> FaithfulnessResult:
        if self.map_digest != digest_of_map(self.values):
            raise ParameterError("This measurement was requested without its map; start it again from the page.")
        rgb = photos[0]
        hidden = filled(rgb, self.fill)
        order = strongest_first(self.values, rgb.shape[:2])
        counts = metric.counts(order.size, self.steps)
        changes = [(rgb, hidden, count) for count in counts] + [(hidden, rgb, count) for count in counts[1:-1]]
        probabilities: list[float] = []
        for part in batches(len(changes)):
            progress(part.start / len(changes))
            batch = np.stack([metric.exchanged(start, end, order, count) for start, end, count in changes[part]])
            probabilities.extend(softmax(classifier.logits(batch))[:, target])
        deletion = np.array(probabilities[: len(counts)], np.float32)
        insertion = np.array([deletion[-1], *probabilities[len(counts) :], deletion[0]], np.float32)
        progress(1.0)
        return FaithfulnessResult(deletion, insertion)
