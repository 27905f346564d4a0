"""The facade that pages, the command line and reports call: predictions, explanations and photos, each asked once."""

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from xai_core import params
from xai_core.classifiers import registry
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.randomised import MARK
from xai_core.errors import ImageError, StoreError, UnknownNameError
from xai_core.execution import tasks
from xai_core.execution.executors import JobExecutor, only_expected_errors
from xai_core.execution.fair_lock import Priority
from xai_core.execution.jobs import Job, Queue
from xai_core.execution.tasks import Load
from xai_core.execution.timings import Timing, TimingsFile
from xai_core.execution.worker import WorkerExecutor
from xai_core.explainers.base import Explainer, Progress, ignore_progress, resolve_layer
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.storage import codec, store
from xai_core.storage.store import Store
from xai_core.studies.base import Study
from xai_core.types import Explanation, ImageInput, PassCounts, Prediction, StudyResult

_PHOTO_BYTES = 512 * 1024**2
_PHOTO_MEMORY_BYTES = 64 * 1024**2
Value = TypeVar("Value")
Asked = TypeVar("Asked", Explainer, Study)
_DIGEST = re.compile(r"[0-9a-f]{64}")


#: As few questions as build the same graphs and import the same libraries as the maps that a visitor sees first.
FIRST_QUESTIONS = (
    build_explainer("grad_cam", {}),
    build_explainer("lime", {"samples": 20, "segmentation": "watershed"}),
    build_explainer("integrated_gradients", {"steps": 2}),
    build_explainer("expected_gradients", {"samples": 8}),
)


