"""What lasts longer than one run of a page: the workbench for everybody, and each visitor's photo and jobs."""

import os
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from pages.components.shell.address import DEFAULT_METHODS
from xai_core import tour as tour
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.photos.samples import samples
from xai_core.prefetch import Prefetcher
from xai_core.studies.base import Study
from xai_core.types import Explanation, ImageInput, Prediction, StudyResult
from xai_core.workbench import Workbench

_SHOWN_SIDE = 720  # px: twice the width of a panel, for sharp screens
_SECONDS_TO_COME_BACK = 10.0  # a network that flickers or a page that is reloaded should not cost a computation


@dataclass(frozen=True)
class Question:
    """What one job answers. Without an explainer: which breeds does the network see?"""

    network: str
    digest: str
    target: int = -1
    explainer: Explainer | None = None
    study: Study | None = None
    more_photos: tuple[str, ...] = ()  # digests of those a study needs beside the visitor's photo


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, and the smaller copy of its pixels that is drawn on the page."""

    image: ImageInput
    shown: np.ndarray  # u8[H,W,3], at most 720 px on the longer side


class VisitorJobs(dict[Question, Job]):
    """One visitor's jobs by what they answer. They are cancelled some seconds after the visitor has left."""

    def __init__(self, patience: float = _SECONDS_TO_COME_BACK) -> None:
        self._patience = patience
        self._leaving: threading.Timer | None = None
        self.visitor = uuid.uuid4().hex  # tells the workbench whose jobs belong together

    def stay(self) -> None:
        """Take note that the visitor is here."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def leave(self) -> None:
        """Take note that the visitor has gone; called from any thread, returns at once."""
        self.stay()
        self._leaving = threading.Timer(self._patience, self._clear)
        self._leaving.daemon = True
        self._leaving.start()

    def _clear(self) -> None:
        # Forgotten as well as cancelled: someone who does come back later is given new jobs.
        for question in list(self):
            self.pop(question).cancel()


@st.cache_resource(show_spinner=False)
def workbench() -> Workbench:
    """Return the one workbench that all visitors share; the networks that come with SeeSpot are being loaded."""
    made = Workbench()
    networks = [key for key in made.specs() if not key.endswith("_imagenet")]
    ahead = os.environ.get("SEESPOT_AHEAD", "1") != "0"
    usual = [build_explainer(key, {}) for key in DEFAULT_METHODS]
    Prefetcher(
        made, networks, [sample.load for sample in samples().values()] if ahead else [], usual, tour.ahead
    ).start()
    return made


def photo(name: str, load: Callable[[], ImageInput]) -> Photo:
    """Return the photo called `name`, decoded by `load` only when it is another one than the visitor's last."""
    held: tuple[str, Photo] | None = st.session_state.get("photo-held")
    return held[1] if held is not None and held[0] == name else hold(name, load())


def hold(name: str, image: ImageInput) -> Photo:
    """Return the visitor's photo from now on, which `photo` then finds under `name` without decoding it again."""
    made = drawable(image)
    st.session_state["photo-held"] = (name, made)
    return made


def drawable(image: ImageInput) -> Photo:
    """Return a photo with the copy of it that is drawn."""
    small = Image.fromarray(image.pixels)
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE), Image.Resampling.HAMMING)
    return Photo(image, np.asarray(small))


def prediction(question: Question, image: ImageInput) -> Job[Prediction]:
    """Return this visitor's job for a prediction, submitting it the first time."""
    return _job(question, lambda: workbench().submit_prediction(question.network, image, visitor=_jobs().visitor))


def explanation(question: Question, image: ImageInput) -> Job[Explanation]:
    """Return this visitor's job for an explanation, submitting it the first time. Raises what `submit` raises."""
    explainer = question.explainer
    assert explainer is not None
    return _job(
        question,
        lambda: workbench().submit(question.network, image, question.target, explainer, visitor=_jobs().visitor),
    )


def study(question: Question, images: Sequence[ImageInput] | Callable[[], Sequence[ImageInput]]) -> Job[StudyResult]:
    """Return this visitor's job for a study of these photos, submitting it the first time. Raises what `submit` raises.

    Many photos are better given as a function that loads them, which is called only when the job is submitted.
    """
    asked = question.study
    assert asked is not None

    def submit() -> Job[StudyResult]:
        photos = images() if callable(images) else images
        return workbench().submit_study(question.network, photos, question.target, asked, visitor=_jobs().visitor)

    return _job(question, submit)


def known(question: Question, image: ImageInput) -> Job[Explanation] | None:
    """Return this visitor's job for an explanation that was asked for or is stored; None where it would be computed."""
    explainer = question.explainer
    assert explainer is not None
    if question in _jobs():
        return _jobs()[question]
    if workbench().stored_explanation(question.network, image, question.target, explainer) is None:
        return None
    return explanation(question, image)


def seconds(question: Question) -> float | None:
    """Return about how long the question takes where nothing is stored and nobody else waits; None where not known yet."""
    asked = question.explainer or question.study
    return None if asked is None else workbench().seconds(question.network, asked, 1 + len(question.more_photos))


def seconds_of(network: str, explainer: Explainer) -> float | None:
    """Return about how long the method takes with its settings, on any photo; None where not known yet."""
    return workbench().seconds(network, explainer)


def begin_run() -> None:
    """Take note that the page runs from its top."""
    st.session_state["seen-unfinished"] = {}


def overtaken() -> bool:
    """Return whether a job has ended that this run of the page saw unfinished.

    Parts of the page that were drawn before it ended say so no more, and those drawn after it wait for nothing.
    """
    seen: dict[Question, Job] = st.session_state.get("seen-unfinished", {})
    jobs = _jobs()
    return any(job.done and jobs.get(question) is job for question, job in seen.items())


def ask_again(question: Question) -> None:
    """Forget a job that failed or was cancelled, so that the next run of the page submits it anew."""
    _jobs().pop(question, None)


def keep_only(questions: Collection[Question]) -> None:
    """Cancel and forget the jobs whose answers the visitor no longer looks at, which frees the machine."""
    jobs = _jobs()
    for question in [asked for asked in jobs if asked not in questions]:
        jobs.pop(question).cancel()


def _jobs() -> VisitorJobs:
    if "jobs" not in st.session_state:
        st.session_state["jobs"] = VisitorJobs()
    return _attended(st.session_state["jobs"])


# Streamlit releases what is kept for a session as soon as its connection ends; the visitor's next run comes here again.
@st.cache_resource(show_spinner=False, scope="session", on_release=VisitorJobs.leave, hash_funcs={VisitorJobs: id})
def _attended(desk: VisitorJobs) -> VisitorJobs:
    """Return the visitor's desk, knowing that they are here."""
    desk.stay()
    return desk


def _job(question: Question, submit: Callable[[], Job]) -> Job:
    jobs = _jobs()
    if question not in jobs:
        jobs[question] = submit()
    job = jobs[question]
    if not job.done:
        st.session_state.setdefault("seen-unfinished", {})[question] = job
    return job
