"""Presenter mode: one thing at a time, as large as it fits, moved by the arrow keys; `present=yes` in the address."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shell import address
from xai_core.i18n.catalogues import _

_STYLE = Path(__file__).with_name("presenter_mode.css")


def on() -> bool:
    """Return whether this page is being presented."""
    return address.query().get("present") == "yes"


def enter() -> None:
    """Draw the button that begins it."""
    st.button(
        _("Present"),
        key="present",
        icon=":material/slideshow:",
        help=_("Large pictures without controls, for a room: the arrow keys go on and back, Escape leaves."),
        on_click=address.put,
        kwargs={"present": "yes"},
    )


def dress() -> None:
    """Hide everything that controls and enlarge the rest; a page that is being presented calls this first."""
    st.html(_STYLE)


def steps(name: str, place: int, count: int, *, leave: bool = True) -> None:
    """Draw the way back and on through `count` places of which the `place`-th is shown, and with `leave` the way out.

    The places are the address's whole number `name`, from 1. Arrow keys press the buttons, Escape leaves.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="steps"):
        _to(_("Back"), "step-back", ":material/arrow_back:", "Left", {name: place - 1}, place == 1)
        st.markdown(_("**{place}** of {count}").format(place=place, count=count), width="content")
        _to(_("Next"), "step-next", ":material/arrow_forward:", "Right", {name: place + 1}, place == count)
        if leave:
            _to(_("Leave"), "step-leave", ":material/close:", "Esc", {"present": None}, False)


def _to(label: str, key: str, icon: str, shortcut: str, goal: Mapping[str, Any], disabled: bool) -> None:
    st.button(
        label,
        key=key,
        icon=icon,
        shortcut=shortcut,
        disabled=disabled,
        on_click=address.put,
        kwargs=dict(goal),
    )
