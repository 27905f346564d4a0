"""The questions that are put to a network, as functions of plain values: they run in the worker or in this process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier
from xai_core.errors import ComputationError
from xai_core.execution.batched import BATCH, BatchedClassifier
from xai_core.execution.fair_lock import NETWORK_LOCK
from xai_core.execution.timings import Timing
from xai_core.explainers.base import Explainer, Progress, ignore_progress
from xai_core.i18n.catalogues import LazyText
from xai_core.scores import softmax
from xai_core.storage import codec
from xai_core.studies.base import Study
from xai_core.types import Attribution, Explanation, Prediction, StudyOutput, StudyResult

_TIMED_BATCH, _TIMED_TIMES = 8, 3

#: Returns the network with this key, loaded once a process; found by module and name when sent to the worker.
Load = Callable[[str], Classifier]


@dataclass(frozen=True)
class Answer:
    """A job's result as the store keeps it, and what the job has learned about the network's speed."""

    data: bytes
    timing: Timing


def forgotten(timing: Timing) -> None:
    """Take note of a network's speed where nobody keeps it."""


def predict(load: Load, key: str, rgb: np.ndarray, *, progress: Progress = ignore_progress) -> list[Prediction]:
    """Return one prediction for each photo in rgb f32[N,h,w,3]; a prediction goes before other jobs' next batch.

    Raises CancelledError through `progress`, ComputationError where the network gives no usable numbers.
    """
    classifier = load(key)
    predictions: list[Prediction] = []
    for start in range(0, len(rgb), BATCH):
        progress(start / len(rgb))
        with NETWORK_LOCK.acquire(urgent=True):
            answers = classifier.predict(rgb[start : start + BATCH])
        for logits, familiarity, familiar in zip(*answers, strict=True):
            if not np.isfinite(logits).all():
                raise ComputationError(
                    "{network} gave no usable numbers for this photo.", network=classifier.spec.title
                )
            predictions.append(
                Prediction(key, classifier.spec.labels, logits, softmax(logits), float(familiarity), bool(familiar))
            )
    progress(1.0)
    return predictions


def explain(
    load: Load,
    key: str,
    rgb: np.ndarray,
    target: int,
    explainer: Explainer,
    *,
    progress: Progress = ignore_progress,
    learn: Callable[[Timing], None] = forgotten,
) -> Explanation:
    """Return the explanation of the target's logit for the photo rgb f32[h,w,3] at the network's size.

    The time counted begins when the network is loaded; `learn` is told how fast it answered. Raises what the method raises,
    CancelledError through `progress` before any batch, and ComputationError where the map holds anything but numbers.
    """
    told = _LastTold(progress)
    network = load(key)
    classifier = BatchedClassifier(network, check=told.again)
    began = time.perf_counter()
    attribution = explainer.attribute(classifier, rgb, target, told)
    seconds = time.perf_counter() - began
    learn(Timing(_engine(network), classifier.seconds_per_photo()))
    if not np.isfinite(attribution.values).all():
        raise ComputationError(
            "{method} gave no usable numbers for this photo; try other settings.", method=LazyText(explainer.info.title)
        )
    return Explanation(
        method=explainer.info.key,
        classifier=key,
        target=target,
        params=params.values_of(explainer),
        values=attribution.values,
        signed=explainer.signed,
        segments=attribution.segments,
        diagnostics=dict(attribution.diagnostics),
        evaluations=classifier.evaluations,
        seconds=seconds,
        extras=dict(attribution.extras),
    )


def study(
    load: Load,
    key: str,
    photos: np.ndarray,
    target: int,
    asked: Study,
    *,
    progress: Progress = ignore_progress,
    learn: Callable[[Timing], None] = forgotten,
) -> StudyResult:
    """Return what a study measures on photos f32[N,h,w,3] at the network's size, as `explain` returns an explanation."""
    told = _LastTold(progress)
    network = load(key)
    classifier = BatchedClassifier(network, check=told.again)
    began = time.perf_counter()
    measured = asked.run(classifier, photos, target, told)
    seconds = time.perf_counter() - began
    learn(Timing(_engine(network), classifier.seconds_per_photo()))
    return StudyResult(
        study=asked.info.key,
        classifier=key,
        target=target,
        params=params.values_of(asked),
        arrays=dict(measured.arrays),
        numbers=dict(measured.numbers),
        evaluations=classifier.evaluations,
        seconds=seconds,
    )


def predict_to_bytes(load: Load, key: str, rgb: np.ndarray, *, progress: Progress = ignore_progress) -> bytes:
    """Return `predict` of one photo rgb f32[h,w,3], as the store keeps it."""
    return codec.encode_prediction(predict(load, key, rgb[np.newaxis], progress=progress)[0])


def answer_explanation(
    load: Load, key: str, rgb: np.ndarray, target: int, explainer: Explainer, *, progress: Progress = ignore_progress
) -> Answer:
    """Return what `explain` gives and what it learns."""
    learned: list[Timing] = []
    found = explain(load, key, rgb, target, explainer, progress=progress, learn=learned.append)
    return Answer(codec.encode_explanation(found), learned[0])


def answer_study(
    load: Load, key: str, photos: np.ndarray, target: int, asked: Study, *, progress: Progress = ignore_progress
) -> Answer:
    """Return what `study` gives and what it learns."""
    learned: list[Timing] = []
    found = study(load, key, photos, target, asked, progress=progress, learn=learned.append)
    return Answer(codec.encode_study(found), learned[0])


def warm(load: Load, keys: Sequence[str], *, progress: Progress = ignore_progress) -> None:
    """Load the networks and put one grey photo to each, so that the first user does not wait for either."""
    for number, key in enumerate(keys):
        progress(number / len(keys))
        classifier = load(key)
        grey = np.full((1, *classifier.spec.input_size, 3), 0.5, np.float32)
        with NETWORK_LOCK.acquire():
            classifier.predict(grey)
    progress(1.0)


def warm_up(
    load: Load, key: str, explainers: Sequence[Explainer], measure: bool, *, progress: Progress = ignore_progress
) -> Timing:
    """Put the first question of each kind to a network, so that graphs are built and libraries imported beforehand.

    Return, where it is to be measured, how fast the network answers a batch once that is built.
    """
    network = load(key)
    told = _LastTold(progress)
    noise = np.random.default_rng(0).random((*network.spec.input_size, 3), dtype=np.float32)
    for number, explainer in enumerate(explainers):
        told(number / (len(explainers) + 1))
        explainer.attribute(BatchedClassifier(network, check=told.again), noise, 0)
    # Batches as jobs ask them, not as idle work does: they are timed.
    metered = BatchedClassifier(network, check=told.again, whole_batches=True)
    photos = np.repeat(noise[np.newaxis], _TIMED_BATCH, axis=0)
    for _ in range(_TIMED_TIMES if measure else 0):
        for low_precision in (False, True):
            metered.logits(photos, low_precision=low_precision)
            metered.gradients(photos, 0, low_precision=low_precision)
    progress(1.0)
    return Timing(_engine(network), metered.seconds_per_photo())


class _LastTold:
    """Progress that can be told again between two batches, where the method itself has nothing new to tell."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._fraction = 0.0

    def __call__(self, fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        self._fraction = fraction
        self._progress(fraction, partial)

    def again(self) -> None:
        self._progress(self._fraction)


def _engine(network: Classifier) -> str:
    """Return the name of what executes the network."""
    return type(getattr(network, "engine", network)).__name__
