"""The page "Concepts"."""

import streamlit as st

from pages.components import frame, session, subject


def concepts() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title("Concepts", anchor=False)
    subject.bar(chosen)
    session.keep_only([chosen.question])


with frame.page("Concepts"):
    concepts()
