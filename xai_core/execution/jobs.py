"""Jobs as those who asked for them see them: progress, first results, cancel, one computation for equal requests."""

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

_TELLING = 0.05  # share done: what is extrapolated from less would only mislead
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Value = TypeVar("Value")


class Job(Generic[Value]):
    """One person's handle on a computation, which others may share. Safe to use from any thread."""

    def __init__(
        self,
        computation: "_Computation",
        leave: Callable[["Job[Value]"], None],
        outlook: Callable[[], float | None],
        *,
        idle: bool = False,
    ) -> None:
        self.idle = idle  # whether nobody waits for it
        self._computation = computation
        self._outlook = outlook
        self._leave = leave
        self._settled = threading.Event()
        self._value: Value | None = None
        self._error: XaiError | None = None

    @classmethod
    def finished(cls, value: Value) -> "Job[Value]":
        """Return a job that is done already, for an answer that was in the store."""
        job: Job[Value] = cls(_Computation(None, DEFAULT_PRIORITY), lambda _: None, lambda: 0.0)
        job.settle(value)
        return job

    @property
    def state(self) -> State:
        """Where the job stands."""
        if not self._settled.is_set():
            return "waiting" if self._computation.started is None else "running"
        if self._error is None:
            return "done"
        return "cancelled" if isinstance(self._error, CancelledError) else "failed"

    @property
    def done(self) -> bool:
        """Whether the job has ended, in whichever way."""
        return self._settled.is_set()

    @property
    def progress(self) -> float:
        """The share done, in [0, 1]."""
        return 1.0 if self.state == "done" else self._computation.fraction

    @property
    def partial(self) -> Attribution | StudyOutput | None:
        """The latest first result, if the method gives any."""
        return self._computation.partial

    @property
    def eta(self) -> float | None:
        """The seconds that are probably left, None where nothing is known yet; 0 for a job that has ended."""
        return 0.0 if self.done else self._outlook()

    @property
    def error(self) -> XaiError | None:
        """What went wrong, a whole sentence for the user; None unless the job failed or was cancelled."""
        return self._error

    def result(self, timeout: float | None = None) -> Value:
        """Wait for the end and return the value. Raises the job's XaiError, or TimeoutError after `timeout` seconds."""
        if not self._settled.wait(timeout):
            raise TimeoutError(f"the job has not ended within {timeout} seconds")
        if self._error is not None:
            raise self._error
        return cast(Value, self._value)

    def cancel(self) -> None:
        """Leave the computation, which goes on only where someone else shares it; nothing happens to an ended job."""
        self._leave(self)

    def settle(self, value: Value | None, error: XaiError | None = None) -> None:
        """End the job; only the queue that made it calls this, once."""
        self._value = value
        self._error = error
        self._settled.set()


class Queue:
    """Hands requests to an executor, each question only once at a time."""

    def __init__(self, executor: JobExecutor) -> None:
        self._executor = executor
        # Re-entrant: a future that has ended, or is cancelled, calls back in the thread that holds the lock.
        self._lock = threading.RLock()
        self._running: dict[str, _Computation] = {}
        self._pace = ThroughputEstimator()

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

        While an equal `key` is being computed the job shares that computation. `finish` runs once, in this process,
        before any job ends: what it puts in a store is there for whoever asks after the job is done. `expected` is how
        many seconds it will probably take, alone on the machine. A computation is idle as long as all its jobs are.
        """
        with self._lock:
            computation = self._running.get(key)
            begin = computation is None
            if computation is None:
                computation = self._running[key] = _Computation(expected, priority)
            job: Job[Any] = Job(
                computation,
                lambda leaver: self._leave(key, computation, leaver),
                lambda: self._seconds_left(computation),
                idle=priority.idle,
            )
            computation.jobs.append(job)
            if begin:
                watch = functools.partial(self._watch, computation)
                try:
                    future = self._executor.start(function, *arguments, priority=priority, watch=watch)
                except BaseException:
                    del self._running[key]
                    raise
                computation.future = future
                future.add_done_callback(lambda ended: self._end(key, computation, ended, finish))
            computation.set_idle()
            return job

    def _leave(self, key: str, computation: "_Computation", job: Job[Any]) -> None:
        with self._lock:
            if job not in computation.jobs:
                return  # ended already
            computation.jobs.remove(job)
            if not computation.jobs:
                self._forget(key, computation)
                assert computation.future is not None
                computation.future.cancel()
            else:
                computation.set_idle()
        job.settle(None, CancelledError("The computation was cancelled."))

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
            self._forget(key, computation)
            jobs, computation.jobs = computation.jobs, []
        for job in jobs:
            job.settle(value, error)

    def _forget(self, key: str, computation: "_Computation") -> None:
        if self._running.get(key) is computation:  # the next one for this key may have begun
            del self._running[key]
        if all(one.idle for one in self._running.values()):
            self._pace.rest()

    def _watch(
        self, computation: "_Computation", fraction: float, partial: Attribution | StudyOutput | None = None
    ) -> None:
        now = time.monotonic()
        with self._lock:
            gained = computation.watch(fraction, partial, now)
            if gained > 0 and not computation.idle:
                self._pace.work(gained * (computation.expected or 0.0), now)

    def _seconds_left(self, computation: "_Computation") -> float | None:
        now = time.monotonic()
        with self._lock:
            own = computation.task()
            if own is None:
                return computation.extrapolated(now)
            tasks = [one.task() for one in self._running.values() if one is not computation and not one.idle]
            return self._pace.factor(now) * seconds_left(own, [task for task in tasks if task is not None])


class _Computation:
    """What one or more jobs wait for."""

    def __init__(self, expected: float | None, priority: Priority) -> None:
        self.expected = expected
        self.idle = priority.idle
        self.jobs: list[Job[Any]] = []
        self.future: JobFuture | None = None
        self.fraction = 0.0
        self.partial: Attribution | StudyOutput | None = None
        self.started: float | None = None
        self._visitor = priority.visitor
        self._heard = 0.0

    def set_idle(self) -> None:
        """Tell the executor if somebody waits now, or nobody does any more."""
        idle = all(job.idle for job in self.jobs)
        if idle != self.idle and self.future is not None:
            self.idle = idle
            self.future.set_idle(idle)

    def watch(self, fraction: float, partial: Attribution | StudyOutput | None, now: float) -> float:
        """Take in how far the computation is, and return the share gained."""
        self._heard = now
        if self.started is None:
            self.started = now
        before, self.fraction = self.fraction, min(max(fraction, 0.0), 1.0)
        if partial is not None:
            self.partial = partial
        return self.fraction - before

    def task(self) -> Task | None:
        """Return what is left to do, if that is known."""
        return None if self.expected is None else Task(self._visitor, self.expected * (1.0 - self.fraction))

    def extrapolated(self, now: float) -> float | None:
        """Return the seconds left as the share done and its time tell, None where that would only mislead."""
        if self.started is None or self.fraction < _TELLING:
            return None
        left = (self._heard - self.started) * (1.0 - self.fraction) / self.fraction
        return max(0.0, left - (now - self._heard))
