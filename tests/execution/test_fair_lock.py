"""Who goes first: people before idle work, short before long, nobody at another visitor's expense."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from tests import fakes
from tests.ui.conftest import until
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.executors import JobThreads
from xai_core.execution.fair_lock import FairLock, Priority, Requester
from xai_core.execution.jobs import Queue
from xai_core.execution.time_left import Task, ThroughputEstimator, seconds_left
from xai_core.explainers.base import Progress, ignore_progress

PHOTOS = np.repeat(fakes.photo()[np.newaxis], 4, axis=0)


def order_of(turns: FairLock, askers: dict[str, Requester], first: tuple[str, ...] = ()) -> list[str]:
    """Return in which order the askers get their turns when all of them wait at once."""
    order: list[str] = []
    ready = threading.Barrier(len(askers) + 1)
    leave = threading.Event()

    def ask(name: str) -> None:
        with turns.present(askers[name]):
            ready.wait(20)
            with turns.turn(first=name in first):
                order.append(name)
            leave.wait(20)

    threads = [threading.Thread(target=ask, args=(name,)) for name in askers]
    with turns.turn():  # nobody gets a turn before all of them wait
        for thread in threads:
            thread.start()
        ready.wait(20)
        until(lambda: len(turns._waiting) == len(askers))
    until(lambda: len(order) == sum(not asker.idle for asker in askers.values()))
    leave.set()
    for thread in threads:
        thread.join()
    return order


def test_of_one_visitor_s_jobs_those_with_nothing_to_show_go_first_and_short_before_long() -> None:
    """Catches a Grad-CAM that waits behind minutes of LIME, and a LIME without any picture behind another's last half."""
    askers = {
        "long": Requester("a", weight=60),
        "short, seen already": Requester("a", weight=10, shown=True),
        "nearly done": Requester("a", weight=60, fraction=0.9, shown=True),
        "short": Requester("a", weight=1),
    }
    assert order_of(FairLock(), askers) == ["short", "long", "nearly done", "short, seen already"]


def test_a_visitor_with_many_jobs_gets_no_more_than_one_with_a_single_long_one() -> None:
    """Catches shortest-first among all visitors, under which whoever asks little but often keeps others waiting for ever."""
    turns = FairLock(clock=iter(range(1000)).__next__)  # each turn takes one second
    askers = {f"a{number}": Requester("a", weight=number) for number in range(4)} | {"b": Requester("b", weight=99)}
    assert order_of(turns, askers).index("b") <= 1


def test_who_comes_later_starts_level_with_the_others() -> None:
    """Catches a newcomer who is owed all the time that others had before."""
    turns = FairLock(clock=iter(range(1000)).__next__)
    old, new = Requester("old"), Requester("new")
    with turns.present(old):
        for _ in range(50):
            with turns.turn():
                pass
        with turns.present(new):
            assert turns._used["new"] == turns._used["old"]


def _takes_turns(turns: FairLock, times: int, asked: list[str], pause: float) -> list[str]:
    """Return who asked when one job with nothing to show asks so many times, with pauses, beside one that was seen."""
    other = threading.Thread(target=_ask_as, args=(turns, Requester("a", shown=True), asked))
    with turns.present(Requester("a")):
        with turns.turn():
            other.start()
            until(lambda: len(turns._waiting) == 1)
            asked.append("unseen")
        for _ in range(times - 1):
            threading.Event().wait(pause)
            with turns.turn():
                asked.append("unseen")
    other.join(20)
    return asked


def _ask_as(turns: FairLock, asker: Requester, asked: list[str]) -> None:
    with turns.present(asker), turns.turn():
        asked.append("seen")


def test_a_job_that_thinks_between_two_batches_is_not_overtaken_by_one_that_comes_after_it() -> None:
    """Catches a first LIME whose five batches each wait for a second of a map that is there already."""
    assert _takes_turns(FairLock(patience=20), 3, [], 0.02) == ["unseen"] * 3 + ["seen"]


def test_the_machine_does_not_wait_long_for_a_job_that_thinks() -> None:
    """Catches a lock kept for a job that is busy with something else."""
    assert _takes_turns(FairLock(patience=0.01), 2, [], 1.0) == ["unseen", "seen", "unseen"]


def test_predictions_go_before_everything_and_idle_work_after_everything() -> None:
    askers = {"job": Requester("a", weight=1), "breeds": Requester("b", weight=9), "ahead": Requester("", idle=True)}
    assert order_of(FairLock(), askers, first=("breeds", "ahead"))[:2] == ["breeds", "job"]


def test_idle_work_gets_no_turn_between_the_batches_of_a_job_that_somebody_waits_for() -> None:
    """Catches idle batches that slip in while a user's job thinks between two questions."""
    turns, asked = FairLock(), []
    idle = threading.Thread(target=lambda: _ask_idly(turns, asked))
    with turns.present(Requester("a")):
        with turns.turn():
            idle.start()
            until(lambda: len(turns._waiting) == 1)
        assert asked == [] and len(turns._waiting) == 1  # the lock is free, and still nobody has it
        with turns.turn():
            asked.append("user")
    idle.join(20)
    assert asked == ["user", "idle"]


