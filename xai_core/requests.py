"""The one shape of a question: which network is asked what about which photos, for which class.

A request knows the key of its answer in the store, what it costs, how it is run and how its answer is read back. The
workbench answers it; pages, command line, report, audit and prefetching all speak in requests.
"""

import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.detection import locate
from xai_core.detection.locate import DogLocation
from xai_core.errors import ComputationError, UnknownNameError
from xai_core.execution.batched import BatchedClassifier
from xai_core.explainers.base import Explainer, Progress, resolve_layer
from xai_core.i18n.catalogues import LazyText
from xai_core.photos.decoding import squeeze
from xai_core.photos.foreground import Box
from xai_core.photos.resizing import shrink
from xai_core.storage import codec
from xai_core.studies.base import Output, Study
from xai_core.types import Explanation, ImageInput, PassCounts, Prediction

#: px on the longer side of the photo in which the dog is looked for: both networks see 300 or so, of the dog alone at last.
_LONGEST = 1024
Answer = TypeVar("Answer")


class Request(ABC, Generic[Answer]):
    """A question that a network answers. Frozen; equal requests have equal answers."""

    network: NetworkRef
    quick: ClassVar[bool] = False  # whether it is computed before all others

    @property
    @abstractmethod
    def digests(self) -> tuple[str, ...]:
        """The digests of the photos that it is about, in their order."""

    def resolved(self, spec: ModelSpec) -> Self:
        """Return the same request with its layers by their full names: "", "block5" and "block5_conv3" share one answer.

        A request without layers is returned as it is. Raises UnknownNameError for a class or a layer that the network does
        not have.
        """
        return self

    @abstractmethod
    def key(self, spec: ModelSpec) -> str:
        """Return the key of the answer in the store; anything that changes the answer changes the key."""

    @abstractmethod
    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        """Return how many passes through the network it takes, at most."""

    def prepared(self, images: Sequence[ImageInput], spec: ModelSpec) -> np.ndarray:
        """Return what `run` gets of the photos: f32[N,h,w,3] in [0, 1] at the network's size."""
        return np.stack([squeeze(image.pixels, spec.input_size) for image in images])

    @abstractmethod
    def run(self, classifier: BatchedClassifier, photos: np.ndarray, progress: Progress) -> Answer:
        """Return the answer for photos as `prepared` makes them.

        Raises CancelledError through `progress`, ComputationError where the answer holds anything but numbers.
        """

    @abstractmethod
    def decode(self, data: bytes) -> Answer:
        """Return an answer from what `codec.encode` made of it. Raises StoreError."""


@dataclass(frozen=True)
class PredictionRequest(Request[Prediction]):
    """Which classes does the network see in the photo?"""

    network: NetworkRef
    photo: str
    quick: ClassVar[bool] = True

    @property
    def digests(self) -> tuple[str, ...]:
        return (self.photo,)

    def key(self, spec: ModelSpec) -> str:
        return codec.key(kind="prediction", classifier=spec.key, network=spec.digest, image=self.photo)

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(forward=1)

    def run(self, classifier: BatchedClassifier, photos: np.ndarray, progress: Progress) -> Prediction:
        from scipy.special import softmax  # late: it takes a while to import

        progress(0.0)
        [logits], [familiarity], [familiar] = classifier.predict(photos)
        if not np.isfinite(logits).all():
            raise ComputationError("{network} gave no usable numbers for this photo.", network=classifier.spec.title)
        progress(1.0)
        probabilities = softmax(logits.astype(np.float64)).astype(np.float32)
        return Prediction(
            str(self.network), classifier.spec.labels, logits, probabilities, float(familiarity), bool(familiar)
        )

    def decode(self, data: bytes) -> Prediction:
        return codec.decode(data, Prediction)


