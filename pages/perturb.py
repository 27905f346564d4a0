"""The page "Perturb": change the photo, and see whether the answer and its explanation change with it."""

import streamlit as st

from pages.components import frame, linked, session, subject
from pages.components.perturb import change, cut, hide

_PARTS = {"hide": "Hide a part by hand", "change": "Turn, move, light", "cut": "Without its background"}
_DRAW = {"hide": hide.draw, "change": change.draw, "cut": cut.draw}


def perturb() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("What if the photo were another one?", anchor=False)
    subject.bar(chosen)
    part = linked.segments("part", "What is done to the photo", _PARTS, "hide", hide_label=True)
    asked = [chosen.question]
    with frame.guarded():
        _DRAW[part](chosen, asked)
    session.keep_only(asked)


with frame.page("Perturb"):
    perturb()
