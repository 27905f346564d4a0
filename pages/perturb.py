"""The page "Perturb"."""

import streamlit as st

from pages.components import frame, session, subject


def perturb() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("Perturb", anchor=False)
    subject.bar(chosen)
    session.keep_only([chosen.question])


with frame.page("Perturb"):
    perturb()
