"""An audit as it is computed: a few photos at a time, each answer kept at once, to be stopped and taken up again at will."""

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
from xai_core.errors import CancelledError, ComputationError, ImageError, ParameterError, XaiError
from xai_core.execution.executors import only_expected_errors
from xai_core.execution.jobs import Job
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.requests import ExplanationRequest, PredictionRequest, StudyRequest
from xai_core.studies.dog_outline import DogOutline
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

#: Photos under way together: while one is decoded or outlined, the network looks at the other. More would only keep
#: other people's jobs from their threads.
_AT_ONCE = 2
#: Photos that fail one after the other until it is not the photos' fault.
_PATIENCE = 5
_LOOK_UP = 0.2  # s between two looks at whether someone has stopped the audit
_PACE = 20  # photos that the time left is told from
_PREDICTION = 0.4  # of the time of a gradient
_OUTLINE_SECONDS = 1.0
_HELD = 8  # audits in memory that are not being computed

State = Literal["stopped", "running", "done", "failed"]
Value = TypeVar("Value")


class AuditRun:
    """One audit and whatever is known of it. Safe to use from any thread.

    `photo` returns a photo's pixels, or raises ImageError. `failures` holds the photos that could not be computed this
    time, by number; they are tried again when the audit is taken up again. `error` is why it ended before its time.
    """

    def __init__(self, workbench: Workbench, journal: Journal, photo: Callable[[Listed], ImageInput]) -> None:
        self.journal = journal
        self.failures: dict[int, XaiError] = {}
        self.error: XaiError | None = None
        self._workbench = workbench
        self._photo = photo
        self._lock = threading.Lock()
        self._left: deque[int] = deque()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._ended: deque[float] = deque(maxlen=_PACE)
        self._failed_in_a_row = 0

    @property
    def plan(self) -> Plan:
        """What the audit is about."""
        return self.journal.plan

    @property
    def state(self) -> State:
        """Where the audit stands; photos that failed leave it "done" all the same."""
        if any(thread.is_alive() for thread in self._threads):
            return "running"
        if self.error is not None:
            return "failed"
        return "done" if self.done == len(self.plan.photos) else "stopped"

    @property
    def done(self) -> int:
        """How many photos are done, the failed ones included."""
        rows = self.journal.rows()
        return len(rows) + sum(number not in rows for number in list(self.failures))

    @property
    def seconds_left(self) -> float | None:
        """About how long it will still take; None where nothing is known yet."""
        rest = len(self.plan.photos) - self.done
        ended = list(self._ended)
        if len(ended) >= 3:
            return rest * (ended[-1] - ended[0]) / (len(ended) - 1)
        each = seconds_a_photo(self._workbench, self.plan)
        return None if each is None else rest * each

    def start(self) -> None:
        """Compute what is missing, in threads of its own; nothing happens to an audit that is running."""
        with self._lock:
            if any(thread.is_alive() for thread in self._threads):
                return
            rows = self.journal.rows()
            self._left = deque(number for number in range(len(self.plan.photos)) if number not in rows)
            self.failures = {}
            self.error = None
            self._failed_in_a_row = 0
            self._ended.clear()
            self._stop.clear()
            self._ended.append(time.monotonic())
            self._threads = [
                threading.Thread(target=self._work, name=f"audit-{number}", daemon=True) for number in range(_AT_ONCE)
            ]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Stop soon; what is done stays done."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of what was started, and return whether it has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
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
            self._ended.append(time.monotonic())

    def _next(self) -> int | None:
        with self._lock:
            return self._left.popleft() if self._left and not self._stop.is_set() else None

    def _fail(self, number: int, error: XaiError) -> None:
        self.failures[number] = error
        if isinstance(error, ImageError):
            return
        with self._lock:
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= _PATIENCE:
                self.error = error
                self._left.clear()

    def _row(self, number: int) -> Row:
        plan, workbench = self.plan, self._workbench
        network = NetworkRef.parse(plan.classifier)
        image = self._photo(plan.photos[number])
        visitor = f"audit-{plan.id}"  # shares the machine with the questions of whoever started it, too
        asked: list[Job] = []
        try:
            predicting = workbench.submit(PredictionRequest(network, image.digest), [image], visitor=visitor)
            asked.append(predicting)
            outlining = workbench.submit(
                StudyRequest(network, (image.digest,), 0, DogOutline()), [image], visitor=visitor
            )
            asked.append(outlining)
            prediction = self._result(predicting)
            target = prediction.top(1)[0]
            explaining = [
                workbench.submit(ExplanationRequest(network, image.digest, target, explainer), [image], visitor=visitor)
                for explainer in plan.explainers
            ]
            asked += explaining
            explanations = [self._result(job) for job in explaining]
            try:
                outline = self._result(outlining)
            except (ComputationError, ParameterError):
                outline = None  # the maps are worth something without it
            return make_row(number, image, prediction, outline, explanations)
        except XaiError:
            for job in asked:  # what is under way for this photo is not thrown away because something else failed
                with suppress(XaiError):
                    self._result(job)
            raise
        finally:
            for job in asked:
                job.cancel()

    def _result(self, job: Job[Value]) -> Value:
        while True:
            try:
                return job.result(_LOOK_UP)
            except TimeoutError:
                if self._stop.is_set():
                    raise CancelledError("The computation was cancelled.") from None


