"""The page "Pixels": what gradients say about single pixels, and how far that can be trusted."""

import streamlit as st

from pages.components import frame, linked, session, subject
from pages.components.pixels import noise, path, saturation, side, trained

_PARTS = {
    "side": "Side by side",
    "trained": "Trained or not?",
    "path": "A path of pictures",
    "noise": "A little noise",
    "saturation": "Why not one gradient?",
}
_DRAW = {
    "side": side.draw,
    "trained": trained.draw,
    "path": path.draw,
    "noise": noise.draw,
    "saturation": saturation.draw,
}


def pixels() -> None:
    """Draw the page from top to bottom; only the part that is open asks the network anything."""
    chosen = subject.read()
    st.title("Which pixels count?", anchor=False)
    st.markdown(
        "A **gradient** says how much the network's score for a breed would change if a pixel changed a little. "
        "The methods on this page start from that."
    )
    subject.bar(chosen)
    part = linked.segments("part", "What is shown", _PARTS, "side", hide_label=True)
    asked = [chosen.question]
    with frame.guarded():
        _DRAW[part](chosen, asked)
    session.keep_only(asked)


with frame.page("Pixels"):
    pixels()
