"""What every page has in common: title, style, sidebar, and the one place where exceptions become sentences."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from pages.components.shell import address, language_switch, navigation, session
from xai_core.errors import XaiError
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number
from xai_core.resources import ASSETS

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("style.css")


@contextmanager
def page(name: str) -> Iterator[None]:
    """Set up a page that may be opened directly, and show whatever fails inside as a sentence.

    `name` is that of the page's file, as in navigation.TITLES.
    """
    address.begin()
    st.set_page_config(
        page_title=f"{_(navigation.TITLES[name])} · SeeSpot",
        page_icon=str(ASSETS / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    navigation.ensure()
    st.html(_STYLE)
    session.begin_run()
    with guarded():
        language_switch.carry()
        address.carry_subject(name)
        language_switch.switch()
        yield
    with st.sidebar, guarded():
        _sidebar()
    session.end_run()
    if session.has_ended_meanwhile():
        st.rerun()


@contextmanager
def guarded() -> Iterator[None]:
    """Show an XaiError as its sentence and any other exception as a calm one, with its traceback in the log only."""
    try:
        yield
    except XaiError as error:
        session.mark_failed()
        st.error(str(error))
    except Exception:
        session.mark_failed()
        _log.exception("a page failed")
        st.error(_("Something unexpected went wrong here. Your photo is kept; reload the page to go on."))


def _sidebar() -> None:
    st.subheader(_("About SeeSpot"))
    st.markdown(
        _(
            "SeeSpot shows which parts of a photo made a neural network see one dog breed rather than another. "
            "Everything is computed on this computer; no photo leaves it."
        )
    )
    st.subheader(_("Stored results"))
    workbench = session.workbench()
    size = workbench.results.size()
    st.markdown(
        _(
            "**{size}** of maps are kept, so that a question asked twice is answered at once. "
            "Uploaded photos stay when you empty it."
        ).format(size=_size_text(size))
    )
    if st.button(_("Empty"), key="empty-store", disabled=size == 0):
        with st.spinner(_("Emptying")):
            workbench.results.clear()
        st.rerun()
    for problem in dict.fromkeys((workbench.results.problem, workbench.photos.problem)):
        if problem:
            st.warning(problem)


def _size_text(size: int) -> str:
    if size < 1000**3:
        return _("{size} MB").format(size=number(size / 1000**2, 1))
    return _("{size} GB").format(size=number(size / 1000**3, 2))
