"""The page Explain in presenter mode: first the photo and its breeds, then one map after the other."""

import streamlit as st

from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel, prediction_view
from pages.components.shell import address, presenter_mode, session
from pages.components.shell.frame import guarded
from xai_core.explainers.base import Explainer
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest
from xai_core.types import Explanation


def explain(subject: Subject) -> None:
    """Draw the step that the address names, having asked for all maps."""
    presenter_mode.dress()
    requests: dict[Explainer, ExplanationRequest] = {}
    if (target := subject.target) is not None:
        requests = {
            explainer: ExplanationRequest(subject.spec.ref, subject.digest, target, explainer)
            for explainer in subject.address.panels
        }
    for request in requests.values():
        session.ask(request, subject.photo.image)
    count = 1 + len(subject.address.panels)
    step = address.whole_number("map", 1, count, 1)
    explainer = None if step == 1 else subject.address.panels[step - 2]
    with st.container(horizontal=True, vertical_alignment="center", key="stage-top"):
        st.header(_title(subject, explainer), anchor=False)
        presenter_mode.steps("map", step, count)
    with st.container(key="stage"):
        pictures, texts = st.columns([9, 5], gap="medium")
        explanation = None
        with pictures, st.container(key="stage-pictures"), guarded():
            if explainer is None or explainer not in requests:
                st.image(prediction_view.framed(subject.photo), alt=subject.photo.image.name)
            else:
                request, view = requests[explainer], subject.address.view
                label = subject.spec.labels[request.target]
                explanation = map_panel.map_of(f"map-{step}", request, subject.photo, view, label, with_text=False)
        with texts, st.container(key="stage-texts"), guarded():
            if explainer is None:
                _breeds(subject)
            elif subject.label is not None:
                _method(explainer, formatting.breed(subject.label), explanation)


def _title(subject: Subject, explainer: Explainer | None) -> str:
    if explainer is None or subject.label is None:
        return _("What does {network} see?").format(network=subject.spec.title)
    return _("{method}: what speaks for {breed}?").format(
        method=_(explainer.info.title), breed=formatting.breed(subject.label)
    )


def _breeds(subject: Subject) -> None:
    if subject.prediction is None:
        prediction_view.waiting(subject.request, subject.job, subject.spec)
    else:
        prediction_view.bars(subject.prediction, subject.target)
        prediction_view.notice(subject.prediction)


def _method(explainer: Explainer, breed: str, explanation: Explanation | None) -> None:
    st.markdown(_(explainer.info.sentence))
    map_panel.legend(breed)
    if explanation is not None:
        st.caption("  \n".join(diagnostic_sentences(explanation.diagnostics)))
    st.subheader(_("Where it fools you"), anchor=False)
    st.markdown(_(explainer.info.limits))
