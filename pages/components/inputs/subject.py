"""The subject of a page: its photo, network and breed, which the visitor takes along from page to page."""

from dataclasses import dataclass

import streamlit as st

from pages.components.inputs import crop, photo_picker, pickers
from pages.components.outputs import prediction_view
from pages.components.shell import address, session
from pages.components.shell.frame import guarded
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.registry import target_position
from xai_core.errors import UnknownNameError
from xai_core.execution.jobs import Job
from xai_core.i18n.catalogues import _
from xai_core.requests import PredictionRequest
from xai_core.types import Label, Prediction


@dataclass(frozen=True, eq=False)
class Subject:
    """A photo and a network, and what was known of the prediction when this run of the page began."""

    address: address.Address
    spec: ModelSpec
    whole: session.ShownPhoto
    photo: session.ShownPhoto  # what is explained: `whole` or a part of it
    request: PredictionRequest  # the breeds
    job: Job[Prediction]
    prediction: Prediction | None  # as `target` for the whole run, also where the job ends meanwhile; None before
    target: int | None  # class to explain; None before the prediction, where the address names none
    problems: tuple[str, ...]  # sentences on what the address names and does not exist

    @property
    def digest(self) -> str:
        """The photo's digest."""
        return self.photo.image.digest

    @property
    def label(self) -> Label | None:
        """The breed to explain; None before the prediction."""
        return None if self.target is None else self.spec.labels[self.target]


def read() -> Subject:
    """Return the subject that this page's address names, having asked for its prediction."""
    specs = session.workbench().specs()
    page_address = address.read(address.query(), samples=photo_picker.samples(), networks=specs)
    spec = specs[page_address.network]
    whole, problem = photo_picker.photo(page_address)
    photo, crop_problem = crop.applied(whole, page_address.crop, spec)
    request = PredictionRequest(spec.ref, photo.image.digest)
    job = session.ask(request, photo.image)
    prediction = job.result() if job.state == "done" else None
    target, target_problem = _target(spec, prediction, page_address.target)
    problems = tuple(
        sentence for sentence in (*page_address.problems, problem, crop_problem, target_problem) if sentence
    )
    return Subject(page_address, spec, whole, photo, request, job, prediction, target, problems)


def bar(subject: Subject) -> None:
    """Draw the subject in one row: the photo, the network, the breed and a link to other photos.

    The prediction's progress or failure is drawn here; a page draws its own part where `subject.target` is not None.
    """
    for sentence in subject.problems:
        st.warning(sentence)
    with st.container(border=True, key="subject-bar"):
        picture, network, breed = st.columns([2, 5, 5], gap="medium", vertical_alignment="center")
        with picture:
            st.image(prediction_view.framed(subject.photo), alt=subject.photo.image.name, width=120)
        with network:
            pickers.network_picker(session.workbench().specs(), subject.spec.key)
        with breed, guarded():
            pickers.target_picker(subject.spec, subject.digest, subject.prediction, subject.target)
            if subject.prediction is None:
                prediction_view.waiting(subject.request, subject.job, subject.spec)
            else:
                prediction_view.notice(subject.prediction)
            st.page_link("pages/explain.py", label=_("Choose another photo"), icon=":material/photo_library:")


def _target(spec: ModelSpec, prediction: Prediction | None, name: str | None) -> tuple[int | None, str | None]:
    """Return the class to explain, None before the prediction, and an error's sentence where there is no class `name`."""
    top = None if prediction is None else prediction.top(1)[0]
    if name is None:
        return top, None
    try:
        return target_position(spec, name), None
    except UnknownNameError as error:
        return top, _("{problem} The most probable breed is explained instead.").format(problem=error)
