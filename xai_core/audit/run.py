"""Runs an audit: a few photos at a time, each row written at once, so that it can be stopped and resumed."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from xai_core.audit import journal as journals
from xai_core.audit.journal import Journal
from xai_core.audit.plan import Listed, Plan
from xai_core.audit.row import Row, make_row
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import CancelledError, ImageError, XaiError
from xai_core.execution.executors import only_expected_errors
from xai_core.execution.jobs import Job
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.photos.cropping import box_text, cropped, parts_around
from xai_core.photos.foreground import Box
from xai_core.requests import DogRequest, ExplanationRequest, PredictionRequest
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

#: Photos computed at a time: while one is decoded, the network evaluates the other. More would only take
#: threads from the jobs of others.
_PARALLEL_PHOTOS = 2
#: Consecutive failures after which the audit ends: the cause is then not the photos.
_MOST_FAILURES = 5
_POLL_SECONDS = 0.2  # between two checks whether the audit was stopped
_TIMED_PHOTOS = 20  # latest photos that the remaining time is estimated from
_PREDICTION = 0.4  # of the time of a gradient
_OUTLINE_SECONDS = 1.0
_MOST_IDLE = 8  # audits in memory that are not running

State = Literal["stopped", "running", "done", "failed"]
Value = TypeVar("Value")


class AuditRun:
    """One audit and its progress. Thread-safe.

    `photo` loads a photo or raises ImageError. `failures` holds the errors of this run by the number of their photo; these
    photos are tried again when the audit is resumed. `error` is the error that ended the run early.
    """

    def __init__(self, workbench: Workbench, journal: Journal, photo: Callable[[Listed], ImageInput]) -> None:
        self.journal = journal
        self.failures: dict[int, XaiError] = {}
        self.error: XaiError | None = None
        self._workbench = workbench
        self._photo = photo
        self._lock = threading.Lock()
        self._pending: deque[int] = deque()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._finished_at: deque[float] = deque(maxlen=_TIMED_PHOTOS)
        self._failed_in_a_row = 0

    @property
    def plan(self) -> Plan:
        """What the audit is about."""
        return self.journal.plan

    @property
    def state(self) -> State:
        """The state of the audit; it is "done" even if some photos failed."""
        if any(thread.is_alive() for thread in self._threads):
            return "running"
        if self.error is not None:
            return "failed"
        return "done" if self.done == len(self.plan.photos) else "stopped"

    @property
    def done(self) -> int:
        """The number of finished photos, failed ones included."""
        rows = self.journal.rows()
        return len(rows) + sum(number not in rows for number in list(self.failures))

    @property
    def seconds_left(self) -> float | None:
        """The estimated remaining time; None without an estimate."""
        remaining = len(self.plan.photos) - self.done
        times = list(self._finished_at)
        if len(times) >= 3:
            return remaining * (times[-1] - times[0]) / (len(times) - 1)
        each = seconds_per_photo(self._workbench, self.plan)
        return None if each is None else remaining * each

    def start(self) -> None:
        """Compute the missing rows in background threads; does nothing while the audit is running."""
        with self._lock:
            if any(thread.is_alive() for thread in self._threads):
                return
            rows = self.journal.rows()
            self._pending = deque(number for number in range(len(self.plan.photos)) if number not in rows)
            self.failures = {}
            self.error = None
            self._failed_in_a_row = 0
            self._finished_at.clear()
            self._stop.clear()
            self._finished_at.append(time.monotonic())
            self._threads = [
                threading.Thread(target=self._work, name=f"audit-{number}", daemon=True)
                for number in range(_PARALLEL_PHOTOS)
            ]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Stop soon; finished rows are kept."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, and return whether it has."""
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (number := self._next()) is not None:
            try:
                with only_expected_errors():
                    self.journal.add(self._row(number))
            except XaiError as error:
                if self._stop.is_set():
                    return
                self._fail(number, error)
            else:
                with self._lock:
                    self._failed_in_a_row = 0
            self._finished_at.append(time.monotonic())

    def _next(self) -> int | None:
        with self._lock:
            return self._pending.popleft() if self._pending and not self._stop.is_set() else None

    def _fail(self, number: int, error: XaiError) -> None:
        self.failures[number] = error
        if isinstance(error, ImageError):
            return
        with self._lock:
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= _MOST_FAILURES:
                self.error = error
                self._pending.clear()

    def _row(self, number: int) -> Row:
        plan, workbench = self.plan, self._workbench
        network = NetworkRef.parse(plan.classifier)
        image = self._photo(plan.photos[number])
        visitor = f"audit-{plan.id}"  # of its own, so that it shares the machine with the person who started it, too
        jobs: list[Job] = []
        try:
            part = self._part(network, image, visitor) if plan.cropped else None
            if part is not None:
                image = cropped(image, part)
            predicting = workbench.submit(PredictionRequest(network, image.digest), [image], visitor=visitor)
            jobs.append(predicting)
            locating = workbench.submit(DogRequest(network, image.digest), [image], visitor=visitor)
            jobs.append(locating)
            prediction = self._result(predicting)
            target = prediction.top(1)[0]
            explaining = [
                workbench.submit(ExplanationRequest(network, image.digest, target, explainer), [image], visitor=visitor)
                for explainer in plan.explainers
            ]
            jobs += explaining
            explanations = [self._result(job) for job in explaining]
            crop = None if part is None else box_text(part)
            known_dog = plan.photos[number].truth is not None
            return make_row(number, image, prediction, self._result(locating), explanations, crop, known_dog=known_dog)
        except XaiError:
            for job in jobs:  # running jobs are finished, so that their results are stored for the next attempt
                with suppress(XaiError):
                    self._result(job)
            raise
        finally:
            for job in jobs:
                job.cancel()

    def _part(self, network: NetworkRef, image: ImageInput, visitor: str) -> Box | None:
        """Return the part of a photo around its largest dog; None where no dog is found, or where it is half of the photo."""
        request = DogRequest(network, image.digest)
        location = self._result(self._workbench.submit(request, [image], visitor=visitor))
        return next(iter(parts_around(location.boxes[:1], image.pixels.shape)), None)

    def _result(self, job: Job[Value]) -> Value:
        while True:
            try:
                return job.result(_POLL_SECONDS)
            except TimeoutError:
                if self._stop.is_set():
                    raise CancelledError("The computation was cancelled.") from None