def _ask_idly(turns: FairLock, asked: list[str]) -> None:
    with turns.present(Requester(idle=True)), turns.turn():
        asked.append("idle")


def test_idle_work_asks_in_small_batches_until_somebody_waits_for_it() -> None:
    turns, recorder = FairLock(), fakes.Recorder(fakes.Complete())
    asker = Requester(idle=True)
    with turns.present(asker):
        network = BatchedClassifier(recorder, turns=turns)
        network.logits(PHOTOS)
        turns.set_idle(asker, idle=False)
        network.logits(PHOTOS)
    assert [len(rgb) for _, rgb in recorder.passes] == [2, 2, 4]


@contextmanager
def _threads(count: int = 4) -> Iterator[tuple[JobThreads, FairLock]]:
    turns = FairLock()
    threads = JobThreads(count, turns)
    try:
        yield threads, turns
    finally:
        threads.shutdown()


class _Steps:
    """A job that asks for one turn each time it is let on, and writes down when it got it."""

    def __init__(self, name: str, turns: FairLock, written: list[str]) -> None:
        self.let = threading.Semaphore(0)
        self._name, self._turns, self._written = name, turns, written

    def __call__(self, steps: int, *, progress: Progress = ignore_progress) -> str:
        for step in range(steps):
            self.let.acquire()
            with self._turns.turn():
                self._written.append(self._name)
            progress((step + 1) / steps)
        return self._name


def test_idle_work_stands_still_while_a_user_s_job_runs_and_goes_on_afterwards() -> None:
    """The promise of all work done ahead: nobody waits for it."""
    with _threads() as (threads, turns):
        written: list[str] = []
        queue = Queue(threads)
        idle, user = _Steps("idle", turns, written), _Steps("user", turns, written)
        ahead = queue.submit("ahead", idle, 3, priority=Priority(idle=True))
        idle.let.release()
        until(lambda: written == ["idle"])
        asked = queue.submit("asked", user, 2, priority=Priority("a"))
        until(lambda: asked.state == "running")
        idle.let.release(2)
        until(lambda: len(turns._waiting) == 1)
        for count in (1, 2):
            user.let.release()
            until(lambda count=count: written.count("user") == count)
        assert asked.result(20) == "user"
        assert ahead.result(20) == "idle"
        assert written == ["idle", "user", "user", "idle", "idle"]


def test_idle_work_becomes_a_user_s_as_soon_as_they_ask_the_same_and_idle_again_when_they_leave() -> None:
    """Catches a visitor who waits for the map of a sample at the lowest priority, and one who left and still holds it."""
    with _threads() as (threads, turns):
        written: list[str] = []
        queue = Queue(threads)
        steps, other = _Steps("shared", turns, written), _Steps("other", turns, written)
        ahead = queue.submit("same", steps, 3, priority=Priority(idle=True))
        until(lambda: ahead.state == "running")
        asked = queue.submit("same", steps, 3, priority=Priority("a"))
        beside = queue.submit("other", other, 1, priority=Priority("a"))
        steps.let.release()
        until(lambda: written == ["shared"])  # although somebody else is present
        asked.cancel()
        steps.let.release(2)
        until(lambda: len(turns._waiting) == 1)
        assert written == ["shared"]
        other.let.release()
        assert beside.result(20) == "other" and ahead.result(20) == "shared"
        assert written == ["shared", "other", "shared", "shared"]


def test_a_free_thread_takes_the_visitor_with_the_fewest_jobs_and_of_theirs_the_shortest() -> None:
    """Catches a second visitor who waits until the first one's last map is there."""
    with _threads(1) as (threads, turns), ExitStack() as opened:
        written: list[str] = []
        queue = Queue(threads)

        def submit(name: str, visitor: str, weight: float) -> _Steps:
            steps = _Steps(name, turns, written)
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
    pace = ThroughputEstimator()
    assert pace.factor(0.0) == 1
    pace.work(100.0, 50.0)  # starts the clock: before, a network was loaded
    pace.work(5.0, 60.0)
    assert pace.factor(60.0) == 2
    pace.rest()
    assert pace.factor(70.0) == 1


def test_a_job_s_time_left_counts_those_before_it() -> None:
    """Catches a told time that looks at one job as if it were alone."""
    with _threads() as (threads, turns):
        queue = Queue(threads)
        steps: list[_Steps] = [_Steps(name, turns, []) for name in "abc"]

        def submit(step: _Steps, expected: float | None, visitor: str) -> Callable[[], float | None]:
            job = queue.submit(f"{id(step)}", step, 2, expected=expected, priority=Priority(visitor, expected or 0))
            return lambda: job.eta

        short, long = submit(steps[0], 4.0, "a"), submit(steps[1], 10.0, "a")
        unknown = submit(steps[2], None, "b")
        assert (short(), long(), unknown()) == (4.0, 14.0, None)
        steps[0].let.release()
        until(lambda: short() == 2.0)
        assert long() == 12.0
        for step in steps:
            step.let.release(2)
