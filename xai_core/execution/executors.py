"""The executor interface that jobs are computed through, and the executor that computes in threads of this process."""

import logging
import threading
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, InvalidStateError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from xai_core.errors import CancelledError, ComputationError, XaiError
from xai_core.execution.fair_lock import NETWORK_LOCK, FairLock, Priority, Requester
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.types import Attribution, StudyOutput

_log = logging.getLogger(__name__)

DEFAULT_PRIORITY = Priority()


@contextmanager
def only_expected_errors() -> Iterator[None]:
    """Let XaiErrors pass and turn all others into a ComputationError; the traceback goes to the log."""
    try:
        yield
    except XaiError:
        raise
    except MemoryError as failure:
        _log.exception("a computation ran out of memory")
        raise ComputationError("The computation needs more memory than there is; try fewer samples.") from failure
    except Exception as failure:
        _log.exception("a computation failed")
        raise ComputationError(
            "The computation failed unexpectedly ({failure}); try other settings or another photo.",
            failure=type(failure).__name__,
        ) from failure


class JobFuture(Future[Any]):
    """A Future whose `cancel` also works while the job is running: the job ends at its next call of `progress`.

    `set_idle(idle)` changes whether the job is computed as idle work, see Priority.
    """

    def __init__(self, stop: Callable[[], None], set_idle: Callable[[bool], None]) -> None:
        super().__init__()
        self._stop = stop
        self.set_idle = set_idle

    def cancel(self) -> bool:
        """Return whether the job is cancelled now; a finished one cannot be."""
        # To Future a job is "pending" until it has ended, which is what lets a running one be cancelled.
        if self.cancelled():
            return True
        if not super().cancel():
            return False
        self.set_running_or_notify_cancel()
        self._stop()
        return True


class JobExecutor(Executor):
    """An Executor that adds progress, priorities and the cancelling of running jobs."""

    @abstractmethod
    def start(
        self,
        function: Callable[..., Any],
        /,
        *arguments: Any,
        priority: Priority = DEFAULT_PRIORITY,
        on_progress: Progress = ignore_progress,
    ) -> JobFuture:
        """Begin `function(*arguments, progress=...)` and return its future, which fails with nothing but an XaiError.

        `on_progress` is called from another thread with what the function reports, and with 0 when the job begins.
        """

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> JobFuture:
        """Begin `function(*arguments, **named)` and return its future, as any Executor does."""
        return self.start(call_without_progress, function, arguments, named)


def call_without_progress(
    function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], *, progress: Progress
) -> Any:
    """Return `function(*arguments, **named)`."""
    return function(*arguments, **named)


class ThreadExecutor(JobExecutor):
    """Computes up to `threads` jobs at a time in this process; quick jobs and idle ones have one more thread each.

    A free thread takes a job of the visitor with the fewest running ones, and of theirs the one that costs the least.
    """

    def __init__(self, threads: int = 4, lock: FairLock = NETWORK_LOCK) -> None:
        self._network_lock = lock
        self._long = ThreadPoolExecutor(threads, "job")
        self._quick = ThreadPoolExecutor(1, "quick-job")
        self._idle = ThreadPoolExecutor(1, "idle-job")
        self._lock = threading.Lock()
        self._pending: list[tuple[Requester, Callable[[], None]]] = []
        self._running: Counter[str] = Counter()

    def start(
        self,
        function: Callable[..., Any],
        /,
        *arguments: Any,
        priority: Priority = DEFAULT_PRIORITY,
        on_progress: Progress = ignore_progress,
    ) -> JobFuture:
        """Begin the job, as JobExecutor.start."""
        cancelled = threading.Event()
        requester = Requester(priority.visitor, priority.cost, priority.idle)
        future = JobFuture(cancelled.set, lambda idle: self._network_lock.set_idle(requester, idle=idle))

        def progress(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
            if cancelled.is_set():
                raise CancelledError("The computation was cancelled.")
            requester.fraction = fraction
            requester.has_partial = requester.has_partial or partial is not None
            on_progress(fraction, partial)

        def run() -> None:
            try:
                with only_expected_errors(), self._network_lock.registered(requester):
                    progress(0.0)
                    value = function(*arguments, progress=progress)
            except BaseException as failure:
                _end(future.set_exception, failure)
            else:
                _end(future.set_result, value)

        if priority.idle or priority.quick:
            (self._idle if priority.idle else self._quick).submit(run)
        else:
            with self._lock:
                self._pending.append((requester, run))
            self._long.submit(self._run_next)
        return future

    def _run_next(self) -> None:
        with self._lock:
            # min() keeps the order of submission where all else is equal.
            entry = min(self._pending, key=lambda entry: (self._running[entry[0].visitor], entry[0].cost))
            self._pending.remove(entry)
            requester, run = entry
            self._running[requester.visitor] += 1
        try:
            run()
        finally:
            with self._lock:
                self._running[requester.visitor] -= 1
                self._running += Counter()  # drops the visitors who have nothing running

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more jobs."""
        self._quick.shutdown(wait, cancel_futures=cancel_futures)
        self._idle.shutdown(wait, cancel_futures=cancel_futures)
        self._long.shutdown(wait, cancel_futures=cancel_futures)


def _end(setter: Callable[[Any], None], outcome: Any) -> None:
    try:
        setter(outcome)
    except InvalidStateError:
        pass  # cancelled meanwhile: nobody waits for the outcome
