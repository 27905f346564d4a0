"""A job's place on the page: progress, time left, cancel, failure and another try."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import streamlit as st

from pages.components.shell import session
from pages.components.shell.frame import guarded
from xai_core.errors import XaiError
from xai_core.execution.jobs import Job
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import Request

_POLL_SECONDS = 0.8
Value = TypeVar("Value")


def result(
    key: str,
    job: Job[Value],
    request: Request,
    *,
    draw: Callable[[Any | None], None] = lambda partial: None,
    patience: float = 0.0,
) -> Value | None:
    """Return the job's result; until there is one, draw its progress or its failure and return None.

    `draw` draws what stands in the result's place: a first result of the job, or with None a placeholder. The page runs
    again when the job ends. `key` tells this place from the others on the page. The progress of a job that
    ends within `patience` seconds is not drawn.
    """
    if patience and not job.done:
        with suppress(TimeoutError, XaiError):
            job.result(patience)
    if job.state == "done":
        return job.result()
    if not job.done:
        st.fragment(_wait, run_every=_POLL_SECONDS)(key, job, draw)
        return None
    draw(None)
    if job.state == "cancelled":
        st.caption(_("Stopped before it was finished."))
    else:
        st.error(str(job.error))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("Start again"), key=f"again-{key}", on_click=session.ask_again, args=(request,))
        if text := formatting.takes(session.seconds(request)):
            st.caption(text, width="content")
    return None


def several(key: str, jobs: Mapping[Request, Job[Any]], what: str) -> None:
    """Draw the progress of several jobs in one line; the page runs again whenever one of them ends.

    `what` says what is being done ("Scores"). Nothing is drawn where all have ended well; those that were stopped or failed
    can be started again, all at once.
    """
    if any(not job.done for job in jobs.values()):
        ended = sum(job.done for job in jobs.values())
        st.fragment(_wait_for_several, run_every=_POLL_SECONDS)(key, list(jobs.values()), what, ended)
        return
    missing = {request: job for request, job in jobs.items() if job.state != "done"}
    if not missing:
        return
    for sentence in sorted({str(job.error) for job in missing.values() if job.state == "failed"}):
        st.error(sentence)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = _("{what}: {count} of {all} were not finished.").format(what=what, count=len(missing), all=len(jobs))
        st.caption(text, width="content")
        st.button(_("Start again"), key=f"again-{key}", on_click=_ask_again, args=(tuple(missing),))


def _ask_again(requests: Sequence[Request]) -> None:
    for request in requests:
        session.ask_again(request)


def _wait_for_several(key: str, jobs: Sequence[Job[Any]], what: str, ended: int) -> None:
    with guarded():
        done = sum(job.done for job in jobs)
        if done > ended:
            st.rerun()
        share = sum(job.progress if not job.done else 1.0 for job in jobs) / len(jobs)
        times = [job.seconds_left for job in jobs if not job.done]
        estimates = [seconds for seconds in times if seconds is not None]
        text = formatting.time_left(sum(estimates) if len(estimates) == len(times) else None)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.progress(
                min(share, 1.0),
                _("{what}: {done} of {all} done. {time_left}").format(
                    what=what, done=done, all=len(jobs), time_left=text
                ),
            )
            st.button(_("Cancel"), key=f"cancel-{key}", on_click=_cancel, args=(tuple(jobs),))


def _cancel(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.cancel()


def _wait(key: str, job: Job[Any], draw: Callable[[Any | None], None]) -> None:
    with guarded():
        if job.done:
            st.rerun()
        draw(job.partial)
        text = formatting.time_left(job.seconds_left)
        if job.state == "waiting" and job.seconds_left:
            text = _("Waiting for its turn. {time_left}").format(time_left=text)
        st.progress(job.progress, text)
        st.button(_("Cancel"), key=f"cancel-{key}", on_click=job.cancel)
