"""The same map from the trained network and from one with random weights."""

import math

import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel, prediction_view
from pages.components.pixels.reading import methods, reading
from pages.components.shell.frame import guarded
from xai_core.classifiers.randomised import randomised
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number
from xai_core.maps.agreement import strength_agreement
from xai_core.requests import ExplanationRequest

_USUAL = "guided_backprop"
_PAPER = "https://arxiv.org/abs/1810.03292"


def draw(subject: Subject) -> None:
    """Draw both maps beside each other, and how far they agree in words."""
    st.markdown(
        _(
            "A map should show what the network **learned**. So here is the same map twice: once from the trained "
            "network, once from the same network with random weights, which learned nothing. Where both look alike, the "
            "picture comes from the photo's edges and from how the network is built."
        )
    )
    with st.columns([4, 8], gap="medium")[0]:
        method = url_widgets.choice("method", _("Method"), methods(), _USUAL)
    if subject.target is None:
        return prediction_view.waiting_caption()
    label = subject.spec.labels[subject.target]
    reading(label, subject.address.view)
    explainer = build_explainer(method, {})
    explanations = []
    left, right, verdict = st.columns([4, 4, 4], gap="medium")
    for column, title, network in (
        (left, _("The trained network"), subject.spec.ref),
        (right, _("The same network with random weights"), randomised(subject.spec)),
    ):
        request = ExplanationRequest(network, subject.digest, subject.target, explainer)
        with column, guarded():
            st.markdown(f"**{title}**")
            explanation = map_panel.map_of(
                str(network), request, subject.photo, subject.address.view, label, with_text=network == subject.spec.ref
            )
            explanations.append(explanation)
    with verdict:
        st.markdown(_("**Do they agree?**"))
        one, other = explanations if len(explanations) == 2 else (None, None)
        if one is None or other is None:
            st.caption(_("The answer needs both maps."))
        else:
            st.markdown(_verdict(strength_agreement(one.values, other.values)))
        st.markdown(
            _(
                "Guided backpropagation and DeconvNet act partly as **edge detectors**: they draw fine outlines of "
                "whatever is in the photo, and would do so for many other networks too ([Adebayo et al. 2018]({paper})). "
                "A sharp picture is not yet a true one."
            ).format(paper=_PAPER)
        )


def _verdict(agreement: float) -> str:
    """Return a rank correlation in words."""
    if math.isnan(agreement):
        return _("One of the two maps is empty, so there is nothing to compare.")
    figure = _(
        "The rank correlation of their strengths is **{agreement}** "
        "(1: the same pixels in the same order, 0: no more than chance)."
    ).format(agreement=number(agreement, 2))
    if agreement >= 0.5:
        meaning = _(
            "The two maps colour much the same places: most of this picture does not depend on what the network learned."
        )
    elif agreement >= 0.2:
        meaning = _("The two maps share some of their places: part of this picture comes without any learning.")
    else:
        meaning = _("The two maps have little in common: what this picture shows depends on what the network learned.")
    return f"{figure} {meaning}"
