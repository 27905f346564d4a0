"""A visitor's jobs: theirs while they are here, and nobody's burden once they have left."""

import dataclasses
import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components.shell.session import VisitorJobs
from tests import asking
from tests.execution import job_functions
from tests.execution.job_functions import Probe
from tests.ui.conftest import explanation_jobs, until
from tests.ui.networks import Bench
from xai_core.classifiers.reference import NetworkRef
from xai_core.execution.executors import ThreadExecutor
from xai_core.execution.jobs import Job, Queue
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import from_pixels
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation

PHOTO = from_pixels(np.zeros((32, 32, 3), np.uint8), "black")
REQUEST = ExplanationRequest(NetworkRef("fake"), "a" * 64, 0, Probe())


@pytest.fixture
def queue() -> Iterator[Queue]:
    job_functions.began.clear()
    job_functions.go_on.clear()
    executor = ThreadExecutor()
    yield Queue(executor)
    job_functions.go_on.set()
    executor.shutdown()


def test_who_has_left_has_no_jobs_after_a_while(queue: Queue) -> None:
    """Catches a machine that computes for closed tabs."""
    visitor_jobs = VisitorJobs(patience=0.05)
    visitor_jobs[REQUEST] = job = queue.submit("k", job_functions.wait)
    visitor_jobs.leave()
    until(lambda: job.state == "cancelled")
    assert not visitor_jobs  # who comes back later gets a new job, not one that was stopped


def test_who_comes_back_in_time_keeps_their_jobs(queue: Queue) -> None:
    """Catches a reload or a flickering network that costs minutes of computing."""
    visitor_jobs = VisitorJobs(patience=0.3)
    visitor_jobs[REQUEST] = job = queue.submit("k", job_functions.wait)
    visitor_jobs.leave()
    visitor_jobs.leave()  # a session that is closed after it was disconnected is released twice
    visitor_jobs.stay()
    time.sleep(0.6)
    assert not job.done and visitor_jobs[REQUEST] is job


def test_what_another_visitor_waits_for_goes_on(queue: Queue) -> None:
    """Catches a visitor who leaves and takes along a computation that another visitor shares."""
    leaver, other = VisitorJobs(patience=0.05), VisitorJobs()
    leaver[REQUEST] = left = queue.submit("k", job_functions.wait)
    leaver[dataclasses.replace(REQUEST, target=1)] = alone = queue.submit("alone", job_functions.wait)
    other[REQUEST] = kept = queue.submit("k", job_functions.wait)
    leaver.leave()
    until(lambda: left.state == alone.state == "cancelled")
    assert not kept.done
    job_functions.go_on.set()
    assert kept.result(5) == "waited"


def request_for(target: int) -> ExplanationRequest:
    return asking.explanation("first", PHOTO, target, build_explainer("saliency", {}))


def page_of_maps() -> None:
    """Ask for the maps of the classes `asked`, and keep those of `kept`; with `fails`, a part fails before it asks."""
    import streamlit as st

    from pages.components.shell import address, frame, session
    from tests.ui.test_session import PHOTO, request_for

    address.begin()
    session.begin_run()
    with frame.guarded():
        if st.session_state.get("fails"):
            raise RuntimeError
        for target in st.session_state["asked"]:
            session.ask(request_for(target), PHOTO)
    session.keep(map(request_for, st.session_state.get("kept", ())))
    session.end_run()


@pytest.fixture
def page(bench: Bench) -> AppTest:
    """A page that has asked for the maps of classes 0 and 1, which are being computed until the test ends."""
    bench.networks["first"].gate.clear()
    visited = AppTest.from_function(page_of_maps, default_timeout=60)
    visited.session_state["asked"] = [0, 1]
    return visited.run()


def jobs(page: AppTest) -> dict[int, Job[Explanation]]:
    """Return the visitor's jobs by class."""
    return {request.target: job for request, job in explanation_jobs(page).items()}


def test_a_job_that_a_run_no_longer_asks_for_is_cancelled(page: AppTest) -> None:
    """Catches a job that goes on although no page shows it, and the cancelling of one that is still asked for."""
    before = jobs(page)
    page.session_state["asked"] = [1]
    page.run()
    assert before[0].state == "cancelled" and not before[1].done
    assert jobs(page) == {1: before[1]}


def test_a_run_in_which_a_part_failed_cancels_nothing(page: AppTest) -> None:
    """Catches the cancelling of a job that the failed part would have asked for."""
    before = jobs(page)
    page.session_state["fails"] = True
    page.run()
    assert page.error and not before[0].done and not before[1].done
    assert jobs(page) == before
    page.session_state["fails"] = False
    page.run()
    assert jobs(page) == before  # and the next run finds the same jobs


def test_what_is_kept_outlasts_a_run_that_does_not_ask_for_it(page: AppTest) -> None:
    """Catches `keep` without effect, and one that keeps for ever."""
    before = jobs(page)
    page.session_state["asked"], page.session_state["kept"] = [], [0]
    page.run()
    assert not before[0].done and before[1].state == "cancelled"
    page.session_state["kept"] = []
    page.run()
    assert before[0].state == "cancelled" and jobs(page) == {}
