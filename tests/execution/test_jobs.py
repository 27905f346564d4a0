"""Jobs: shared, cancelled and failed, in threads of this process and in a real worker process."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import fakes
from tests.execution import job_functions
from tests.ui.conftest import until
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import CancelledError, ComputationError, ParameterError, WorkerLostError
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.executors import JobExecutor, ThreadExecutor
from xai_core.execution.fair_lock import FairLock, Priority
from xai_core.execution.jobs import Queue
from xai_core.execution.worker import WorkerExecutor


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerExecutor]:
    executor = WorkerExecutor()
    yield executor
    executor.shutdown()


@pytest.fixture
def threads() -> Iterator[ThreadExecutor]:
    job_functions.began.clear()
    job_functions.go_on.clear()
    executor = ThreadExecutor()
    yield executor
    job_functions.go_on.set()
    executor.shutdown()


@pytest.fixture(params=["threads", "worker"])
def executor(request: pytest.FixtureRequest) -> JobExecutor:
    return request.getfixturevalue(request.param)


def test_a_job_gives_its_value_and_then_counts_as_done(executor: JobExecutor) -> None:
    """Catches a result that is lost on its way through threads or the worker, and a job that never ends."""
    job = Queue(executor).submit("k", job_functions.double, 21)
    assert job.result(20) == 42
    assert (job.state, job.done, job.progress, job.seconds_left, job.error) == ("done", True, 1.0, 0.0, None)


def test_it_is_an_executor_like_any_other(executor: JobExecutor) -> None:
    """Catches an executor that other code cannot use through the interface of concurrent.futures."""
    assert executor.submit(pow, 2, 10).result(20) == 1024
    assert executor.submit(int, "ff", base=16).result(20) == 255
    assert list(executor.map(abs, [-1, 2, -3], timeout=20)) == [1, 2, 3]


def test_an_expected_error_arrives_as_it_is_and_any_other_as_one_sentence(executor: JobExecutor) -> None:
    """Catches a traceback or a detail of the code in front of users, and an XaiError that loses its sentence."""
    queue = Queue(executor)
    refused = queue.submit("refuse", job_functions.refuse)
    with pytest.raises(ParameterError, match="Samples must be fewer"):
        refused.result(20)
    crashed = queue.submit("crash", job_functions.crash)
    with pytest.raises(ComputationError, match="ZeroDivisionError"):
        crashed.result(20)
    assert crashed.state == "failed" and "secret" not in str(crashed.error)


def test_the_next_equal_request_after_a_failure_is_computed_again(executor: JobExecutor) -> None:
    """Catches a failure that is kept as if it were an answer."""
    queue = Queue(executor)
    with pytest.raises(ComputationError):
        queue.submit("k", job_functions.crash).result(20)
    assert queue.submit("k", job_functions.double, 1).result(20) == 2


def test_cancel_really_stops_the_computation(executor: JobExecutor, tmp_path: Path) -> None:
    """Catches a cancelled job that goes on in its thread or in the worker, and a partial result that can be written to."""
    job = Queue(executor).submit("k", job_functions.touch_until_cancelled, str(tmp_path))
    until(lambda: job.partial is not None)
    assert job.state == "running" and job.progress == 0.25 and job.seconds_left is not None
    assert np.array_equal(job.partial.values, np.ones((2, 2))) and not job.partial.values.flags.writeable
    job.cancel()
    assert job.state == "cancelled"
    with pytest.raises(CancelledError):
        job.result(1)
    until((tmp_path / "ended").exists)


def test_equal_requests_share_one_computation_and_one_may_be_cancelled(threads: ThreadExecutor) -> None:
    """Catches a map computed twice at the same time, and a visitor whose map ends with another's cancel."""
    queue = Queue(threads)
    stored: list[str] = []

    def finish(value: str) -> str:
        stored.append(value)
        return value

    first, second = (queue.submit("k", job_functions.wait, finish=finish) for _ in range(2))
    until(lambda: first.partial is not None)
    assert second.progress == 0.5
    first.cancel()
    job_functions.go_on.set()
    assert second.result(5) == "waited" and first.state == "cancelled"
    assert stored == ["waited"]


def test_an_equal_request_after_all_jobs_were_cancelled_starts_anew(threads: ThreadExecutor) -> None:
    """Catches a job that shares a computation which has been cancelled."""
    queue = Queue(threads)
    queue.submit("k", job_functions.wait).cancel()
    again = queue.submit("k", job_functions.wait)
    job_functions.go_on.set()
    assert again.result(5) == "waited"


def test_a_quick_job_does_not_wait_behind_long_ones(threads: ThreadExecutor) -> None:
    """Catches a prediction that waits until one of the threads has finished its map."""
    queue = Queue(threads)
    long = [queue.submit(f"long {number}", job_functions.wait) for number in range(6)]
    assert queue.submit("quick", job_functions.double, 4, priority=Priority(quick=True)).result(5) == 8
    until(lambda: [job.state for job in long].count("waiting") == 2)  # the others begin as soon as their threads do
    with pytest.raises(TimeoutError):
        long[0].result(0.01)
    for job in long:
        job.cancel()


def test_an_error_in_finish_fails_the_job(threads: ThreadExecutor) -> None:
    """Catches a job that runs for ever because its answer could not be decoded."""
    job = Queue(threads).submit("k", job_functions.double, 1, finish=lambda value: value.no_such_thing)
    with pytest.raises(ComputationError):
        job.result(5)


