"""Gradient methods side by side."""

import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import map_panel
from pages.components.pixels.reading import breeds_first, methods, reading
from pages.components.shell.frame import guarded
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import _
from xai_core.requests import ExplanationRequest

_ROW = 4
#: One to three questions each, so that a first visit sees them soon.
_USUAL = ("saliency", "gradient_x_input", "deep_lift", "guided_backprop")


def draw(chosen: Subject) -> None:
    """Draw the maps of the methods that the visitor picks."""
    shown = url_widgets.several("maps", _("Methods"), methods(), _USUAL)
    if chosen.target is None:
        return breeds_first()
    label = chosen.spec.labels[chosen.target]
    reading(label, chosen.address.view)
    with st.container(key="panels"):
        for first in range(0, len(shown), _ROW):
            columns = st.columns(_ROW, gap="small")
            for column, key in zip(columns, shown[first : first + _ROW], strict=False):
                explainer = build_explainer(key, {})
                question = ExplanationRequest(chosen.spec.ref, chosen.digest, chosen.target, explainer)
                with column, st.container(border=True, height="stretch"), guarded():
                    info = explainer.info
                    source = _("Source: [{paper}]({url}).").format(paper=info.paper, url=info.url)
                    st.markdown(f"**{_(info.title)}**", help=f"{_(info.how)} {_(info.limits)} {source}")
                    map_panel.map_of(f"side-{key}", question, chosen.held, chosen.address.view, label)
    if not shown:
        st.caption(_("Choose a method above to see its map."))
