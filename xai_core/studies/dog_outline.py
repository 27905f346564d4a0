"""Where the dog is in a photo, without a network: maps are compared with it, so it must not follow from them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.errors import ComputationError
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.photos.foreground import Box, central_foreground_mask, foreground_mask
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import PassCounts, StudyOutput

_MARGIN = 4  # % of the photo that the box of the first cut leaves on every side
#: Of the photo: what is smaller or larger is hardly the dog.
SMALLEST, LARGEST = 0.05, 0.85
#: How far the two outlines must agree (intersection over union) for either to be believed.
LEAST_AGREEMENT = 0.6


@dataclass(frozen=True, eq=False)
class DogOutlineResult(StudyOutput):
    """Where the dog is, by two cuts of the photo."""

    dog: np.ndarray  # bool[h,w] at the network's size: the union of both outlines
    agreement: float  # intersection over union of the two outlines, in [0, 1]
    share: float  # of the photo's area that the dog takes, in [0, 1]
    reliable: bool  # whether the two agree and the dog is neither too small nor too large


@dataclass(frozen=True)
class DogOutline(Study[DogOutlineResult]):
    """What stands out in the middle of the first photo, by colours and edges alone (GrabCut, see photos/foreground.py).

    Photos of dogs mostly show the dog in the middle and ground at the edges, which is all that is assumed. It is cut out
    twice, of a box that is almost the whole photo and around the photo's middle; where the two disagree, or the outline is
    too small or too large for a dog, it is not to be relied on. Of 60 validation photos of Stanford Dogs looked at by eye 41
    were called reliable, of which 31 held the dog with its head; 9 missed the head or more, one was the dog's clothes.
    """

    info: ClassVar[StudyInfo] = StudyInfo("dog_outline")
    output: ClassVar = DogOutlineResult

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts()

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> DogOutlineResult:
        pixels = np.rint(255 * photos[0]).clip(0, 255).astype(np.uint8)
        progress(0.0)
        try:
            first = foreground_mask(pixels, Box(_MARGIN, _MARGIN, 100 - _MARGIN, 100 - _MARGIN))
        except ComputationError:  # nothing stands out, which is a result as well
            first = np.zeros(pixels.shape[:2], bool)
        progress(0.5)
        second = central_foreground_mask(pixels)
        both, either = first & second, first | second
        agreement = float(both.sum() / either.sum()) if either.any() else 0.0
        share = float(either.mean())
        reliable = agreement >= LEAST_AGREEMENT and SMALLEST <= share <= LARGEST
        progress(1.0)
        return DogOutlineResult(either, agreement, share, reliable)
