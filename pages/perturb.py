"""The page "Perturb": change the photo, and see whether the answer and its explanation change with it."""

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.perturb import change, cut, hide
from pages.components.shell import frame
from xai_core.i18n.catalogues import N_, _

_PARTS = {"hide": N_("Hide a part by hand"), "change": N_("Turn, move, light"), "cut": N_("Without its background")}
_DRAW = {"hide": hide.draw, "change": change.draw, "cut": cut.draw}


def perturb() -> None:
    """Draw the page from top to bottom."""
    current = subject.read()
    st.title(_("What if the photo were another one?"), anchor=False)
    subject.bar(current)
    parts = {part: _(title) for part, title in _PARTS.items()}
    part = url_widgets.segments("part", _("What is done to the photo"), parts, "hide", hide_label=True)
    with frame.guarded():
        _DRAW[part](current)


with frame.page("perturb"):
    perturb()
