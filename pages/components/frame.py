"""What every page has in common: its title and style, the sidebar, and the one place where failures become sentences."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from pages.components import address, navigation, session
from xai_core.errors import XaiError

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]
_STYLE = Path(__file__).with_name("style.css")


@contextmanager
def page(title: str) -> Iterator[None]:
    """Set up a page that may be opened directly, and show whatever fails inside as a sentence."""
    st.set_page_config(
        page_title=f"{title} · SeeSpot",
        page_icon=str(_ROOT / "assets" / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    navigation.ensure()
    st.html(_STYLE)
    with guarded():
        address.carry_subject(title)
        yield
    with st.sidebar, guarded():
        _sidebar()


@contextmanager
def guarded() -> Iterator[None]:
    """Show an XaiError as its sentence and any other exception as a calm one, with its traceback in the log only."""
    try:
        yield
    except XaiError as error:
        st.error(str(error))
    except Exception:
        _log.exception("a page failed")
        st.error("Something unexpected went wrong here. Your photo is kept; reload the page to go on.")


def _sidebar() -> None:
    st.subheader("About SeeSpot")
    st.markdown(
        "SeeSpot shows which parts of a photo made a neural network see one dog breed rather than another. "
        "Everything is computed on this computer; no photo leaves it."
    )
    st.subheader("Stored results")
    workbench = session.workbench()
    size = workbench.results.size()
    st.markdown(
        f"**{_spoken_size(size)}** of maps are kept, so that a question asked twice is answered at once. "
        "Uploaded photos stay when you empty it."
    )
    if st.button("Empty", key="empty-store", disabled=size == 0):
        with st.spinner("Emptying"):
            workbench.results.clear()
        st.rerun()
    for problem in dict.fromkeys((workbench.results.problem, workbench.photos.problem)):
        if problem:
            st.warning(problem)


def _spoken_size(size: int) -> str:
    return f"{size / 1000**2:.1f} MB" if size < 1000**3 else f"{size / 1000**3:.2f} GB"