def seconds_per_photo(workbench: Workbench, plan: Plan) -> float | None:
    """Return the estimated time for one new photo on this machine without other jobs; None where not measured yet."""
    network = NetworkRef.parse(plan.classifier)
    parts = [workbench.seconds(ExplanationRequest(network, "", 0, explainer)) for explainer in plan.explainers]
    gradient = workbench.seconds(ExplanationRequest(network, "", 0, Saliency()))
    measured = [part for part in parts if part is not None]
    if gradient is None or len(measured) < len(parts):
        return None
    return sum(measured) + _PREDICTION * gradient + _OUTLINE_SECONDS


class Audits:
    """The audits of a process, shared by all visitors. Their photos are in the workbench's store."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._folder = audits_folder(workbench)
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, AuditRun] = OrderedDict()

    def begin(self, plan: Plan) -> AuditRun:
        """Start the audit of a plan, or resume an equal one, and return it. Raises StoreError."""
        with self._lock:
            run = self._runs.get(plan.id)
            if run is None:
                run = self._add(journals.begin(self._folder, plan))
        self.resume(run)
        return run

    def get_or_begin(self, plan: Plan) -> AuditRun:
        """Return the audit of a plan in its current state; starts it only if this process has not yet."""
        with self._lock:
            run = self._runs.get(plan.id)
        return self.begin(plan) if run is None else run

    def resume(self, run: AuditRun) -> None:
        """Compute the missing rows of an audit."""
        # Uploads of others must not evict photos that are still to be computed.
        self._workbench.photos.pin(run.plan.id, [photo.digest for photo in run.plan.photos])
        run.start()

    def find(self, audit: str) -> AuditRun:
        """Return the audit with this id in its current state. Raises StoreError where it is not stored (any more)."""
        with self._lock:
            run = self._runs.get(audit)
            if run is None:
                run = self._add(journals.open_journal(self._folder, audit))
            self._runs.move_to_end(audit)
        if run.state == "done":
            self._workbench.photos.unpin(audit)
        return run

    def _add(self, journal: Journal) -> AuditRun:
        run = AuditRun(self._workbench, journal, lambda listed: self._workbench.photo(listed.digest))
        self._runs[journal.plan.id] = run
        idle = [audit for audit, other in self._runs.items() if other.state != "running" and other is not run]
        for audit in idle[: max(0, len(idle) - _MOST_IDLE)]:
            del self._runs[audit]
        return run


def audits_folder(workbench: Workbench) -> Path:
    """Return the folder in which the audits of a workbench are stored."""
    return workbench.folder / "audits"
