"""Waiting for a job in its own place on the page: progress, time left, cancel, failure and another try."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import streamlit as st

from pages.components import session, words
from pages.components.frame import guarded
from xai_core.errors import XaiError
from xai_core.jobs import Job

_POLL_SECONDS = 0.8
Value = TypeVar("Value")


def result(
    key: str,
    job: Job[Value],
    question: session.Question,
    *,
    draw: Callable[[Any | None], None] = lambda partial: None,
    patience: float = 0.0,
) -> Value | None:
    """Return the job's result; until there is one, draw the waiting for it (or its failure) and return None.

    `draw` draws what stands in the result's place: a first result of the job, or with None a placeholder. The page runs
    again when the job ends. `key` tells this place from the others on the page. An answer that comes within `patience`
    seconds needs no waiting to be drawn.
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
        st.caption("Stopped before it was finished.")
    else:
        st.error(str(job.error))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Start again", key=f"again-{key}", on_click=session.ask_again, args=(question,))
        if told := words.takes(session.seconds(question)):
            st.caption(told, width="content")
    return None


def _wait(key: str, job: Job[Any], draw: Callable[[Any | None], None]) -> None:
    with guarded():
        if job.done:
            st.rerun()
        draw(job.partial)
        told = words.time_left(job.eta)
        st.progress(job.progress, f"Waiting for its turn. {told}" if job.state == "waiting" and job.eta else told)
        st.button("Cancel", key=f"cancel-{key}", on_click=job.cancel)
