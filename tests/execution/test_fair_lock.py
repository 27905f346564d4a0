"""The order of jobs: people before idle work, short before long, nobody at another visitor's expense."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from tests import fakes
from tests.ui.conftest import until
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.fair_lock import FairLock, Priority, Requester
from xai_core.execution.jobs import Queue
from xai_core.execution.time_left import Task, ThroughputEstimator, seconds_left
from xai_core.explainers.base import Progress, ignore_progress

PHOTOS = np.repeat(fakes.photo()[np.newaxis], 4, axis=0)


def order_of(lock: FairLock, requesters: dict[str, Requester], urgent: tuple[str, ...] = ()) -> list[str]:
    """Return in which order the requesters get the lock when all of them wait for it at once."""
    order: list[str] = []
    ready = threading.Barrier(len(requesters) + 1)
    leave = threading.Event()

    def acquire(name: str) -> None:
        with lock.registered(requesters[name]):
            ready.wait(20)
            with lock.acquire(urgent=name in urgent):
                order.append(name)
            leave.wait(20)

    threads = [threading.Thread(target=acquire, args=(name,)) for name in requesters]
    with lock.acquire():  # nobody gets it before all of them wait
        for thread in threads:
            thread.start()
        ready.wait(20)
        until(lambda: len(lock._waiting) == len(requesters))
    until(lambda: len(order) == sum(not requester.idle for requester in requesters.values()))
    leave.set()
    for thread in threads:
        thread.join()
    return order


def test_of_one_visitor_s_jobs_those_without_a_result_go_first_and_short_before_long() -> None:
    """Catches a Grad-CAM that waits behind minutes of LIME, and a LIME without any picture behind another's last half."""
    requesters = {
        "long": Requester("a", cost=60),
        "short, with a result": Requester("a", cost=10, has_partial=True),
        "nearly done": Requester("a", cost=60, fraction=0.9, has_partial=True),
        "short": Requester("a", cost=1),
    }
    assert order_of(FairLock(), requesters) == ["short", "long", "nearly done", "short, with a result"]


def test_a_visitor_with_many_jobs_gets_no_more_than_one_with_a_single_long_one() -> None:
    """Catches shortest-first among all visitors, with which one visitor's many short jobs keep another's waiting for ever."""
    lock = FairLock(clock=iter(range(1000)).__next__)  # each time it is held for one second
    requesters = {f"a{number}": Requester("a", cost=number) for number in range(4)} | {"b": Requester("b", cost=99)}
    assert order_of(lock, requesters).index("b") <= 1


def test_a_newcomer_starts_level_with_the_others() -> None:
    """Catches a newcomer whose jobs alone are computed until they have had as much time as those before."""
    lock = FairLock(clock=iter(range(1000)).__next__)
    old, new = Requester("old"), Requester("new")
    with lock.registered(old):
        for _ in range(50):
            with lock.acquire():
                pass
        with lock.registered(new):
            assert lock._used["new"] == lock._used["old"]


def _order_beside_a_job_without_a_result(
    lock: FairLock, batches: int, between: Callable[[list[str]], None]
) -> list[str]:
    """Return the order of the batches of a job without a partial result and of one with it, which waits from the start.

    `between` is called with the order so far before each but the first batch of the former.
    """
    order: list[str] = []
    other = threading.Thread(target=_acquire_once, args=(lock, Requester("a", has_partial=True), "with", order))
    with lock.registered(Requester("a")):
        with lock.acquire():
            other.start()
            until(lambda: len(lock._waiting) == 1)
            order.append("without")
        for _ in range(batches - 1):
            between(order)
            with lock.acquire():
                order.append("without")
    other.join(20)
    return order


def _acquire_once(lock: FairLock, requester: Requester, name: str, order: list[str]) -> None:
    with lock.registered(requester), lock.acquire():
        order.append(name)


def test_a_job_that_goes_first_has_the_lock_reserved_between_its_batches() -> None:
    """Catches a first LIME whose five batches each wait a second for a map that already has a picture."""
    lock = FairLock(patience=20)
    order = _order_beside_a_job_without_a_result(lock, 3, lambda _: until(lambda: lock._reservation is not None))
    assert order == ["without"] * 3 + ["with"]


