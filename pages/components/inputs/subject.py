"""What a page is about: the photo, the network and the breed, chosen on any page and carried to the others."""

from dataclasses import dataclass

import streamlit as st

from pages.components.inputs import photo_picker, pickers
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
    """The photo, the network, and what of both is known yet."""

    address: address.Address
    spec: ModelSpec
    held: session.Photo
    request: PredictionRequest  # about the breeds
    job: Job[Prediction]
    target: int | None  # None until the breeds are known
    problems: tuple[str, ...]  # sentences about what the address asks for in vain

    @property
    def prediction(self) -> Prediction | None:
        """What the network sees in the photo, once it has looked."""
        return self.job.result() if self.job.state == "done" else None

    @property
    def digest(self) -> str:
        """The photo's digest."""
        return self.held.image.digest

    @property
    def label(self) -> Label | None:
        """The breed that is explained, once it is known."""
        return None if self.target is None else self.spec.labels[self.target]


def read() -> Subject:
    """Return what this page's address asks for; the breeds are being computed from now on."""
    specs = session.workbench().specs()
    wanted = address.read(address.query(), samples=photo_picker.samples(), networks=specs)
    spec = specs[wanted.network]
    held, problem = photo_picker.chosen(wanted)
    request = PredictionRequest(spec.ref, held.image.digest)
    job = session.ask(request, held.image)
    prediction = job.result() if job.state == "done" else None
    target, target_problem = _target(spec, prediction, wanted.target)
    problems = tuple(sentence for sentence in (*wanted.problems, problem, target_problem) if sentence)
    return Subject(wanted, spec, held, request, job, target, problems)


def bar(subject: Subject) -> None:
    """Draw the subject as one calm row: the photo, the network, the breed and the way to other photos.

    The breeds' waiting and failure are drawn here too; a page draws its own part where `subject.target` is known.
    """
    for sentence in subject.problems:
        st.warning(sentence)
    with st.container(border=True, key="subject-bar"):
        picture, network, breed = st.columns([2, 5, 5], gap="medium", vertical_alignment="center")
        with picture:
            st.image(subject.held.shown, alt=subject.held.image.name, width=120)
        with network:
            pickers.network_picker(session.workbench().specs(), subject.spec.key)
        with breed, guarded():
            pickers.target_picker(subject.spec, subject.digest, subject.prediction, subject.target)
            if subject.prediction is None:
                prediction_view.waiting(subject.request, subject.job, subject.spec)
            else:
                prediction_view.notice(subject.prediction)
            st.page_link("pages/explain.py", label=_("Choose another photo"), icon=":material/photo_library:")


def _target(spec: ModelSpec, prediction: Prediction | None, wanted: str | None) -> tuple[int | None, str | None]:
    """Return the class to explain (None while the breeds are not known), and a sentence where a wish makes no sense."""
    top = None if prediction is None else prediction.top(1)[0]
    if wanted is None:
        return top, None
    try:
        return target_position(spec, wanted), None
    except UnknownNameError as error:
        return top, _("{problem} The most probable breed is explained instead.").format(problem=error)
