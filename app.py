"""SeeSpot, what a CNN saw in a dog photo: `streamlit run app.py`. Which pages there are; the rest is theirs."""

import streamlit as st

st.navigation([st.Page("pages/explain.py", title="Explain", default=True)], position="top").run()