def test_a_reservation_expires() -> None:
    """Catches a lock that stays reserved for a job that is busy with something else."""
    lock = FairLock(patience=0.01)
    order = _order_beside_a_job_without_a_result(lock, 2, lambda order: until(lambda: "with" in order))
    assert order == ["without", "with", "without"]


@pytest.mark.parametrize(
    ("holder", "waiting", "timers"),
    [
        (Requester("a"), Requester("a", has_partial=True), 1),
        (Requester("a", has_partial=True), Requester("a"), 0),
        (Requester("a"), Requester(idle=True), 0),
    ],
    ids=["the other goes later", "the other goes next", "the other is idle"],
)
def test_a_reservation_is_made_only_against_a_job_that_would_go_next(
    holder: Requester, waiting: Requester, timers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a timer thread that is started after every batch although nothing has to be kept out."""
    lock = FairLock()
    started: list[threading.Timer] = []

    class Timer(threading.Timer):
        def start(self) -> None:
            started.append(self)
            super().start()

    monkeypatch.setattr(threading, "Timer", Timer)
    other = threading.Thread(target=_acquire_once, args=(lock, waiting, "other", []))
    with lock.registered(holder), lock.acquire():
        other.start()
        until(lambda: len(lock._waiting) == 1)
    other.join(20)
    assert len(started) == timers


def test_predictions_go_before_everything_and_idle_work_after_everything() -> None:
    """Catches a prediction that waits behind maps, and an idle one that goes before a visitor's job."""
    requesters = {"job": Requester("a", cost=1), "prediction": Requester("b", cost=9), "idle": Requester("", idle=True)}
    assert order_of(FairLock(), requesters, urgent=("prediction", "idle"))[:2] == ["prediction", "job"]


def test_idle_work_does_not_get_the_lock_between_the_batches_of_a_visitor_s_job() -> None:
    """Catches idle batches that slip in while a visitor's job prepares its next batch."""
    lock = FairLock()
    order: list[str] = []
    idle = threading.Thread(target=_acquire_once, args=(lock, Requester(idle=True), "idle", order))
    with lock.registered(Requester("a")):
        with lock.acquire():
            idle.start()
            until(lambda: len(lock._waiting) == 1)
        assert order == [] and len(lock._waiting) == 1  # the lock is free, and still nobody has it
        with lock.acquire():
            order.append("user")
    idle.join(20)
    assert order == ["user", "idle"]


def test_idle_work_is_computed_in_small_batches_until_somebody_waits_for_it() -> None:
    """Catches a visitor who waits for a whole batch of idle work, and a job that stays slow after a visitor has come."""
    lock, recorder = FairLock(), fakes.Recorder(fakes.Complete())
    requester = Requester(idle=True)
    with lock.registered(requester):
        network = BatchedClassifier(recorder, lock=lock)
        network.logits(PHOTOS)
        lock.set_idle(requester, idle=False)
        network.logits(PHOTOS)
    assert [len(rgb) for _, rgb in recorder.passes] == [2, 2, 4]


@contextmanager
def _threads(count: int = 4) -> Iterator[tuple[ThreadExecutor, FairLock]]:
    lock = FairLock()
    threads = ThreadExecutor(count, lock)
    try:
        yield threads, lock
    finally:
        threads.shutdown()


class _Steps:
    """A job that acquires the lock once for each release of `go_on`, and adds its name to `written` then."""

    def __init__(self, name: str, lock: FairLock, written: list[str]) -> None:
        self.go_on = threading.Semaphore(0)
        self._name, self._lock, self._written = name, lock, written

    def __call__(self, steps: int, *, progress: Progress = ignore_progress) -> str:
        for step in range(steps):
            self.go_on.acquire()
            with self._lock.acquire():
                self._written.append(self._name)
            progress((step + 1) / steps)
        return self._name


def test_idle_work_stands_still_while_a_user_s_job_runs_and_goes_on_afterwards() -> None:
    """Catches prefetching that makes a visitor wait."""
    with _threads() as (threads, lock):
        written: list[str] = []
        queue = Queue(threads)
        idle, user = _Steps("idle", lock, written), _Steps("user", lock, written)
        prefetched = queue.submit("idle", idle, 3, priority=Priority(idle=True))
        idle.go_on.release()
        until(lambda: written == ["idle"])
        requested = queue.submit("requested", user, 2, priority=Priority("a"))
        until(lambda: requested.state == "running")
        idle.go_on.release(2)
        until(lambda: len(lock._waiting) == 1)
        for count in (1, 2):
            user.go_on.release()
            until(lambda count=count: written.count("user") == count)
        assert requested.result(20) == "user"
        assert prefetched.result(20) == "idle"
        assert written == ["idle", "user", "user", "idle", "idle"]


def test_an_idle_job_is_a_visitor_s_while_one_requests_the_same() -> None:
    """Catches a visitor who waits for a sample's map as idle work, and idle work that goes first after they have left."""
    with _threads() as (threads, lock):
        written: list[str] = []
        queue = Queue(threads)
        steps, other = _Steps("shared", lock, written), _Steps("other", lock, written)
        prefetched = queue.submit("same", steps, 3, priority=Priority(idle=True))
        until(lambda: prefetched.state == "running")
        requested = queue.submit("same", steps, 3, priority=Priority("a"))
        beside = queue.submit("other", other, 1, priority=Priority("a"))
        steps.go_on.release()
        until(lambda: written == ["shared"])  # although another job is registered
        requested.cancel()
        steps.go_on.release(2)
        until(lambda: len(lock._waiting) == 1)
        assert written == ["shared"]
        other.go_on.release()
        assert beside.result(20) == "other" and prefetched.result(20) == "shared"
        assert written == ["shared", "other", "shared", "shared"]


def test_a_free_thread_takes_the_visitor_with_the_fewest_jobs_and_of_theirs_the_shortest() -> None:
    """Catches a second visitor who waits until the first one's last map is there."""
    with _threads(1) as (threads, lock), ExitStack() as opened:
        written: list[str] = []
        queue = Queue(threads)

        def submit(name: str, visitor: str, weight: float) -> _Steps:
            steps = _Steps(name, lock, written)
            opened.callback(steps.go_on.release)
            queue.submit(name, steps, 1, priority=Priority(visitor, weight))
            return steps

        first = submit("first", "a", 50)
        until(lambda: threads._running["a"] == 1)
        waiting = [submit("long", "a", 40), submit("other's", "b", 99), submit("short", "a", 1)]
        for steps in waiting:
            steps.go_on.release()
        first.go_on.release()
        until(lambda: len(written) == 4)
        assert written == ["first", "short", "long", "other's"]


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], 10),
        ([Task("a", 4)], 14),  # one's own shorter job goes first
        ([Task("a", 40)], 10),  # a longer one afterwards
        ([Task("b", 3)], 13),  # another visitor's short job is done meanwhile
        ([Task("b", 300)], 20),  # of another's long one as much as of one's own
        ([Task("a", 4), Task("b", 300), Task("c", 5)], 14 + 14 + 5),
    ],
)
def test_time_left_follows_from_how_the_lock_is_shared(others: list[Task], left: float) -> None:
    """Catches an estimate that ignores the jobs that go before, or counts those that go after."""
    assert seconds_left(Task("a", 10), others) == left


