"""What outlives one run of a page: the workbench that all visitors share, and each visitor's photo and jobs."""

import os
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from PIL import Image

from xai_core import tour
from xai_core.execution.jobs import Job
from xai_core.explainers.registry import DEFAULT_METHODS, build_explainer
from xai_core.photos.samples import samples
from xai_core.prefetch import Prefetcher
from xai_core.requests import Request
from xai_core.types import ImageInput
from xai_core.workbench import Photos, Workbench

Answer = TypeVar("Answer")

# Keys in the session: the requests of the present run, its unfinished jobs, and whether a part of the page failed.
_REQUESTED, _UNFINISHED, _FAILED = "requested", "unfinished", "run-failed"

_SHOWN_SIDE = 720  # px: twice the width of a panel, for sharp screens
_SECONDS_TO_COME_BACK = 10.0  # a lost connection or a reload should not cost a computation


@dataclass(frozen=True, eq=False)
class ShownPhoto:
    """A photo, and the smaller copy of its pixels that is drawn on the page."""

    image: ImageInput
    shown: np.ndarray  # u8[H,W,3], at most 720 px on the longer side
    whole: np.ndarray | None = None  # the photo that it is a part of, likewise
    edges: tuple[int, int, int, int] = (0, 0, 0, 0)  # of the part in `whole`, as in Crop


class VisitorJobs(dict[Request[Any], Job[Any]]):
    """One visitor's jobs by request; they are cancelled `patience` seconds after the visitor has left."""

    def __init__(self, patience: float = _SECONDS_TO_COME_BACK) -> None:
        self._patience = patience
        self._leaving: threading.Timer | None = None
        self.visitor = uuid.uuid4().hex  # by which the workbench shares the machine fairly

    def stay(self) -> None:
        """Mark the visitor as present."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def leave(self) -> None:
        """Cancel the jobs after some seconds, unless the visitor comes back; called from any thread, returns at once."""
        self.stay()
        self._leaving = threading.Timer(self._patience, self._clear)
        self._leaving.daemon = True
        self._leaving.start()

    def _clear(self) -> None:
        # Removed as well as cancelled: a visitor who comes back later gets new jobs.
        for request in list(self):
            self.pop(request).cancel()


@st.cache_resource(show_spinner=False)
def workbench() -> Workbench:
    """Return the workbench that all visitors share; it loads the networks of dog breeds and prefetches likely answers."""
    shared = Workbench()
    networks = [spec.ref for key, spec in shared.specs().items() if not key.endswith("_imagenet")]
    photos = [sample.load for sample in samples().values()] if os.environ.get("SEESPOT_AHEAD", "1") != "0" else []
    explainers = [build_explainer(key, {}) for key in DEFAULT_METHODS]
    Prefetcher(shared, networks, photos, explainers, tour.ahead).start()
    return shared


def photo(name: str, load: Callable[[], ImageInput]) -> ShownPhoto:
    """Return the visitor's photo, decoded by `load` only where it is another one than the last, by its `name`."""
    last: tuple[str, ShownPhoto] | None = st.session_state.get("photo-held")
    return last[1] if last is not None and last[0] == name else set_photo(name, load())


def set_photo(name: str, image: ImageInput) -> ShownPhoto:
    """Make `image` the visitor's photo, which `photo` then returns for `name`, and return it."""
    shown = drawable(image)
    st.session_state["photo-held"] = (name, shown)
    return shown


def drawn_part(name: str, load: Callable[[], ImageInput]) -> ShownPhoto:
    """Return a part of the visitor's photo, made by `load` only where it is another one than the last, by its `name`."""
    last: tuple[str, ShownPhoto] | None = st.session_state.get("part-held")
    if last is None or last[0] != name:
        last = (name, drawable(load()))
        st.session_state["part-held"] = last
    return last[1]


def drawable(image: ImageInput) -> ShownPhoto:
    """Return a photo with the copy of it that is drawn."""
    shown = _small(image.pixels)
    if image.crop is None:
        return ShownPhoto(image, shown)
    whole = _small(image.crop.whole)
    return ShownPhoto(image, shown, whole, image.crop.edges_in(whole))


def _small(pixels: np.ndarray) -> np.ndarray:
    small = Image.fromarray(pixels)
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE), Image.Resampling.HAMMING)
    return np.asarray(small)


def ask(request: Request[Answer], photos: ImageInput | Photos) -> Job[Answer]:
    """Return this visitor's job for a request, submitting it the first time. Raises what `Workbench.submit` raises.

    Many photos are better given as a function that loads them, which is called only when the job is submitted.
    """
    jobs = _jobs()
    if request not in jobs:
        if isinstance(photos, ImageInput):
            photos = [photos]
        jobs[request] = workbench().submit(request, photos, visitor=jobs.visitor)
    job = jobs[request]
    keep([request])
    if not job.done:
        st.session_state.setdefault(_UNFINISHED, {})[request] = job
    return job


def started(request: Request[Answer], photos: ImageInput | Photos) -> Job[Answer] | None:
    """Return this visitor's job for a request that was submitted before or whose answer is stored; else None."""
    if request in _jobs() or workbench().stored(request) is not None:
        return ask(request, photos)
    return None


def seconds(request: Request[Any]) -> float | None:
    """Return about how long the answer takes to compute alone on this machine; None before it was measured."""
    return workbench().seconds(request)


def begin_run() -> None:
    """Mark the start of a run of the page's script."""
    st.session_state[_UNFINISHED] = {}
    st.session_state[_REQUESTED] = set()
    st.session_state[_FAILED] = False


def mark_failed() -> None:
    """Mark this run as one in which a part of the page failed, so that its requests are not complete."""
    st.session_state[_FAILED] = True


def end_run() -> None:
    """Cancel and forget the jobs that this run of the page did not ask for, which frees the machine for those it did."""
    if st.session_state[_FAILED]:
        return
    jobs, requested = _jobs(), st.session_state[_REQUESTED]
    for request in [request for request in jobs if request not in requested]:
        jobs.pop(request).cancel()


def keep(requests: Iterable[Request[Any]]) -> None:
    """Keep the jobs for these requests beyond the end of this run."""
    st.session_state.setdefault(_REQUESTED, set()).update(requests)


def has_ended_meanwhile() -> bool:
    """Return whether a job has ended since this run of the page asked for it.

    Parts of the page that were drawn before it ended still show its progress, so the page has to run again.
    """
    unfinished: dict[Request[Any], Job[Any]] = st.session_state.get(_UNFINISHED, {})
    jobs = _jobs()
    return any(job.done and jobs.get(request) is job for request, job in unfinished.items())


def ask_again(request: Request[Any]) -> None:
    """Forget a job that failed or was cancelled, so that the next run of the page submits it anew."""
    _jobs().pop(request, None)


def _jobs() -> VisitorJobs:
    if "jobs" not in st.session_state:
        st.session_state["jobs"] = VisitorJobs()
    return _staying(st.session_state["jobs"])


# Streamlit releases a session's resources as soon as its connection ends; the visitor's next run calls this again.
@st.cache_resource(show_spinner=False, scope="session", on_release=VisitorJobs.leave, hash_funcs={VisitorJobs: id})
def _staying(jobs: VisitorJobs) -> VisitorJobs:
    """Mark the visitor as present, and return the jobs."""
    jobs.stay()
    return jobs
