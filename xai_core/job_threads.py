"""The executor interface that jobs are computed through, and the executor that computes in threads of this process."""

import logging
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, InvalidStateError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from xai_core.errors import CancelledError, ComputationError, XaiError
from xai_core.explainers.base import Progress, silent
from xai_core.types import Attribution, Measured

_log = logging.getLogger(__name__)


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
            f"The computation failed unexpectedly ({type(failure).__name__}); try other settings or another photo."
        ) from failure


class JobFuture(Future[Any]):
    """A Future whose `cancel` also works while the job is running: the job ends at its next call of `progress`."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop

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
    """An Executor with one more door: `start` gives the job a `progress` to call, and a future that can stop it."""

    @abstractmethod
    def start(
        self, function: Callable[..., Any], /, *arguments: Any, quick: bool = False, watch: Progress = silent
    ) -> JobFuture:
        """Begin `function(*arguments, progress=...)` and return its future.

        A `quick` job does not wait behind the others. `watch` is called from another thread, first with 0 when the job
        begins. The future fails only with an XaiError.
        """

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> JobFuture:
        """Begin `function(*arguments, **named)` and return its future, as any Executor does."""
        return self.start(call_without_progress, function, arguments, named)


def call_without_progress(
    function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], *, progress: Progress
) -> Any:
    """Return `function(*arguments, **named)`."""
    return function(*arguments, **named)


class JobThreads(JobExecutor):
    """Computes up to `threads` jobs at a time in this process, and quick ones in a thread of their own."""

    def __init__(self, threads: int = 4) -> None:
        self._long = ThreadPoolExecutor(threads, "job")
        self._quick = ThreadPoolExecutor(1, "quick-job")

    def start(
        self, function: Callable[..., Any], /, *arguments: Any, quick: bool = False, watch: Progress = silent
    ) -> JobFuture:
        """Begin the job, as JobExecutor.start."""
        cancelled = threading.Event()
        future = JobFuture(cancelled.set)

        def progress(fraction: float, partial: Attribution | Measured | None = None) -> None:
            if cancelled.is_set():
                raise CancelledError("The computation was cancelled.")
            watch(fraction, partial)

        def run() -> None:
            try:
                with only_expected_errors():
                    progress(0.0)
                    value = function(*arguments, progress=progress)
            except BaseException as failure:
                _settle(future.set_exception, failure)
            else:
                _settle(future.set_result, value)

        (self._quick if quick else self._long).submit(run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more jobs."""
        self._quick.shutdown(wait, cancel_futures=cancel_futures)
        self._long.shutdown(wait, cancel_futures=cancel_futures)


def _settle(setter: Callable[[Any], None], outcome: Any) -> None:
    try:
        setter(outcome)
    except InvalidStateError:
        pass  # cancelled meanwhile: nobody waits for the outcome
