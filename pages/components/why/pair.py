"""The two breeds of the page, A and B, and the networks that are compared on them."""

import dataclasses
from dataclasses import dataclass

import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import prediction_view
from pages.components.shell import address, session
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.registry import target_position
from xai_core.errors import UnknownNameError
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Label, Prediction

_USUAL_NETWORKS = 2
#: The two breeds of the study's own case, on the sample to which the networks give the most of both (VGG16 3 % and 2 %,
#: InceptionV3 2 % and 1 %, which gives more to an owl alone, when this was written).
SCENARIO = {"sample": "sheep", "photo": None, "target": "n02090721", "rather": "n02092002"}


@dataclass(frozen=True, eq=False)
class Row:
    """One network, both breeds' positions in its labels, and its prediction for the photo."""

    spec: ModelSpec
    target: int  # A
    against: int  # B
    digest: str
    job: Job[Prediction]

    @property
    def prediction(self) -> Prediction | None:
        """The network's prediction; None while it is computed."""
        return self.job.result() if self.job.state == "done" else None

    @property
    def a(self) -> str:
        """The name of breed A."""
        return formatting.breed(self.spec.labels[self.target])

    @property
    def b(self) -> str:
        """The name of breed B."""
        return formatting.breed(self.spec.labels[self.against])

    def requests(self, explainer: Explainer) -> tuple[ExplanationRequest, ExplanationRequest, ExplanationRequest]:
        """Return the requests for the maps for A, for B, and for A rather than B."""
        network, contrast = self.spec.ref, dataclasses.replace(self.spec.ref, minus=self.against)
        return (
            ExplanationRequest(network, self.digest, self.target, explainer),
            ExplanationRequest(network, self.digest, self.against, explainer),
            ExplanationRequest(contrast, self.digest, self.target, explainer),
        )


def networks() -> list[str]:
    """Draw the choice of the networks, and of an example, and return their keys."""
    titles = {key: spec.title for key, spec in session.workbench().specs().items()}
    with st.container(horizontal=True, gap="small"):
        with st.popover(_("Networks"), icon=":material/network_node:"):
            keys = url_widgets.several("networks", _("Networks"), titles, list(titles)[:_USUAL_NETWORKS])
        with st.popover(_("An example"), icon=":material/history_edu:"):
            _scenario()
    return keys


def rows(subject: Subject, against: Label | None, networks: list[str]) -> list[Row]:
    """Return a row for each network that can compare both breeds; where none can, one sentence says why."""
    if subject.label is None or against is None:
        prediction_view.waiting_caption()
        return []
    if not networks:
        st.info(_("Choose at least one network."))
        return []
    if against == subject.label:
        same = _("Both breeds are {breed}: choose another one to compare it with.")
        st.info(same.format(breed=formatting.breed(subject.label)))
        return []
    if len(networks) == 1:
        alone = _("Only {network} is asked; choose a second network to see whether it looks at the same places.")
        st.caption(alone.format(network=session.workbench().specs()[networks[0]].title))
    return [row for key in networks if (row := _row(subject, key, against)) is not None]


def other_breed(subject: Subject) -> Label | None:
    """Draw the choice of breed B and return it, which may be A; None while it is not known."""
    labels, prediction = subject.spec.labels, subject.prediction
    text = address.query().get("rather")
    position = problem = None
    if text is not None:
        try:
            position = target_position(subject.spec, text)
        except UnknownNameError as error:
            problem = str(error)
    if position is None and prediction is not None:
        position = next(place for place in prediction.top(2) if place != subject.target)
    names = formatting.breed_names(labels)
    order = sorted(range(len(names)), key=names.__getitem__) if prediction is None else prediction.top(len(names))
    order = [place for place in order if place != subject.target]
    shown = None if position == subject.target else position

    def title(place: int) -> str:
        if prediction is None:
            return names[place]
        return f"{names[place]} · {formatting.share(float(prediction.probabilities[place]))}"

    # Another key for other texts, as for the breed that is explained (pickers.target_picker).
    key = f"rather-{subject.spec.key}-{subject.digest if prediction else 'unknown'}-{subject.target}"
    url_widgets.show_value(key, shown)
    st.selectbox(
        _("Rather than (its true breed, or another)"),
        order,
        None if shown is None else order.index(shown),
        format_func=title,
        key=key,
        placeholder=_("Choose a breed"),
        on_change=_take_breed,
        args=(key, labels),
        help=_("If you know what the dog really is, choose that. Until then it is the network's second guess."),
    )
    if problem is not None:
        st.warning(problem)
    return None if position is None else labels[position]


def _take_breed(key: str, labels: tuple[Label, ...]) -> None:
    position = st.session_state[key]
    address.put(rather=None if position is None else labels[position].wnid or position)


def _row(subject: Subject, key: str, against: Label) -> Row | None:
    """Return the network's row; one that does not know both breeds is named and left out."""
    assert subject.label is not None
    spec = session.workbench().specs()[key]
    positions = []
    for label in (subject.label, against):
        try:
            positions.append(target_position(spec, label.wnid or label.english))
        except UnknownNameError:
            unknown = _("{network} knows no {breed}, so it has nothing to compare here.")
            st.info(unknown.format(network=spec.title, breed=formatting.breed(label)))
            return None
    request = PredictionRequest(spec.ref, subject.digest)
    return Row(spec, positions[0], positions[1], subject.digest, session.ask(request, subject.photo.image))


def _scenario() -> None:
    st.markdown(
        _(
            "SeeSpot began with a photo of an Irish wolfhound that a network took for a Scottish deerhound: which parts "
            "of the photo misled it? No photo of either breed comes with SeeSpot. Upload one on the page Explain, or ask "
            "the question of the sheep: of all samples, the networks find most of both breeds in its coat."
        )
    )
    st.button(_("Irish wolfhound or Scottish deerhound?"), key="scenario", on_click=address.put, kwargs=SCENARIO)
