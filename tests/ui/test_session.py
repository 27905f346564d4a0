"""A visitor's jobs: theirs while they are here, and nobody's burden once they have left."""

import dataclasses
import time
from collections.abc import Iterator

import pytest

from pages.components.shell.session import VisitorJobs
from tests.execution import job_functions
from tests.execution.job_functions import Probe
from tests.ui.conftest import until
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.jobs import Queue
from xai_core.requests import ExplanationRequest

ASKED = ExplanationRequest(NetworkRef("fake"), "a" * 64, 0, Probe())


@pytest.fixture
def queue() -> Iterator[Queue]:
    job_functions.began.clear()
    job_functions.go_on.clear()
    executor = ThreadExecutor()
    yield Queue(executor)
    job_functions.go_on.set()
    executor.shutdown()


def test_who_has_left_has_no_jobs_after_a_while(queue: Queue) -> None:
    """Would catch a machine that computes for closed tabs."""
    desk = VisitorJobs(patience=0.05)
    desk[ASKED] = job = queue.submit("k", job_functions.wait)
    desk.leave()
    until(lambda: job.state == "cancelled")
    assert not desk  # who comes back later gets a new job, not one that was stopped


def test_who_comes_back_in_time_keeps_their_jobs(queue: Queue) -> None:
    """Would catch a reload or a flickering network that costs minutes of computing."""
    desk = VisitorJobs(patience=0.3)
    desk[ASKED] = job = queue.submit("k", job_functions.wait)
    desk.leave()
    desk.leave()  # a session that is closed after it was disconnected is released twice
    desk.stay()
    time.sleep(0.6)
    assert not job.done and desk[ASKED] is job


def test_what_another_visitor_waits_for_goes_on(queue: Queue) -> None:
    leaver, other = VisitorJobs(patience=0.05), VisitorJobs()
    leaver[ASKED] = left = queue.submit("k", job_functions.wait)
    leaver[dataclasses.replace(ASKED, target=1)] = alone = queue.submit("alone", job_functions.wait)
    other[ASKED] = kept = queue.submit("k", job_functions.wait)
    leaver.leave()
    until(lambda: left.state == alone.state == "cancelled")
    assert not kept.done
    job_functions.go_on.set()
    assert kept.result(5) == "waited"
