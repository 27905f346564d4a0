"""The base class of studies: frozen dataclasses of parameters that measure more than one map can show."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.types import PassCounts, StudyOutput

Output = TypeVar("Output", bound=StudyOutput)


@dataclass(frozen=True)
class StudyInfo:
    """The study's name and version in the store's keys."""

    key: str
    version: int = 1  # raise it whenever an equal request gets another result: it is part of the store's key


@dataclass(frozen=True)
class Study(ABC, Generic[Output]):
    """One kind of measurement with its parameters, which may also name a layer ("" is the last one).

    Equal instances give equal results on equal photos. Raises ParameterError when out of range.
    """

    info: ClassVar[StudyInfo]
    output: ClassVar[type[Any]]  # the class of its result

    def __post_init__(self) -> None:
        params.check(self)

    @abstractmethod
    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        """Return the largest number of passes through that network that the study takes for so many photos."""

    @abstractmethod
    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Output:
        """Return the result for photos f32[N,h,w,3] in [0, 1] at the network's size, N at least 1.

        Neither the network nor the photos are changed, after an error either. The last call of `progress` says 1.
        """


def digest_of_map(values: np.ndarray) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of a map f32[u,v] or f32[u,v,3] that a study carries."""
    digest = hashlib.sha256(str((values.dtype.str, values.shape)).encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()
