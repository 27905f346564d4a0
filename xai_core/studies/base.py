"""What a study is: a frozen dataclass that holds its parameters and measures more than one map can show."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.types import Measurements, PassCounts, StudyOutput

Output = TypeVar("Output", bound=StudyOutput)


@dataclass(frozen=True)
class StudyInfo:
    """A study as the store knows it."""

    key: str
    version: int = 1  # raise it whenever the same question gets another answer: it is part of the cache key


@dataclass(frozen=True)
class Study(ABC, Generic[Output]):
    """One kind of measurement with its parameters, which may also name a layer ("" is the last one).

    Equal instances give equal results on equal photos. Raises ParameterError when out of range.
    """

    info: ClassVar[StudyInfo]
    output: ClassVar[type[Any]] = Measurements

    def __post_init__(self) -> None:
        params.check(self)

    @abstractmethod
    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        """Return how much the study will ask of that network about so many photos, at most."""

    @abstractmethod
    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Output:
        """Return what was measured on photos f32[N,h,w,3] in [0, 1] at the network's size, N at least 1.

        Neither the network nor the photos are changed, after an error either. The last call of `progress` says 1.
        """


def digest_of_map(values: np.ndarray) -> str:
    """Return the 64 hexadecimal digits by which a study is known that carries a map f32[u,v] or f32[u,v,3]."""
    found = hashlib.sha256(str((values.dtype.str, values.shape)).encode())
    found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()