def test_the_slowdown_is_the_time_taken_over_the_time_expected() -> None:
    """Catches a slowdown that counts the loading of networks, or pauses without jobs."""
    throughput = ThroughputEstimator()
    assert throughput.slowdown(0.0) == 1
    throughput.add(100.0, 50.0)  # only starts the clock: before it a network was loaded
    throughput.add(5.0, 60.0)
    assert throughput.slowdown(60.0) == 2
    throughput.reset()
    assert throughput.slowdown(70.0) == 1


def test_a_job_s_time_left_counts_those_before_it() -> None:
    """Catches a time left that is that of the job alone."""
    with _threads() as (threads, lock):
        queue = Queue(threads)
        steps: list[_Steps] = [_Steps(name, lock, []) for name in "abc"]

        def submit(step: _Steps, expected: float | None, visitor: str) -> Callable[[], float | None]:
            job = queue.submit(f"{id(step)}", step, 2, expected=expected, priority=Priority(visitor, expected or 0))
            return lambda: job.seconds_left

        short, long = submit(steps[0], 4.0, "a"), submit(steps[1], 10.0, "a")
        unknown = submit(steps[2], None, "b")
        assert (short(), long(), unknown()) == (4.0, 14.0, None)
        steps[0].go_on.release()
        until(lambda: short() == 2.0)
        assert long() == 12.0
        for step in steps:
            step.go_on.release(2)