def seconds_a_photo(workbench: Workbench, plan: Plan) -> float | None:
    """Return about how long one photo takes that nothing is known of yet, alone on this machine; None where not measured."""
    network = NetworkRef.parse(plan.classifier)
    parts = [workbench.seconds(ExplanationRequest(network, "", 0, explainer)) for explainer in plan.explainers]
    gradient = workbench.seconds(ExplanationRequest(network, "", 0, Saliency()))
    known = [part for part in parts if part is not None]
    if gradient is None or len(known) < len(parts):
        return None
    return sum(known) + _PREDICTION * gradient + _OUTLINE_SECONDS


class Audits:
    """The audits that a process knows, for several visitors at once. Their photos are those of the workbench's store."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._folder = audits_folder(workbench)
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, AuditRun] = OrderedDict()

    def begin(self, plan: Plan) -> AuditRun:
        """Return the audit of this plan, started; an equal one is taken up again. Raises StoreError."""
        with self._lock:
            run = self._runs.get(plan.id)
            if run is None:
                run = self._hold(journals.begin(self._folder, plan))
        self.go_on(run)
        return run

    def known_or_begun(self, plan: Plan) -> AuditRun:
        """Return the audit of this plan as it stands, begun now only where nobody has begun it since the start."""
        with self._lock:
            run = self._runs.get(plan.id)
        return self.begin(plan) if run is None else run

    def go_on(self, run: AuditRun) -> None:
        """Start an audit again where it stopped."""
        # Nobody's uploads may push out the photos that are still to be looked at.
        self._workbench.photos.pin(run.plan.id, [photo.digest for photo in run.plan.photos])
        run.start()

    def find(self, audit: str) -> AuditRun:
        """Return the audit with this id, as it stands. Raises StoreError where it is not stored (any more)."""
        with self._lock:
            run = self._runs.get(audit)
            if run is None:
                run = self._hold(journals.open_journal(self._folder, audit))
            self._runs.move_to_end(audit)
        if run.state == "done":
            self._workbench.photos.unpin(audit)
        return run

    def _hold(self, journal: Journal) -> AuditRun:
        run = AuditRun(self._workbench, journal, lambda listed: self._workbench.photo(listed.digest))
        self._runs[journal.plan.id] = run
        idle = [audit for audit, other in self._runs.items() if other.state != "running" and other is not run]
        for audit in idle[: max(0, len(idle) - _HELD)]:
            del self._runs[audit]
        return run


def audits_folder(workbench: Workbench) -> Path:
    """Return the folder that audits of this workbench last in."""
    return workbench.folder / "audits"
