"""The language of the visitor: what the address says, else what they chose before, else what their browser prefers."""

import streamlit as st

from pages.components.shell import address
from pages.components.shell.streamlit_internals import page_run
from xai_core.i18n import catalogues
from xai_core.i18n.catalogues import LANGUAGES, _

_NAME, _CHOSEN, _SWITCH = "lang", "language-chosen", "language"


def current() -> str | None:
    """Return the key of the visitor's language; None in a thread that draws nobody's page."""
    if page_run() is None:
        return None
    for key in (address.query().get(_NAME), st.session_state.get(_CHOSEN)):
        if key in LANGUAGES:
            return key
    browser = (st.context.locale or "").partition("-")[0]
    return browser if browser in LANGUAGES else catalogues.ENGLISH


def carry() -> None:
    """Keep the language that an address names, and put it into the address of the page that comes next."""
    if address.query().get(_NAME) in LANGUAGES:
        st.session_state[_CHOSEN] = address.query()[_NAME]
    elif _CHOSEN in st.session_state:
        address.put(**{_NAME: st.session_state[_CHOSEN]})


def switch() -> None:
    """Draw the choice of a language at the top of the page (see style.css), and mark the page's language as HTML does."""
    with st.container(key="language-switch"):
        # Set in every run, unlike other widgets: a run in the last language that ends late may have moved it back.
        st.session_state[_SWITCH] = catalogues.current_language()
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            format_func=str.upper,
            key=_SWITCH,
            required=True,
            label_visibility="collapsed",
            on_change=_take,
        )
        st.html(
            f"<script>document.documentElement.lang = '{catalogues.current_language()}'</script>",
            unsafe_allow_javascript=True,
        )


def _take() -> None:
    st.session_state[_CHOSEN] = st.session_state[_SWITCH]
    address.put(**{_NAME: st.session_state[_SWITCH]})
