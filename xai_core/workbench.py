"""The facade that pages, the command line and reports call: it answers requests, each computed once, and keeps photos."""

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from xai_core.classifiers import registry
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import ImageError, StoreError, UnknownNameError
from xai_core.execution import tasks
from xai_core.execution.executors import JobExecutor, only_expected_errors
from xai_core.execution.fair_lock import Priority
from xai_core.execution.jobs import Job, Queue
from xai_core.execution.tasks import EncodedAnswer, Load
from xai_core.execution.timings import TimingsFile
from xai_core.execution.worker import WorkerExecutor
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import load_photo
from xai_core.requests import Request
from xai_core.storage import codec, store
from xai_core.storage.store import Store
from xai_core.types import ImageInput

_PHOTO_BYTES = 512 * 1024**2
_PHOTO_MEMORY_BYTES = 64 * 1024**2
_DIGEST = re.compile(r"[0-9a-f]{64}")
Answer = TypeVar("Answer")

#: The photos of a request, in the order of its digests, or what loads them where they are needed.
Photos = Sequence[ImageInput] | Callable[[], Sequence[ImageInput]]

#: Few passes, which build the same graphs and import the same libraries as the maps that a visitor sees first.
WARM_UP_EXPLAINERS = (
    build_explainer("grad_cam", {}),
    build_explainer("lime", {"samples": 20, "segmentation": "watershed"}),
    build_explainer("integrated_gradients", {"steps": 2}),
    build_explainer("expected_gradients", {"samples": 8}),
)


class Workbench:
    """Answers requests, from the store where it can. Safe to share between threads and users.

    `answer` computes in this process (the command line); `submit` computes through the executor, by default a worker
    process, so that this one never loads a network (pages). `load` must be found by module and name there. `results` and
    `photos` are the stores under `folder`; their `problem` says what is wrong.
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
        self._timings = TimingsFile(folder / "speeds.json")
        self._load = load
        self._specs = specs
        self._executor = executor or WorkerExecutor()
        self._queue = Queue(self._executor)

    def specs(self) -> Mapping[str, ModelSpec]:
        """Return the descriptions of all networks by key, in the order in which they are shown."""
        return self._specs()

    def spec(self, network: NetworkRef) -> ModelSpec:
        """Return one network's description, also of one derived from those that `specs` lists.

        Raises UnknownNameError naming the networks there are.
        """
        specs = self._specs()
        if network.base not in specs:
            raise UnknownNameError(
                "There is no network “{key}”; choose one of {names}.", key=str(network), names=", ".join(specs)
            )
        return registry.derived_spec(specs[network.base], network)

    def stored(self, request: Request[Answer]) -> Answer | None:
        """Return the answer if it is stored. Raises UnknownNameError for a network, class or layer that does not exist."""
        spec = self.spec(request.network)
        request = request.resolved(spec)
        return self._stored(request, request.key(spec))

    def answer(self, request: Request[Answer], photos: Photos, *, progress: Progress = ignore_progress) -> Answer:
        """Return the answer, stored or computed in this process. Raises as `stored`, and what the computation raises."""
        spec = self.spec(request.network)
        request = request.resolved(spec)
        key = request.key(spec)
        if (stored := self._stored(request, key)) is not None:
            progress(1.0)
            return stored
        with only_expected_errors():
            answer, timing = tasks.answer(
                self._load, request, request.prepared(_images(photos), spec), progress=progress
            )
        self._timings.record(request.network.base, timing)
        self.results.put(key, codec.encode(answer))
        return answer

    def submit(self, request: Request[Answer], photos: Photos, *, visitor: str = "", idle: bool = False) -> Job[Answer]:
        """Return a job for the answer, done already where it is stored; equal requests share one computation.

        Jobs of different `visitor`s get the machine in equal shares, and of one visitor's jobs the shorter ones go first;
        an `idle` job runs only while nobody waits for another one. Raises as `stored`.
        """
        spec = self.spec(request.network)
        request = request.resolved(spec)
        key = request.key(spec)
        if (stored := self._stored(request, key)) is not None:
            return Job.finished(stored)
        seconds = None if request.quick else self._seconds(request, spec)
        return self._queue.submit(
            key,
            tasks.encoded_answer,
            self._load,
            request,
            request.prepared(_images(photos), spec),
            priority=Priority(visitor, self._cost(request, spec, seconds), request.quick, idle),
            expected=seconds,
            finish=functools.partial(self._keep, request, key),
        )

    def seconds(self, request: Request[Answer]) -> float | None:
        """Return about how long the answer takes to compute, alone on this machine; None before it was measured.

        Raises UnknownNameError for a network that does not exist.
        """
        return self._seconds(request, self.spec(request.network))

    def engine(self, network: NetworkRef) -> str | None:
        """Return the name of what executed the network last on this machine; None before it was measured."""
        return self._timings.engine(network.base)

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

    def load_networks(self, networks: Sequence[NetworkRef]) -> Job[None]:
        """Return a job that loads networks in the executor before anyone asks for them. Raises UnknownNameError."""
        for network in networks:
            self.spec(network)
        key = "load " + " ".join(map(str, networks))
        return self._queue.submit(key, tasks.load_networks, self._load, tuple(networks))

    def warm_up(self, network: NetworkRef) -> Job[None]:
        """Return an idle job that makes a network's first answers quick and, where it never was, measures its speed.

        Raises UnknownNameError.
        """
        self.spec(network)
        return self._queue.submit(
            f"warm up {network}",
            tasks.warm_up,
            self._load,
            network,
            WARM_UP_EXPLAINERS,
            self.engine(network) is None,
            priority=Priority(idle=True),
            finish=functools.partial(self._timings.record, network.base),
        )

    def close(self) -> None:
        """End the worker process; jobs that still run fail."""
        self._executor.shutdown()

    def _stored(self, request: Request[Answer], key: str) -> Answer | None:
        data = self.results.get(key)
        try:
            return None if data is None else request.decode(data)
        except StoreError:
            return None  # damaged, or written by another version: computed again and overwritten

    def _seconds(self, request: Request[Answer], spec: ModelSpec) -> float | None:
        # Random weights take as long as learned ones, and a difference of two logits as long as one of them.
        return self._timings.seconds(request.network.base, request.pass_counts(spec))

    def _cost(self, request: Request[Answer], spec: ModelSpec, seconds: float | None) -> float:
        if seconds is not None or request.quick:
            return seconds or 0.0
        # Where nothing is measured yet the number of passes orders jobs just as well.
        passes = request.pass_counts(spec)
        return passes.forward + 2 * passes.backward

    def _keep(self, request: Request[Answer], key: str, answer: EncodedAnswer) -> Answer:
        self._timings.record(request.network.base, answer.timing)
        self.results.put(key, answer.data)
        return request.decode(answer.data)


def _images(photos: Photos) -> Sequence[ImageInput]:
    return photos() if callable(photos) else photos
