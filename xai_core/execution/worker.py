"""The executor that computes in a worker process, which holds the networks: the web process never imports TensorFlow.

The worker is a fresh interpreter, not a fork and not a `multiprocessing` child: those run the parent's main script
again, which under Streamlit is a page. Messages are pickles through its standard input and output. Both ends are this
program; nothing that is stored or uploaded is ever unpickled. The parent sends ("start", id, priority, job),
("set idle", id, idle) and ("cancel", id); the worker sends ("progress", id, (fraction, partial)), ("done", id, value) and
("failed", id, error). A job's arguments and its result are pickled separately inside their message, so that one that
cannot be pickled fails that job only.
"""

import dataclasses
import itertools
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from xai_core.errors import ComputationError, WorkerLostError
from xai_core.execution import interrupts
from xai_core.execution.executors import DEFAULT_PRIORITY, JobExecutor, JobFuture, ThreadExecutor
from xai_core.execution.fair_lock import Priority
from xai_core.explainers.base import Progress, ignore_progress
from xai_core.types import Attribution, StudyOutput

_log = logging.getLogger(__name__)
_THREADS = 8  # they share the networks' lock; with fewer a visitor's short job would wait for another's long one
_SECONDS_BETWEEN_PROGRESS = 0.1  # pages look no more often, and a partial result is half a megabyte
_SECONDS_TO_EXIT = 5.0


