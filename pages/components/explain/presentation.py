"""The page Explain in presenter mode: first the photo and its breeds, then one map after the other."""

import streamlit as st

from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel, prediction_view
from pages.components.outputs.bars import bars
from pages.components.shell import address, presenter_mode, session
from pages.components.shell.frame import guarded
from xai_core.explainers.base import Explainer
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest


def explain(chosen: Subject) -> None:
    """Draw the place that the address asks for; all maps are being computed from now on."""
    presenter_mode.dress()
    target = chosen.target
    questions: dict[Explainer, ExplanationRequest] = {}
    if target is not None:
        questions = {
            one: ExplanationRequest(chosen.spec.ref, chosen.digest, target, one) for one in chosen.address.panels
        }
    for question in questions.values():
        session.ask(question, chosen.held.image)
    count = 1 + len(chosen.address.panels)
    place = address.whole_number("map", 1, count, 1)
    explainer = None if place == 1 else chosen.address.panels[place - 2]
    with st.container(horizontal=True, vertical_alignment="center", key="stage-top"):
        st.header(_title(chosen, explainer), anchor=False)
        presenter_mode.steps("map", place, count)
    with st.container(key="stage"):
        picture, text = st.columns([9, 5], gap="medium")
        with picture, st.container(key="stage-pictures"), guarded():
            explanation = None
            if explainer is None or explainer not in questions:
                st.image(chosen.held.shown, alt=chosen.held.image.name)
            else:
                label = chosen.spec.labels[questions[explainer].target]
                question = questions[explainer]
                explanation = map_panel.map_of(
                    f"map-{place}", question, chosen.held, chosen.address.view, label, told=False
                )
        with text, st.container(key="stage-texts"), guarded():
            if explainer is None:
                _breeds(chosen)
            elif chosen.label is not None:
                st.markdown(_(explainer.info.sentence))
                map_panel.legend(formatting.breed(chosen.label))
                if explanation is not None:
                    st.caption("  \n".join(diagnostic_sentences(explanation.diagnostics)))
                st.subheader(_("Where it fools you"), anchor=False)
                st.markdown(_(explainer.info.limits))


def _title(chosen: Subject, explainer: Explainer | None) -> str:
    if explainer is None or chosen.label is None:
        return _("What does {network} see?").format(network=chosen.spec.title)
    return _("{method}: what speaks for {breed}?").format(
        method=_(explainer.info.title), breed=formatting.breed(chosen.label)
    )


def _breeds(chosen: Subject) -> None:
    if chosen.prediction is None:
        prediction_view.waiting(chosen.request, chosen.job, chosen.spec)
    else:
        bars(chosen.prediction, chosen.target)
        prediction_view.notice(chosen.prediction)
