"""Jobs: handles on computations with progress, partial results and cancel; equal requests share one computation."""

import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Literal, TypeVar, cast

from xai_core.errors import CancelledError, XaiError
from xai_core.execution.executors import DEFAULT_PRIORITY, JobExecutor, JobFuture, only_expected_errors
from xai_core.execution.fair_lock import Priority
from xai_core.execution.time_left import Task, ThroughputEstimator, seconds_left
from xai_core.types import Attribution, StudyOutput

_ENOUGH_TO_EXTRAPOLATE = 0.05  # share done: an estimate from less would only mislead
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Value = TypeVar("Value")


class Job(Generic[Value]):
    """One visitor's handle on a computation, which others may share. Safe to use from any thread."""

    def __init__(
        self,
        computation: "_Computation",
        on_cancel: Callable[["Job[Value]"], None],
        estimate: Callable[[], float | None],
        *,
        idle: bool = False,
    ) -> None:
        self.idle = idle  # whether nobody waits for it
        self._computation = computation
        self._estimate = estimate
        self._on_cancel = on_cancel
        self._ended = threading.Event()
        self._value: Value | None = None
        self._error: XaiError | None = None

    @classmethod
    def finished(cls, value: Value) -> "Job[Value]":
        """Return a job that is done already, for an answer from the store."""
        job: Job[Value] = cls(_Computation(None, DEFAULT_PRIORITY), lambda _: None, lambda: 0.0)
        job.end(value)
        return job

    @property
    def state(self) -> State:
        """Where the job stands."""
        if not self._ended.is_set():
            return "waiting" if self._computation.started is None else "running"
        if self._error is None:
            return "done"
        return "cancelled" if isinstance(self._error, CancelledError) else "failed"

    @property
    def done(self) -> bool:
        """Whether the job has ended: done, failed or cancelled."""
        return self._ended.is_set()

    @property
    def progress(self) -> float:
        """The share done, in [0, 1]."""
        return 1.0 if self.state == "done" else self._computation.fraction

    @property
    def partial(self) -> Attribution | StudyOutput | None:
        """The latest partial result, None where there is none yet."""
        return self._computation.partial

    @property
    def seconds_left(self) -> float | None:
        """The estimated seconds that are left, None where there is no estimate yet; 0 for a job that has ended."""
        return 0.0 if self.done else self._estimate()

    @property
    def error(self) -> XaiError | None:
        """What went wrong, a whole sentence for the user; None unless the job failed or was cancelled."""
        return self._error

    def result(self, timeout: float | None = None) -> Value:
        """Wait for the end and return the value. Raises the job's XaiError, or TimeoutError after `timeout` seconds."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"the job has not ended within {timeout} seconds")
        if self._error is not None:
            raise self._error
        return cast(Value, self._value)

    def cancel(self) -> None:
        """Cancel the job; its computation goes on where other jobs share it. An ended job stays as it is."""
        self._on_cancel(self)

    def end(self, value: Value | None, error: XaiError | None = None) -> None:
        """Set the job's outcome; only the queue that made it calls this, once."""
        self._value = value
        self._error = error
        self._ended.set()


