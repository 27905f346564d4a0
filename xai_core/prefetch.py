"""Computes likely requests while no visitor waits: a first pass of each kind, and the maps of the sample photos."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import CancelledError, WorkerLostError, XaiError
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.requests import DogRequest, ExplanationRequest, PredictionRequest
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

Value = TypeVar("Value")
_log = logging.getLogger(__name__)


class Prefetcher:
    """Loads networks, warms them up and submits likely requests, one job at a time, in a thread of its own.

    All jobs but the loading are idle, so they give way to those of visitors; the answers are in the store afterwards.
    `more` yields further idle jobs, which follow the first photo; each is done before the next is taken. A job that fails
    is skipped. When the worker process is lost, prefetching ends, since memory may be short.
    """

    def __init__(
        self,
        workbench: Workbench,
        networks: Sequence[NetworkRef],
        photos: Sequence[Callable[[], ImageInput]],
        explainers: Sequence[Explainer],
        more: Callable[[Workbench], Iterator[Job[Any]]] = lambda workbench: iter(()),
    ) -> None:
        self._workbench = workbench
        self._networks = networks
        self._photos = photos
        self._explainers = explainers
        self._more = more
        self._stopped = threading.Event()
        self._job: Job[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel the current job, submit no more, and return when the thread has ended."""
        self._stopped.set()
        if (job := self._job) is not None:
            job.cancel()
        self._thread.join()

    def join(self) -> None:
        """Wait until everything is done."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._wait(self._workbench.load_networks(self._networks))
            for network in self._networks:
                self._wait(self._workbench.warm_up(network))
            for number, load in enumerate(self._photos):
                image = load()
                for network in self._networks:
                    self._explain(network, image)
                if number == 0:
                    for job in self._more(self._workbench):
                        self._wait(job)
        except (CancelledError, WorkerLostError) as reason:
            _log.info("prefetching ends: %s", reason)
        except Exception:
            _log.exception("prefetching ends")

    def _explain(self, network: NetworkRef, image: ImageInput) -> None:
        prediction = self._wait(self._workbench.submit(PredictionRequest(network, image.digest), [image], idle=True))
        self._wait(self._workbench.submit(DogRequest(network, image.digest), [image], idle=True))
        if prediction is None:
            return
        target = prediction.top(1)[0]
        for explainer in self._explainers:
            request = ExplanationRequest(network, image.digest, target, explainer)
            self._wait(self._workbench.submit(request, [image], idle=True))

    def _wait(self, job: Job[Value]) -> Value | None:
        """Return the job's result, or None where it failed. Raises CancelledError and WorkerLostError."""
        self._job = job
        if self._stopped.is_set():
            job.cancel()
        try:
            return job.result()
        except (CancelledError, WorkerLostError):
            raise
        except XaiError as failure:
            _log.warning("prefetching skips a request: %s", failure)
            return None
