"""What runs in the worker, or in this process: answering a request, loading networks, making first answers quick."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.timings import Timing
from xai_core.explainers.base import Explainer, Progress, ignore_progress
from xai_core.storage import codec
from xai_core.types import Attribution, StudyOutput

if TYPE_CHECKING:
    from xai_core.requests import Request

_TIMED_BATCH, _TIMED_TIMES = 8, 3

#: Returns the network, loaded once a process; found by module and name when sent to the worker.
Load = Callable[[NetworkRef], Classifier]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class EncodedAnswer:
    """An answer as the store keeps it, and the time that the network took."""

    data: bytes
    timing: Timing


def answer(
    load: Load, request: "Request[Answer]", photos: np.ndarray, *, progress: Progress = ignore_progress
) -> tuple[Answer, Timing]:
    """Return the answer to a request about photos f32[N,h,w,3] at the network's size, and the time the network took.

    The network is loaded before the answer's own time is measured. Raises what the request raises, and CancelledError
    through `progress` before any batch.
    """
    network = load(request.network)
    repeatable = _RepeatableProgress(progress)
    classifier = BatchedClassifier(network, check=repeatable.repeat)
    return request.run(classifier, photos, repeatable), Timing(_engine(network), classifier.seconds_per_photo())


def encoded_answer(
    load: Load, request: "Request[Answer]", photos: np.ndarray, *, progress: Progress = ignore_progress
) -> EncodedAnswer:
    """Return `answer`, encoded for the store."""
    found, timing = answer(load, request, photos, progress=progress)
    return EncodedAnswer(codec.encode(found), timing)


def load_networks(load: Load, networks: Sequence[NetworkRef], *, progress: Progress = ignore_progress) -> None:
    """Load the networks and pass one grey photo through each, so that the first user waits for neither."""
    for number, network in enumerate(networks):
        progress(number / len(networks))
        classifier = BatchedClassifier(load(network))
        classifier.predict(np.full((1, *classifier.spec.input_size, 3), 0.5, np.float32))
    progress(1.0)


def warm_up(
    load: Load,
    network: NetworkRef,
    explainers: Sequence[Explainer],
    measure: bool,
    *,
    progress: Progress = ignore_progress,
) -> Timing:
    """Run each explainer once on a network, so that graphs are built and libraries imported before anyone waits.

    Return, with `measure`, how fast the network answers a batch once that is built.
    """
    loaded = load(network)
    repeatable = _RepeatableProgress(progress)
    noise = np.random.default_rng(0).random((*loaded.spec.input_size, 3), dtype=np.float32)
    for number, explainer in enumerate(explainers):
        repeatable(number / (len(explainers) + 1))
        explainer.attribute(BatchedClassifier(loaded, check=repeatable.repeat), noise, 0)
    # Batches as large as jobs have them, not as small as those of idle work: they are timed.
    classifier = BatchedClassifier(loaded, check=repeatable.repeat, whole_batches=True)
    photos = np.repeat(noise[np.newaxis], _TIMED_BATCH, axis=0)
    for _ in range(_TIMED_TIMES if measure else 0):
        for low_precision in (False, True):
            classifier.logits(photos, low_precision=low_precision)
            classifier.gradients(photos, 0, low_precision=low_precision)
    progress(1.0)
    return Timing(_engine(loaded), classifier.seconds_per_photo())


class _RepeatableProgress:
    """Progress that can be reported again between two batches, where the method has nothing new to report."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._fraction = 0.0

    def __call__(self, fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        self._fraction = fraction
        self._progress(fraction, partial)

    def repeat(self) -> None:
        self._progress(self._fraction)


def _engine(network: Classifier) -> str:
    """Return the name of what executes the network."""
    return type(getattr(network, "engine", network)).__name__
