"""Who goes first: people before idle work, short before long, nobody at another visitor's expense."""

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


def order_of(lock: FairLock, requesters: dict[str, Requester], first: tuple[str, ...] = ()) -> list[str]:
    """Return in which order the requesters get their lock when all of them wait at once."""
    order: list[str] = []
    ready = threading.Barrier(len(requesters) + 1)
    leave = threading.Event()

    def ask(name: str) -> None:
        with lock.registered(requesters[name]):
            ready.wait(20)
            with lock.acquire(urgent=name in first):
                order.append(name)
            leave.wait(20)

    threads = [threading.Thread(target=ask, args=(name,)) for name in requesters]
    with lock.acquire():  # nobody gets a turn before all of them wait
        for thread in threads:
            thread.start()
        ready.wait(20)
        until(lambda: len(lock._waiting) == len(requesters))
    until(lambda: len(order) == sum(not requester.idle for requester in requesters.values()))
    leave.set()
    for thread in threads:
        thread.join()
    return order


def test_of_one_visitor_s_jobs_those_with_nothing_to_show_go_first_and_short_before_long() -> None:
    """Catches a Grad-CAM that waits behind minutes of LIME, and a LIME without any picture behind another's last half."""
    requesters = {
        "long": Requester("a", cost=60),
        "short, seen already": Requester("a", cost=10, has_partial=True),
        "nearly done": Requester("a", cost=60, fraction=0.9, has_partial=True),
        "short": Requester("a", cost=1),
    }
    assert order_of(FairLock(), requesters) == ["short", "long", "nearly done", "short, seen already"]


def test_a_visitor_with_many_jobs_gets_no_more_than_one_with_a_single_long_one() -> None:
    """Catches shortest-first among all visitors, under which whoever asks little but often keeps others waiting for ever."""
    lock = FairLock(clock=iter(range(1000)).__next__)  # each turn takes one second
    requesters = {f"a{number}": Requester("a", cost=number) for number in range(4)} | {"b": Requester("b", cost=99)}
    assert order_of(lock, requesters).index("b") <= 1


def test_who_comes_later_starts_level_with_the_others() -> None:
    """Catches a newcomer who is owed all the time that others had before."""
    lock = FairLock(clock=iter(range(1000)).__next__)
    old, new = Requester("old"), Requester("new")
    with lock.registered(old):
        for _ in range(50):
            with lock.acquire():
                pass
        with lock.registered(new):
            assert lock._used["new"] == lock._used["old"]


def _takes_lock(lock: FairLock, times: int, asked: list[str], pause: float) -> list[str]:
    """Return who asked when one job with nothing to show asks so many times, with pauses, beside one that was seen."""
    other = threading.Thread(target=_ask_as, args=(lock, Requester("a", has_partial=True), asked))
    with lock.registered(Requester("a")):
        with lock.acquire():
            other.start()
            until(lambda: len(lock._waiting) == 1)
            asked.append("unseen")
        for _ in range(times - 1):
            threading.Event().wait(pause)
            with lock.acquire():
                asked.append("unseen")
    other.join(20)
    return asked


def _ask_as(lock: FairLock, requester: Requester, asked: list[str]) -> None:
    with lock.registered(requester), lock.acquire():
        asked.append("seen")


def test_a_job_that_thinks_between_two_batches_is_not_overtaken_by_one_that_comes_after_it() -> None:
    """Catches a first LIME whose five batches each wait for a second of a map that is there already."""
    assert _takes_lock(FairLock(patience=20), 3, [], 0.02) == ["unseen"] * 3 + ["seen"]


def test_the_machine_does_not_wait_long_for_a_job_that_thinks() -> None:
    """Catches a lock kept for a job that is busy with something else."""
    assert _takes_lock(FairLock(patience=0.01), 2, [], 1.0) == ["unseen", "seen", "unseen"]


def test_predictions_go_before_everything_and_idle_work_after_everything() -> None:
    requesters = {"job": Requester("a", cost=1), "breeds": Requester("b", cost=9), "ahead": Requester("", idle=True)}
    assert order_of(FairLock(), requesters, first=("breeds", "ahead"))[:2] == ["breeds", "job"]


def test_idle_work_gets_no_turn_between_the_batches_of_a_job_that_somebody_waits_for() -> None:
    """Catches idle batches that slip in while a user's job thinks between two questions."""
    lock = FairLock()
    asked: list[str] = []
    idle = threading.Thread(target=lambda: _ask_idly(lock, asked))
    with lock.registered(Requester("a")):
        with lock.acquire():
            idle.start()
            until(lambda: len(lock._waiting) == 1)
        assert asked == [] and len(lock._waiting) == 1  # the lock is free, and still nobody has it
        with lock.acquire():
            asked.append("user")
    idle.join(20)
    assert asked == ["user", "idle"]


def _ask_idly(lock: FairLock, asked: list[str]) -> None:
    with lock.registered(Requester(idle=True)), lock.acquire():
        asked.append("idle")


