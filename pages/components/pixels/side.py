"""Gradient methods side by side."""

import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel, prediction_view
from pages.components.pixels.reading import methods, reading
from pages.components.shell.frame import guarded
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest

_ROW = 4
#: One to three passes each, so that a first visit sees them soon.
_USUAL = ("saliency", "gradient_x_input", "deep_lift", "guided_backprop")


def draw(subject: Subject) -> None:
    """Draw the maps of the methods that the visitor picks."""
    shown = url_widgets.several("maps", _("Methods"), methods(), _USUAL)
    if subject.target is None:
        return prediction_view.waiting_caption()
    label = subject.spec.labels[subject.target]
    reading(label, subject.address.view)
    with st.container(key="panels"):
        for first in range(0, len(shown), _ROW):
            columns = st.columns(_ROW, gap="small")
            for column, key in zip(columns, shown[first : first + _ROW], strict=False):
                explainer = build_explainer(key, {})
                request = ExplanationRequest(subject.spec.ref, subject.digest, subject.target, explainer)
                with column, st.container(border=True, height="stretch"), guarded():
                    info = explainer.info
                    source = _("Source: [{paper}]({url}).").format(paper=info.paper, url=info.url)
                    st.markdown(f"**{_(info.title)}**", help=f"{_(info.how)} {_(info.limits)} {source}")
                    map_panel.map_of(f"side-{key}", request, subject.photo, subject.address.view, label)
    if not shown:
        st.caption(_("Choose a method above to see its map."))