class Queue:
    """Submits requests to an executor; those with equal keys share one computation while it runs."""

    def __init__(self, executor: JobExecutor) -> None:
        self._executor = executor
        # Re-entrant: a future that has ended, or is cancelled, calls back in the thread that holds the lock.
        self._lock = threading.RLock()
        self._running: dict[str, _Computation] = {}
        self._throughput = ThroughputEstimator()

    def submit(
        self,
        key: str,
        function: Callable[..., Any],
        *arguments: Any,
        priority: Priority = DEFAULT_PRIORITY,
        expected: float | None = None,
        finish: Callable[[Any], Any] = lambda value: value,
    ) -> Job[Any]:
        """Return a job for `finish(function(*arguments, progress=...))`.

        While a request with the same `key` is being computed the job shares that computation. `finish` runs once, in this
        process, before any job ends, so that the answer is in the store as soon as a job is done. `expected` is the
        estimated time in seconds, alone on the machine. A computation is idle as long as all its jobs are.
        """
        with self._lock:
            computation = self._running.get(key)
            is_new = computation is None
            if computation is None:
                computation = self._running[key] = _Computation(expected, priority)
            job: Job[Any] = Job(
                computation,
                lambda cancelled: self._cancel(key, computation, cancelled),
                lambda: self._seconds_left(computation),
                idle=priority.idle,
            )
            computation.jobs.append(job)
            if is_new:
                on_progress = functools.partial(self._on_progress, computation)
                try:
                    future = self._executor.start(function, *arguments, priority=priority, on_progress=on_progress)
                except BaseException:
                    del self._running[key]
                    raise
                computation.future = future
                future.add_done_callback(lambda ended: self._end(key, computation, ended, finish))
            computation.update_idle()
            return job

    def _cancel(self, key: str, computation: "_Computation", job: Job[Any]) -> None:
        with self._lock:
            if job not in computation.jobs:
                return  # ended already
            computation.jobs.remove(job)
            if not computation.jobs:
                self._remove(key, computation)
                assert computation.future is not None
                computation.future.cancel()
            else:
                computation.update_idle()
        job.end(None, CancelledError("The computation was cancelled."))

    def _end(self, key: str, computation: "_Computation", future: Future[Any], finish: Callable[[Any], Any]) -> None:
        value: Any = None
        error: XaiError | None = None
        if not future.cancelled():
            try:
                with only_expected_errors():
                    value = finish(future.result())
            except XaiError as failure:
                error = failure
        with self._lock:
            self._remove(key, computation)
            jobs, computation.jobs = computation.jobs, []
        for job in jobs:
            job.end(value, error)

    def _remove(self, key: str, computation: "_Computation") -> None:
        if self._running.get(key) is computation:  # the next one for this key may have begun
            del self._running[key]
        if all(other.idle for other in self._running.values()):
            self._throughput.reset()

    def _on_progress(
        self, computation: "_Computation", fraction: float, partial: Attribution | StudyOutput | None = None
    ) -> None:
        now = time.monotonic()
        with self._lock:
            gained = computation.update(fraction, partial, now)
            if gained > 0 and not computation.idle:
                self._throughput.add(gained * (computation.expected or 0.0), now)

    def _seconds_left(self, computation: "_Computation") -> float | None:
        now = time.monotonic()
        with self._lock:
            own = computation.task()
            if own is None:
                return computation.extrapolated(now)
            others = [other.task() for other in self._running.values() if other is not computation and not other.idle]
            return self._throughput.slowdown(now) * seconds_left(own, [task for task in others if task is not None])


class _Computation:
    """A running function whose outcome one or more jobs wait for."""

    def __init__(self, expected: float | None, priority: Priority) -> None:
        self.expected = expected
        self.idle = priority.idle
        self.jobs: list[Job[Any]] = []
        self.future: JobFuture | None = None
        self.fraction = 0.0
        self.partial: Attribution | StudyOutput | None = None
        self.started: float | None = None
        self._visitor = priority.visitor
        self._updated = 0.0

    def update_idle(self) -> None:
        """Pass it on to the executor when the first job that is not idle has come, or the last one has gone."""
        idle = all(job.idle for job in self.jobs)
        if idle != self.idle and self.future is not None:
            self.idle = idle
            self.future.set_idle(idle)

    def update(self, fraction: float, partial: Attribution | StudyOutput | None, now: float) -> float:
        """Record the progress, and return the share of the work done since the last call."""
        self._updated = now
        if self.started is None:
            self.started = now
        before, self.fraction = self.fraction, min(max(fraction, 0.0), 1.0)
        if partial is not None:
            self.partial = partial
        return self.fraction - before

    def task(self) -> Task | None:
        """Return what is left to do, None where the expected time is not known."""
        return None if self.expected is None else Task(self._visitor, self.expected * (1.0 - self.fraction))

    def extrapolated(self, now: float) -> float | None:
        """Return the seconds left, extrapolated from the share done so far; None where that is too little."""
        if self.started is None or self.fraction < _ENOUGH_TO_EXTRAPOLATE:
            return None
        left = (self._updated - self.started) * (1.0 - self.fraction) / self.fraction
        return max(0.0, left - (now - self._updated))