class WorkerExecutor(JobExecutor):
    """Computes in one worker process, started with the first job and again with the first one after it was lost.

    Functions and arguments must pickle; functions are found by their module and name. A cancelled job ends at its next
    call of `progress`. When the process ends, all its jobs fail with WorkerLostError. The worker ends with its parent,
    even where that is killed.
    """

    def __init__(self, threads: int = _THREADS) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._closed = False

    def start(
        self,
        function: Callable[..., Any],
        /,
        *arguments: Any,
        priority: Priority = DEFAULT_PRIORITY,
        on_progress: Progress = ignore_progress,
    ) -> JobFuture:
        """Begin the job in the worker, as JobExecutor.start. Raises WorkerLostError where no process can be started."""
        job = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        for _ in range(2):  # that a worker has died may show only when it is written to: then a new one gets the job
            try:
                return self._running_worker().start(job, priority, on_progress)
            except OSError as failure:
                _log.warning("a job cannot be sent to the worker: %s", failure)
        raise WorkerLostError("The process that computes cannot be started; restart the app, or see its log.")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the worker process; jobs it still had fail with WorkerLostError."""
        with self._lock:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _running_worker(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise RuntimeError("this executor was shut down")
            if self._worker is None or self._worker.lost:
                self._worker = _Worker(self._threads)
            return self._worker


@dataclasses.dataclass(frozen=True)
class _Pending:
    future: JobFuture
    on_progress: Progress


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, threads: int) -> None:
        # The worker must find the same modules as this process, whatever put them on the path.
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        with interrupts.withheld():
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from xai_core.execution import worker; worker.serve({threads})"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
            )
        self.lost = False
        self._lock = threading.Lock()  # guards `lost`, `_pending` and the pipe to the worker
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count()
        threading.Thread(target=self._listen, name="worker-listener", daemon=True).start()

    def start(self, job: bytes, priority: Priority, on_progress: Progress) -> JobFuture:
        number = next(self._numbers)
        future = JobFuture(lambda: self._cancel(number), lambda idle: self._set_idle(number, idle))
        with self._lock:
            if self.lost:
                raise BrokenPipeError("the worker has ended")
            self._send("start", number, priority, job)
            self._pending[number] = _Pending(future, on_progress)
        return future

    def end(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()  # the worker exits when its input ends
        except OSError:
            pass  # it has exited already
        try:
            self._process.wait(_SECONDS_TO_EXIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _cancel(self, number: int) -> None:
        with self._lock:
            if self._pending.pop(number, None) is None or self.lost:
                return
            try:
                self._send("cancel", number)
            except OSError:
                pass  # the worker has ended, and the job with it

    def _set_idle(self, number: int, idle: bool) -> None:
        with self._lock:
            if number not in self._pending or self.lost:
                return
            try:
                self._send("set idle", number, idle)
            except OSError:
                pass  # as above

    def _send(self, *message: Any) -> None:
        assert self._process.stdin is not None
        pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as messages:
            try:
                while True:
                    self._receive(*pickle.load(messages))
            except (EOFError, OSError, pickle.UnpicklingError):
                pass  # the worker has ended, perhaps in the middle of a message
        with self._lock:
            self.lost = True
            abandoned = list(self._pending.values())
            self._pending.clear()
        # Only after `lost` is set: the next job, submitted as soon as one is seen to fail, must get a new worker.
        for pending in abandoned:
            error = WorkerLostError("The process that computes ended, perhaps for lack of memory; please try again.")
            pending.future.set_exception(error)
        self._process.kill()
        self._process.wait()

    def _receive(self, kind: str, number: int, content: bytes) -> None:
        with self._lock:
            pending = self._pending.get(number) if kind == "progress" else self._pending.pop(number, None)
        if pending is None:
            return  # cancelled meanwhile
        try:
            value = pickle.loads(content)
            if kind == "progress":
                fraction, partial = value
                # Replaced by itself, as pickling loses the read-only flag of arrays and the constructor sets it.
                pending.on_progress(fraction, dataclasses.replace(partial) if partial is not None else None)
            elif kind == "done":
                pending.future.set_result(value)
            else:
                pending.future.set_exception(value)
        except Exception:
            _log.exception("a message from the worker could not be read")
            if not pending.future.done():
                pending.future.set_exception(ComputationError("The result could not be read; please try again."))


def serve(threads: int) -> None:
    """Run the worker: compute the jobs that arrive on standard input, and exit as soon as it ends."""
    messages, output = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What libraries print must not get among the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the parent, which then closes the pipe
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    channel = _Channel(output)
    executor = ThreadExecutor(threads)
    running: dict[int, JobFuture] = {}
    while True:
        try:
            kind, number, *rest = pickle.load(messages)
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)  # the parent has gone; threads in the middle of a computation must not keep the process alive
        if kind == "cancel":
            if future := running.pop(number, None):
                future.cancel()
            continue
        if kind == "set idle":
            if future := running.get(number):
                future.set_idle(*rest)
            continue
        priority, job = rest
        on_progress = _ProgressSender(channel, number)
        running[number] = executor.start(_call, job, priority=priority, on_progress=on_progress)
        running[number].add_done_callback(_OutcomeSender(channel, number, running))


def _call(job: bytes, *, progress: Progress) -> Any:
    function, arguments = pickle.loads(job)
    return function(*arguments, progress=progress)


class _Channel:
    """The pipe to the parent, shared by the threads of the jobs."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, kind: str, number: int, content: Any) -> None:
        message = (kind, number, pickle.dumps(content, pickle.HIGHEST_PROTOCOL))
        with self._lock:
            try:
                pickle.dump(message, self._pipe, pickle.HIGHEST_PROTOCOL)
                self._pipe.flush()
            except OSError:
                os._exit(0)  # the parent has gone


class _ProgressSender:
    """Sends a job's progress to the parent, at most every 0.1 s."""

    def __init__(self, channel: _Channel, number: int) -> None:
        self._channel = channel
        self._number = number
        self._sent = -_SECONDS_BETWEEN_PROGRESS

    def __call__(self, fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        now = time.monotonic()
        if now - self._sent >= _SECONDS_BETWEEN_PROGRESS:
            self._sent = now
            self._channel.send("progress", self._number, (fraction, partial))


class _OutcomeSender:
    """Sends a job's result or error to the parent."""

    def __init__(self, channel: _Channel, number: int, running: dict[int, JobFuture]) -> None:
        self._channel = channel
        self._number = number
        self._running = running

    def __call__(self, future: Any) -> None:
        self._running.pop(self._number, None)
        if future.cancelled():
            return
        error = future.exception()
        kind, content = ("done", future.result()) if error is None else ("failed", error)
        try:
            self._channel.send(kind, self._number, content)
        except Exception:  # pickle raises errors of many kinds for what it cannot pickle
            _log.exception("the outcome of a job cannot be sent")
            self._channel.send(
                "failed", self._number, ComputationError("The result could not be sent; please try again.")
            )
