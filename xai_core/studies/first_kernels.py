"""The patterns that a network's first convolution looks for."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import PassCounts, StudyOutput


@dataclass(frozen=True, eq=False)
class FirstKernelsResult(StudyOutput):
    """The first convolution's kernels as they act on red, green and blue."""

    kernels: np.ndarray  # f32[K,k,k,3], in the order of the layer's channels


@dataclass(frozen=True)
class FirstKernels(Study[FirstKernelsResult]):
    """The first convolution's kernels as they act on red, green and blue; the photos do not matter."""

    info: ClassVar[StudyInfo] = StudyInfo("first_kernels")
    output: ClassVar = FirstKernelsResult

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        return PassCounts()

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> FirstKernelsResult:
        result = FirstKernelsResult(classifier.first_kernels().astype(np.float32))
        progress(1.0, result)
        return result
