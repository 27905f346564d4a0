"""The page "Methods"."""

import streamlit as st

from pages.components import frame, session, subject


def methods() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("Methods", anchor=False)
    subject.bar(chosen)
    session.keep_only([chosen.question])


with frame.page("Methods"):
    methods()