class Workbench:
    """Answers questions about photos, from the store where it can. Safe to share between threads and users.

    `predict` and `explain` compute in this process (the command line); `submit_prediction` and `submit` compute through
    the executor, by default a worker process, so that this one never loads a network (pages). `load` must be found by
    module and name there. `results` and `photos` are the stores under `folder`; their `problem` says what is wrong.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        load: Load = registry.load,
        specs: Callable[[], Mapping[str, ModelSpec]] = registry.specs,
        executor: JobExecutor | None = None,
    ) -> None:
        self.folder = folder = folder or store.default_folder()
        self.results = Store(folder / "results")
        self.photos = Store(folder / "photos", _PHOTO_BYTES, _PHOTO_MEMORY_BYTES)
        self._speeds = TimingsFile(folder / "speeds.json")
        self._load = load
        self._specs = specs
        self._executor = executor or WorkerExecutor()
        self._queue = Queue(self._executor)

    def specs(self) -> Mapping[str, ModelSpec]:
        """Return the descriptions of all networks by key, in the order in which they are shown."""
        return self._specs()

    def spec(self, key: str) -> ModelSpec:
        """Return one network's description, also of one derived from it ("vgg16~random"), which `specs` does not list.

        Raises UnknownNameError naming the networks there are.
        """
        specs = self._specs()
        base = key.partition(MARK)[0]
        if base not in specs:
            raise UnknownNameError(
                "There is no network “{key}”; choose one of {names}.", key=key, names=", ".join(specs)
            )
        return registry.derived_spec(specs[base], key)

    def predict(
        self, classifier_key: str, images: Sequence[ImageInput], *, progress: Progress = ignore_progress
    ) -> list[Prediction]:
        """Return one prediction a photo, in their order; those not stored are computed here, in batches.

        Raises UnknownNameError, WeightsError or ComputationError.
        """
        spec = self.spec(classifier_key)
        keys = [codec.prediction_key(spec, image.digest) for image in images]
        found: dict[str, Prediction | None] = {key: self._stored_prediction(key) for key in keys}
        missing = {key: image for key, image in zip(keys, images, strict=True) if found[key] is None}
        if missing:
            rgb = np.stack([squeeze(image.pixels, spec.input_size) for image in missing.values()])
            with only_expected_errors():
                computed = tasks.predict(self._load, classifier_key, rgb, progress=progress)
            for key, answer in zip(missing, computed, strict=True):
                self.results.put(key, codec.encode_prediction(answer))
                found[key] = answer
        return [prediction for key in keys if (prediction := found[key]) is not None]

    def submit_prediction(
        self, classifier_key: str, image: ImageInput, *, visitor: str = "", idle: bool = False
    ) -> Job[Prediction]:
        """Return a job for one photo's prediction, done already where it is stored. Raises UnknownNameError.

        Jobs of different `visitor`s get the machine in equal shares; an `idle` one only while nobody asks anything.
        """
        spec = self.spec(classifier_key)
        key = codec.prediction_key(spec, image.digest)
        if (stored := self._stored_prediction(key)) is not None:
            return Job.finished(stored)
        rgb = squeeze(image.pixels, spec.input_size)
        keep = functools.partial(self._keep, key, codec.decode_prediction)
        return self._queue.submit(
            key,
            tasks.predict_to_bytes,
            self._load,
            classifier_key,
            rgb,
            priority=Priority(visitor, quick=True, idle=idle),
            finish=keep,
        )

    def stored_prediction(self, classifier_key: str, image: ImageInput) -> Prediction | None:
        """Return the photo's prediction if it is stored. Raises UnknownNameError."""
        return self._stored_prediction(codec.prediction_key(self.spec(classifier_key), image.digest))

    def explain(
        self,
        classifier_key: str,
        image: ImageInput,
        target: int,
        explainer: Explainer,
        *,
        progress: Progress = ignore_progress,
    ) -> Explanation:
        """Return the explanation of class number `target`, stored or computed here.

        Raises UnknownNameError for a network, layer or class that does not exist, and what the computation raises.
        """
        spec, explainer, key = self._question(classifier_key, image, target, explainer)
        if (stored := self._stored_explanation(key)) is not None:
            progress(1.0)
            return stored
        rgb = squeeze(image.pixels, spec.input_size)
        with only_expected_errors():
            explanation = tasks.explain(
                self._load,
                classifier_key,
                rgb,
                target,
                explainer,
                progress=progress,
                learn=functools.partial(self._learn, classifier_key),
            )
        self.results.put(key, codec.encode_explanation(explanation))
        return explanation

    def submit(
        self,
        classifier_key: str,
        image: ImageInput,
        target: int,
        explainer: Explainer,
        *,
        visitor: str = "",
        idle: bool = False,
    ) -> Job[Explanation]:
        """Return a job for an explanation, done already where it is stored; equal questions share one computation.

        `visitor` and `idle` are as in `submit_prediction`; of one visitor's jobs the shorter ones go first.
        Raises UnknownNameError for a network, layer or class that does not exist.
        """
        spec, explainer, key = self._question(classifier_key, image, target, explainer)
        if (stored := self._stored_explanation(key)) is not None:
            return Job.finished(stored)
        rgb = squeeze(image.pixels, spec.input_size)
        keep = functools.partial(self._keep_answer, classifier_key, key, codec.decode_explanation)
        questions = explainer.pass_counts(spec)
        return self._queue.submit(
            key,
            tasks.answer_explanation,
            self._load,
            classifier_key,
            rgb,
            target,
            explainer,
            priority=self._terms(classifier_key, questions, visitor, idle),
            expected=self._speeds.seconds(_timed_as(classifier_key), questions),
            finish=keep,
        )

    def stored_explanation(
        self, classifier_key: str, image: ImageInput, target: int, explainer: Explainer
    ) -> Explanation | None:
        """Return the explanation if it is stored. Raises UnknownNameError as `explain` does."""
        return self._stored_explanation(self._question(classifier_key, image, target, explainer)[2])

    def study(
        self,
        classifier_key: str,
        images: Sequence[ImageInput],
        target: int,
        study: Study,
        *,
        progress: Progress = ignore_progress,
    ) -> StudyResult:
        """Return what a study of these photos measures, stored or computed here. Raises as `explain` does."""
        spec = self._spec_with(classifier_key, target)
        study = _with_whole_layer_names(study, spec)
        key = codec.study_key(spec, [image.digest for image in images], target, study)
        if (stored := self._stored(key, codec.decode_study)) is not None:
            progress(1.0)
            return stored
        photos = np.stack([squeeze(image.pixels, spec.input_size) for image in images])
        learn = functools.partial(self._learn, classifier_key)
        with only_expected_errors():
            found = tasks.study(self._load, classifier_key, photos, target, study, progress=progress, learn=learn)
        self.results.put(key, codec.encode_study(found))
        return found

    def engine(self, classifier_key: str) -> str | None:
        """Return the name of what executed the network last on this machine; None before it was measured."""
        return self._speeds.engine(_timed_as(classifier_key))

    def submit_study(
        self, classifier_key: str, images: Sequence[ImageInput], target: int, study: Study, *, visitor: str = ""
    ) -> Job[StudyResult]:
        """Return a job for a study of these photos, done already where it is stored; equal questions share one.

        `visitor` is as in `submit_prediction`.
        Raises UnknownNameError for a network, layer or class that does not exist.
        """
        spec = self._spec_with(classifier_key, target)
        study = _with_whole_layer_names(study, spec)
        key = codec.study_key(spec, [image.digest for image in images], target, study)
        if (stored := self._stored(key, codec.decode_study)) is not None:
            return Job.finished(stored)
        photos = np.stack([squeeze(image.pixels, spec.input_size) for image in images])
        keep = functools.partial(self._keep_answer, classifier_key, key, codec.decode_study)
        questions = study.pass_counts(spec, len(photos))
        return self._queue.submit(
            key,
            tasks.answer_study,
            self._load,
            classifier_key,
            photos,
            target,
            study,
            priority=self._terms(classifier_key, questions, visitor),
            expected=self._speeds.seconds(_timed_as(classifier_key), questions),
            finish=keep,
        )

    def seconds(self, classifier_key: str, asked: Explainer | Study, photos: int = 1) -> float | None:
        """Return about how long an answer takes that is not stored, alone on this machine; None before it was measured.

        Raises UnknownNameError. A study is told how many photos it is about.
        """
        spec = self.spec(classifier_key)
        questions = asked.pass_counts(spec) if isinstance(asked, Explainer) else asked.pass_counts(spec, photos)
        return self._speeds.seconds(_timed_as(classifier_key), questions)

    def keep_photo(self, data: bytes, name: str) -> ImageInput:
        """Return the photo in `data` and keep the bytes, so that a link with its digest works. Raises ImageError."""
        image = load_photo(data, name)
        self.photos.put(image.digest, json.dumps({"name": image.name}).encode() + b"\n" + data)
        return image

    def photo(self, digest: str) -> ImageInput:
        """Return a photo that was kept. Raises ImageError where it is not in the store (any more)."""
        kept = self.photos.get(digest) if _DIGEST.fullmatch(digest) else None
        if kept is None:
            raise ImageError("This photo is no longer in the local store; please upload it again.")
        header, data = kept.split(b"\n", 1)
        return load_photo(data, json.loads(header)["name"])

    def warm(self, keys: Sequence[str]) -> Job[None]:
        """Return a job that loads networks in the executor before anyone asks for them. Raises UnknownNameError."""
        for key in keys:
            self.spec(key)
        return self._queue.submit("warm " + " ".join(keys), tasks.warm, self._load, tuple(keys))

    def warm_up(self, key: str) -> Job[None]:
        """Return an idle job that makes a network's first questions quick and, where they never were, measures its speed.

        Raises UnknownNameError.
        """
        self.spec(key)
        unknown = self._speeds.engine(_timed_as(key)) is None
        return self._queue.submit(
            f"warm up {key}",
            tasks.warm_up,
            self._load,
            key,
            FIRST_QUESTIONS,
            unknown,
            priority=Priority(idle=True),
            finish=functools.partial(self._learn, key),
        )

    def close(self) -> None:
        """End the worker process; jobs that still run fail."""
        self._executor.shutdown()

    def _question(
        self, classifier_key: str, image: ImageInput, target: int, explainer: Explainer
    ) -> tuple[ModelSpec, Explainer, str]:
        """Return the network's description, the method with its layers by their full names, and the question's key."""
        spec = self._spec_with(classifier_key, target)
        explainer = _with_whole_layer_names(explainer, spec)
        return spec, explainer, codec.explanation_key(spec, image.digest, target, explainer)

    def _spec_with(self, classifier_key: str, target: int) -> ModelSpec:
        spec = self.spec(classifier_key)
        if not 0 <= target < len(spec.labels):
            raise UnknownNameError(
                "{network} has classes 0 to {last}, not {target}.",
                network=spec.title,
                last=len(spec.labels) - 1,
                target=target,
            )
        return spec

    def _stored_explanation(self, key: str) -> Explanation | None:
        return self._stored(key, codec.decode_explanation)

    def _stored_prediction(self, key: str) -> Prediction | None:
        return self._stored(key, codec.decode_prediction)

    def _stored(self, key: str, decode: Callable[[bytes], Value]) -> Value | None:
        data = self.results.get(key)
        try:
            return None if data is None else decode(data)
        except StoreError:
            return None  # written by something else than this version: computed again and overwritten

    def _terms(self, classifier_key: str, questions: PassCounts, visitor: str, idle: bool = False) -> Priority:
        seconds = self._speeds.seconds(_timed_as(classifier_key), questions)
        # Where nothing is measured yet the number of questions orders jobs just as well.
        weight = questions.forward + 2 * questions.backward if seconds is None else seconds
        return Priority(visitor, weight, idle=idle)

    def _learn(self, classifier_key: str, timing: Timing) -> None:
        self._speeds.record(_timed_as(classifier_key), timing)

    def _keep_answer(
        self, classifier_key: str, key: str, decode: Callable[[bytes], Value], answer: tasks.Answer
    ) -> Value:
        self._learn(classifier_key, answer.timing)
        return self._keep(key, decode, answer.data)

    def _keep(self, key: str, decode: Callable[[bytes], Value], data: bytes) -> Value:
        self.results.put(key, data)
        return decode(data)


def _timed_as(classifier_key: str) -> str:
    """Return the network under whose key speeds are kept: random weights take as long as learned ones, contrasts too."""
    return classifier_key.partition(MARK)[0]


def _with_whole_layer_names(asked: Asked, spec: ModelSpec) -> Asked:
    """Return the question with its layers by their full names: "", "block5" and "block5_conv3" must share one answer."""
    layers = {
        entry.name: resolve_layer(spec, getattr(asked, entry.name))
        for entry in params.param_specs(asked)
        if entry.kind == "layer"
    }
    return dataclasses.replace(asked, **layers)
