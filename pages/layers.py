"""The page "Layers"."""

import streamlit as st

from pages.components import frame, session, subject


def layers() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("Layers", anchor=False)
    subject.bar(chosen)
    session.keep_only([chosen.question])


with frame.page("Layers"):
    layers()
