"""The page "Pixels"."""

import streamlit as st

from pages.components import frame, session, subject


def pixels() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("Pixels", anchor=False)
    subject.bar(chosen)
    session.keep_only([chosen.question])


with frame.page("Pixels"):
    pixels()