@dataclass(frozen=True)
class ExplanationRequest(Request[Explanation]):
    """What in the photo speaks for the target, by this method with these parameters?"""

    network: NetworkRef
    photo: str
    target: int  # position in the network's labels
    explainer: Explainer

    @property
    def digests(self) -> tuple[str, ...]:
        return (self.photo,)

    def resolved(self, spec: ModelSpec) -> Self:
        _check_target(spec, self.target)
        return dataclasses.replace(self, explainer=_with_full_layer_names(self.explainer, spec))

    def key(self, spec: ModelSpec) -> str:
        return codec.key(
            kind="explanation",
            classifier=spec.key,
            network=spec.digest,
            image=self.photo,
            target=int(self.target),
            method=self.explainer.info.key,
            version=self.explainer.info.version,
            params=params.values_of(self.explainer),
        )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return self.explainer.pass_counts(spec)

    def run(self, classifier: BatchedClassifier, photos: np.ndarray, progress: Progress) -> Explanation:
        began = time.perf_counter()
        attribution = self.explainer.attribute(classifier, photos[0], self.target, progress)
        if not np.isfinite(attribution.values).all():
            raise ComputationError(
                "{method} gave no usable numbers for this photo; try other settings.",
                method=LazyText(self.explainer.info.title),
            )
        return Explanation(
            method=self.explainer.info.key,
            classifier=str(self.network),
            target=self.target,
            params=params.values_of(self.explainer),
            values=attribution.values,
            signed=self.explainer.signed,
            segments=attribution.segments,
            diagnostics=dict(attribution.diagnostics),
            evaluations=classifier.evaluations,
            seconds=time.perf_counter() - began,
            extras=dict(attribution.extras),
        )

    def decode(self, data: bytes) -> Explanation:
        return codec.decode(data, Explanation)


@dataclass(frozen=True)
class StudyRequest(Request[Output]):
    """What does this study measure on these photos?"""

    network: NetworkRef
    photos: tuple[str, ...]
    target: int  # position in the network's labels
    study: Study[Output]

    @property
    def digests(self) -> tuple[str, ...]:
        return self.photos

    def resolved(self, spec: ModelSpec) -> Self:
        _check_target(spec, self.target)
        return dataclasses.replace(self, study=_with_full_layer_names(self.study, spec))

    def key(self, spec: ModelSpec) -> str:
        return codec.key(
            kind="study",
            classifier=spec.key,
            network=spec.digest,
            images=list(self.photos),
            target=int(self.target),
            study=self.study.info.key,
            version=self.study.info.version,
            params=params.values_of(self.study),
        )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return self.study.pass_counts(spec, len(self.photos))

    def run(self, classifier: BatchedClassifier, photos: np.ndarray, progress: Progress) -> Output:
        began = time.perf_counter()
        output = self.study.run(classifier, photos, self.target, progress)
        seconds = time.perf_counter() - began
        return dataclasses.replace(output, evaluations=classifier.evaluations, seconds=seconds)

    def decode(self, data: bytes) -> Output:
        return codec.decode(data, self.study.output)


@dataclass(frozen=True)
class DogRequest(Request[DogLocation]):
    """Where is the dog in the photo? Two networks of their own answer; `network` only lends its place in the queue."""

    network: NetworkRef
    photo: str
    box: Box | None = None  # around the dog, where somebody has drawn one
    quick: ClassVar[bool] = True

    @property
    def digests(self) -> tuple[str, ...]:
        return (self.photo,)

    def key(self, spec: ModelSpec) -> str:
        box = None if self.box is None else dataclasses.astuple(self.box)
        return codec.key(kind="dog", networks=locate.DIGEST, version=locate.VERSION, image=self.photo, box=box)

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts()

    def prepared(self, images: Sequence[ImageInput], spec: ModelSpec) -> np.ndarray:
        """Return u8[1,H,W,3], the photo with its proportions, at most 1024 px on its longer side."""
        [image] = images
        return shrink(image.pixels, _LONGEST)[np.newaxis]

    def run(self, classifier: BatchedClassifier, photos: np.ndarray, progress: Progress) -> DogLocation:
        progress(0.0)
        location = classifier.alone(lambda: locate.locate(photos[0], self.box))
        progress(1.0)
        return location

    def decode(self, data: bytes) -> DogLocation:
        return codec.decode(data, DogLocation)


def _check_target(spec: ModelSpec, target: int) -> None:
    if not 0 <= target < len(spec.labels):
        raise UnknownNameError(
            "{network} has classes 0 to {last}, not {target}.",
            network=spec.title,
            last=len(spec.labels) - 1,
            target=target,
        )


def _with_full_layer_names(owner: Any, spec: ModelSpec) -> Any:
    """Return an explainer or a study with its layers by their full names."""
    layers = {
        entry.name: resolve_layer(spec, getattr(owner, entry.name))
        for entry in params.param_specs(owner)
        if entry.kind == "layer"
    }
    return dataclasses.replace(owner, **layers)
