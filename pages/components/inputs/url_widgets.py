"""Widgets that show what the page's address says and write back what the visitor chooses."""

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.components.shell import address
from xai_core.i18n import catalogues
from xai_core.i18n.catalogues import _

T = TypeVar("T")
_SET = "values-set"  # the value that each widget is to show, and since when (s) it has been set
_DRAWN_AFTER = 3.0  # s; by then a browser has drawn the value that was set


def slider(
    name: str, label: str, minimum: int, maximum: int, usual: int, *, unit: str = "%", help: str | None = None
) -> int:
    """Draw a slider for the address's whole number `name` and return it."""
    value = address.whole_number(name, minimum, maximum, usual)
    key = _shown(name, value)
    form = f"%d {unit.replace('%', '%%')}".strip()
    st.slider(label, minimum, maximum, value, key=key, format=form, help=help, on_change=_take, args=(name, key, usual))
    return value


def span(name: str, label: str, usual: tuple[int, int], least: int, *, help: str | None = None) -> tuple[int, int]:
    """Draw a slider with two handles, in % and at least `least` apart, for the address's "20-80", and return both."""
    value = usual
    if match := re.fullmatch(r"(\d{1,3})-(\d{1,3})", address.query().get(name, "")):
        low, high = int(match[1]), int(match[2])
        value = (low, high) if low <= high <= 100 else usual
    key = _shown(name, value)

    def to_text(both: tuple[int, int]) -> str:
        return f"{both[0]}-{both[1]}"

    st.slider(
        label, 0, 100, value, key=key, format="%d %%", help=help, on_change=_take, args=(name, key, usual, to_text)
    )
    if value[1] - value[0] < least:
        st.caption(_("Leave at least {least} % between the two handles.").format(least=least))
    return value


def steps(name: str, label: str, titles: Sequence[str], usual: int, *, help: str | None = None) -> int:
    """Draw a slider over named steps for the address's number of the step `name`, and return it."""
    value = address.whole_number(name, 0, len(titles) - 1, usual)
    key = _shown(name, value, texts=True)
    st.select_slider(
        label,
        range(len(titles)),
        value,
        format_func=titles.__getitem__,
        key=key,
        help=help,
        on_change=_take,
        args=(name, key, usual),
    )
    return value


def segments(name: str, label: str, titles: Mapping[str, str], usual: str, *, hide_label: bool = False) -> str:
    """Draw the titles beside each other for the address's choice `name`, and return the choice."""
    value = address.option(name, titles, usual)
    key = _shown(name, value, texts=True)
    st.segmented_control(
        label,
        list(titles),
        default=value,
        format_func=titles.__getitem__,
        key=key,
        required=True,
        wrap=True,
        on_change=_take,
        args=(name, key, usual),
        label_visibility="collapsed" if hide_label else "visible",
    )
    return value


def flag(name: str, label: str, *, help: str | None = None) -> bool:
    """Draw a switch for the address's "yes" under `name`, and return whether it is on."""
    value = address.query().get(name) == "yes"
    key = _shown(name, value)
    st.toggle(label, value, key=key, help=help, on_change=_take, args=(name, key, False, lambda on: "yes"))
    return value


def choice(name: str, label: str, titles: Mapping[str, str], usual: str, *, help: str | None = None) -> str:
    """Draw a list of titles for the address's choice `name`, and return the choice."""
    value = address.option(name, titles, usual)
    key = _shown(name, value, texts=True)
    st.selectbox(
        label,
        list(titles),
        list(titles).index(value),
        format_func=titles.__getitem__,
        key=key,
        help=help,
        on_change=_take,
        args=(name, key, usual),
    )
    return value


def several(name: str, label: str, titles: Mapping[str, str], usual: Sequence[str]) -> list[str]:
    """Draw the titles for the address's choices "one,other" under `name`, and return those chosen in the titles' order."""
    text = address.query().get(name)
    names = usual if text is None else text.split(",")
    value = [title for title in titles if title in names]
    key = _shown(name, value, texts=True)
    st.pills(
        label,
        list(titles),
        selection_mode="multi",
        default=value,
        format_func=titles.__getitem__,
        key=key,
        wrap=True,
        on_change=_take,
        args=(name, key, [title for title in titles if title in usual], ",".join),
    )
    return value


def colour(name: str, label: str, usual: str) -> tuple[int, int, int]:
    """Draw a colour picker for the address's "808080" and return red, green and blue in 0 to 255."""
    text = address.query().get(name, usual).lower()
    value = text if re.fullmatch(r"[0-9a-f]{6}", text) else usual
    key = _shown(name, f"#{value}")
    st.color_picker(
        label,
        f"#{value}",
        key=key,
        on_change=_take,
        args=(name, key, f"#{usual}", lambda shown: shown.removeprefix("#")),
    )
    red, green, blue = bytes.fromhex(value)
    return red, green, blue


def show_value(key: str, value: T) -> T:
    """Let the widget `key`, which is drawn next, show `value`, and return it: the widget is to begin with it, too.

    The value of a widget that shows something else is set, in each run for a while: of runs close together a browser may
    draw only the last. A widget that shows the value is left alone: setting it would undo what its visitor is moving.
    """
    last_set: dict[str, tuple[Any, float]] = st.session_state.setdefault(_SET, {})
    shown, now = st.session_state.get(key, value), time.monotonic()
    if shown != value:
        last_set[key] = (value, now)
    elif key not in last_set or last_set[key][0] != value:
        last_set[key] = (value, -math.inf)
    if now - last_set[key][1] < _DRAWN_AFTER:
        st.session_state[key] = value
    return value


def moved_by_visitor(key: str) -> bool:
    """Return whether the visitor moved the widget `key` away from the value that `show_value` last set.

    A new widget may report its first value as if it were chosen, when the page already shows something else.
    """
    last_set: dict[str, tuple[Any, float]] = st.session_state.get(_SET, {})
    return key not in last_set or st.session_state[key] != last_set[key][0]


def key_of_texts(key: str) -> str:
    """Return the key of a widget whose choices are texts, in the current language.

    The browser sends a choice back as its text. Each language has a widget of its own, or a text of the last language
    would be taken for a choice in the present one.
    """
    return key if catalogues.current_language() == catalogues.ENGLISH else f"{key}-{catalogues.current_language()}"


def _shown(name: str, value: Any, *, texts: bool = False) -> str:
    """Return the widget's key, having put the address's value into it; `texts` where its choices are texts."""
    key = key_of_texts(f"linked-{name}") if texts else f"linked-{name}"
    show_value(key, value)
    return key


def _take(name: str, key: str, usual: Any, to_text: Callable[[Any], Any] = lambda value: value) -> None:
    value = st.session_state[key]
    address.put(**{name: None if value == usual else to_text(value)})
