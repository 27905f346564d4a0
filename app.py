"""SeeSpot, what a CNN saw in a dog photo: `streamlit run app.py`. Which pages there are; the rest is theirs."""

import streamlit as st

_TITLES = ("Explain", "Layers", "Pixels", "Perturb", "Concepts", "Methods")

st.navigation(
    [st.Page(f"pages/{title.lower()}.py", title=title, default=title == "Explain") for title in _TITLES], position="top"
).run()