def test_idle_work_asks_in_small_batches_until_somebody_waits_for_it() -> None:
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
    """A job that asks for one turn each time it is let on, and writes down when it got it."""

    def __init__(self, name: str, lock: FairLock, written: list[str]) -> None:
        self.let = threading.Semaphore(0)
        self._name, self._lock, self._written = name, lock, written

    def __call__(self, steps: int, *, progress: Progress = ignore_progress) -> str:
        for step in range(steps):
            self.let.acquire()
            with self._lock.acquire():
                self._written.append(self._name)
            progress((step + 1) / steps)
        return self._name


def test_idle_work_stands_still_while_a_user_s_job_runs_and_goes_on_afterwards() -> None:
    """The promise of all work done ahead: nobody waits for it."""
    with _threads() as (threads, lock):
        written: list[str] = []
        queue = Queue(threads)
        idle, user = _Steps("idle", lock, written), _Steps("user", lock, written)
        ahead = queue.submit("ahead", idle, 3, priority=Priority(idle=True))
        idle.let.release()
        until(lambda: written == ["idle"])
        asked = queue.submit("asked", user, 2, priority=Priority("a"))
        until(lambda: asked.state == "running")
        idle.let.release(2)
        until(lambda: len(lock._waiting) == 1)
        for count in (1, 2):
            user.let.release()
            until(lambda count=count: written.count("user") == count)
        assert asked.result(20) == "user"
        assert ahead.result(20) == "idle"
        assert written == ["idle", "user", "user", "idle", "idle"]


def test_idle_work_becomes_a_user_s_as_soon_as_they_ask_the_same_and_idle_again_when_they_leave() -> None:
    """Catches a visitor who waits for the map of a sample at the lowest priority, and one who left and still holds it."""
    with _threads() as (threads, lock):
        written: list[str] = []
        queue = Queue(threads)
        steps, other = _Steps("shared", lock, written), _Steps("other", lock, written)
        ahead = queue.submit("same", steps, 3, priority=Priority(idle=True))
        until(lambda: ahead.state == "running")
        asked = queue.submit("same", steps, 3, priority=Priority("a"))
        beside = queue.submit("other", other, 1, priority=Priority("a"))
        steps.let.release()
        until(lambda: written == ["shared"])  # although somebody else is present
        asked.cancel()
        steps.let.release(2)
        until(lambda: len(lock._waiting) == 1)
        assert written == ["shared"]
        other.let.release()
        assert beside.result(20) == "other" and ahead.result(20) == "shared"
        assert written == ["shared", "other", "shared", "shared"]


def test_a_free_thread_takes_the_visitor_with_the_fewest_jobs_and_of_theirs_the_shortest() -> None:
    """Catches a second visitor who waits until the first one's last map is there."""
    with _threads(1) as (threads, lock), ExitStack() as opened:
        written: list[str] = []
        queue = Queue(threads)

        def submit(name: str, visitor: str, weight: float) -> _Steps:
            steps = _Steps(name, lock, written)
            opened.callback(steps.let.release)
            queue.submit(name, steps, 1, priority=Priority(visitor, weight))
            return steps

        first = submit("first", "a", 50)
        until(lambda: threads._running["a"] == 1)
        waiting = [submit("long", "a", 40), submit("other's", "b", 99), submit("short", "a", 1)]
        for steps in waiting:
            steps.let.release()
        first.let.release()
        until(lambda: len(written) == 4)
        assert written == ["first", "short", "long", "other's"]


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], 10),
        ([Task("a", 4)], 14),  # one's own shorter job goes first
        ([Task("a", 40)], 10),  # a longer one afterwards
        ([Task("b", 3)], 13),  # another's short job is done meanwhile
        ([Task("b", 300)], 20),  # of a long one as much as of mine
        ([Task("a", 4), Task("b", 300), Task("c", 5)], 14 + 14 + 5),
    ],
)
def test_time_left_follows_from_how_turns_are_shared(others: list[Task], left: float) -> None:
    assert seconds_left(Task("a", 10), others) == left


def test_the_pace_is_what_the_machine_did_of_what_it_should() -> None:
    throughput = ThroughputEstimator()
    assert throughput.slowdown(0.0) == 1
    throughput.add(100.0, 50.0)  # starts the clock: before, a network was loaded
    throughput.add(5.0, 60.0)
    assert throughput.slowdown(60.0) == 2
    throughput.reset()
    assert throughput.slowdown(70.0) == 1


def test_a_job_s_time_left_counts_those_before_it() -> None:
    """Catches a told time that looks at one job as if it were alone."""
    with _threads() as (threads, lock):
        queue = Queue(threads)
        steps: list[_Steps] = [_Steps(name, lock, []) for name in "abc"]

        def submit(step: _Steps, expected: float | None, visitor: str) -> Callable[[], float | None]:
            job = queue.submit(f"{id(step)}", step, 2, expected=expected, priority=Priority(visitor, expected or 0))
            return lambda: job.seconds_left

        short, long = submit(steps[0], 4.0, "a"), submit(steps[1], 10.0, "a")
        unknown = submit(steps[2], None, "b")
        assert (short(), long(), unknown()) == (4.0, 14.0, None)
        steps[0].let.release()
        until(lambda: short() == 2.0)
        assert long() == 12.0
        for step in steps:
            step.let.release(2)