def test_the_worker_is_another_process_and_light_until_a_network_is_loaded(worker: WorkerExecutor) -> None:
    """Catches a worker that imports TensorFlow or Streamlit before it needs to, and one inside the web process."""
    queue = Queue(worker)
    assert queue.submit("pid", job_functions.process_id).result(20) != os.getpid()
    assert queue.submit("heavy", job_functions.heavy_modules).result(20) == []


def test_a_result_that_cannot_be_pickled_fails_its_own_job_only(worker: WorkerExecutor) -> None:
    """Catches a result, or the output of a library, that breaks the pipe for all other jobs."""
    queue = Queue(worker)
    with pytest.raises(ComputationError):
        queue.submit("unsendable", job_functions.unsendable).result(20)
    assert queue.submit("next", job_functions.double, 1).result(20) == 2


def test_a_killed_worker_fails_every_pending_job_and_the_next_job_gets_a_new_one(
    worker: WorkerExecutor, tmp_path: Path
) -> None:
    """Catches jobs that wait for ever after the worker ran out of memory, and an app that never computes again."""
    queue = Queue(worker)
    before = queue.submit("pid", job_functions.process_id).result(20)
    bystander = queue.submit("bystander", job_functions.touch_until_cancelled, str(tmp_path))
    until(lambda: bystander.state == "running")
    with pytest.raises(WorkerLostError):
        queue.submit("die", job_functions.die).result(20)
    with pytest.raises(WorkerLostError):
        bystander.result(20)
    assert queue.submit("pid", job_functions.process_id).result(20) not in (before, os.getpid())


_PARENT = """
import time
from tests.execution.job_functions import process_id
from xai_core.execution.worker import WorkerExecutor
print(WorkerExecutor().start(process_id).result(), flush=True)
time.sleep(60)
"""


def test_the_worker_ends_when_its_parent_is_killed() -> None:
    """Catches a worker that goes on, with both networks in memory, after the app was killed."""
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: _ended(child))


def _ended(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return True
    return state == "Z"  # ended; its new parent has not read its exit code yet


def test_the_lock_is_granted_in_order_of_arrival_and_to_urgent_requests_first() -> None:
    """Catches a lock that lets one thread overtake the others, and a prediction that waits at the end of the queue."""
    lock, order = FairLock(), []

    def acquire(name: str, urgent: bool) -> None:
        with lock.acquire(urgent=urgent):
            order.append(name)

    threads = [threading.Thread(target=acquire, args=(name, name == "urgent")) for name in ("a", "b", "c", "urgent")]
    with lock.acquire():
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: len(lock._waiting) == number + 1)
    for thread in threads:
        thread.join()
    assert order == ["urgent", "a", "b", "c"]


def test_batches_give_the_same_results_are_counted_and_can_be_cancelled_in_between() -> None:
    """Catches photos lost or repeated between two batches, wrong counts, and a cancel that waits for the last batch."""
    network = job_functions.load(NetworkRef.parse("fake"))
    rgb = np.random.default_rng(0).random((7, 32, 32, 3)).astype(np.float32)
    batched = BatchedClassifier(network, batch=3)
    assert np.array_equal(batched.gradients(rgb, 1), network.gradients(rgb, 1))
    np.testing.assert_allclose(batched.logits(rgb), network.logits(rgb), rtol=1e-5)
    assert batched.evaluations == 14
    checks = iter([None, None])

    def check() -> None:
        if next(checks, "cancelled"):
            raise CancelledError("Cancelled.")

    stopped = BatchedClassifier(network, batch=3, check=check)
    with pytest.raises(CancelledError):
        stopped.logits(rgb)
    assert stopped.evaluations == 6


@pytest.mark.parametrize("low_precision", [False, True])
def test_low_precision_is_passed_on(low_precision: bool) -> None:
    """Catches a keyword that gets lost: exact results would be rounded, or low precision would cost the full time."""
    recorder = fakes.Recorder(fakes.linear())
    batched = BatchedClassifier(recorder, batch=2)
    batched.logits(np.stack([fakes.photo()] * 3), low_precision=low_precision)
    batched.gradients(np.stack([fakes.photo()] * 3), 0, low_precision=low_precision)
    assert recorder.low_precision == (6 if low_precision else 0)


def test_a_batched_prediction_goes_before_other_jobs_and_answers_as_the_network_does() -> None:
    """Catches a prediction that waits behind a visitor's maps, and one that is cut wrongly into batches."""
    network, lock, order = job_functions.load(NetworkRef.parse("fake")), FairLock(), []
    rgb = np.random.default_rng(0).random((5, 32, 32, 3)).astype(np.float32)
    batched = BatchedClassifier(network, batch=2, check=lambda: order.append("prediction"), lock=lock)
    answers: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def explain() -> None:
        with lock.acquire():
            order.append("map")

    threads = [threading.Thread(target=explain), threading.Thread(target=lambda: answers.append(batched.predict(rgb)))]
    with lock.acquire():
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: len(lock._waiting) == number + 1)
    for thread in threads:
        thread.join()
    assert order[0] == "prediction" and order.count("prediction") == 3
    assert batched.evaluations == 5
    for answer, expected in zip(answers[0], network.predict(rgb), strict=True):
        np.testing.assert_allclose(answer, expected, rtol=1e-5)
