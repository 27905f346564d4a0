"""The pages, their titles and addresses: for app.py, and for a page that is opened before app.py ever ran."""

import streamlit as st

from pages.components.shell import language_switch
from pages.components.shell.streamlit_internals import StreamlitPage
from xai_core.i18n import catalogues
from xai_core.i18n.catalogues import N_, _
from xai_core.resources import ROOT

_FOLDER = ROOT / "pages"
_EXPLAIN = _FOLDER / "explain.py"

#: The pages' titles by the names of their files, in the order of the row of pages.
TITLES = {
    "explain": N_("Explain"),
    "tour": N_("Tour"),
    "why": N_("Why this breed?"),
    "layers": N_("Layers"),
    "pixels": N_("Pixels"),
    "perturb": N_("Perturb"),
    "concepts": N_("Concepts"),
    "compare": N_("Compare"),
    "audit": N_("Audit"),
    "methods": N_("Methods"),
}
_SHOWN = "navigation-shown"


def navigation() -> StreamlitPage:
    """Show the row of pages and return the one that the address asks for."""
    catalogues.set_language_source(language_switch.current)
    st.session_state[_SHOWN] = True
    return st.navigation(
        [
            # Served at "/". Its own path is never used; by default it would be "explain" and keep the next one from it.
            st.Page(_EXPLAIN, title=_(TITLES[_EXPLAIN.stem]), default=True, url_path="start"),
            *(
                st.Page(_FOLDER / f"{file}.py", title=_(title))
                for file, title in TITLES.items()
                if file != _EXPLAIN.stem
            ),
            st.Page(_to_the_first_page, title=_(TITLES[_EXPLAIN.stem]), url_path="explain", visibility="hidden"),
        ],
        position="top",
    )


def ensure() -> None:
    """Begin the run anew through app.py where it has not run for this visitor.

    After a start Streamlit takes the folder `pages` for its older kind of app: the first page asked for by its own
    address runs alone, without the row of pages, until `st.navigation` was called once.
    """
    if _SHOWN not in st.session_state:
        navigation()
        st.rerun()


def _to_the_first_page() -> None:
    """Redirect /explain, which people type and keep, to where Streamlit serves the first page."""
    st.switch_page(_EXPLAIN, query_params=st.query_params.to_dict())
