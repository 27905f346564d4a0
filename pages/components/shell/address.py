"""A page's whole state as the query of its address, so that a link or a reload opens the same view."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from pages.components.shell.streamlit_internals import page_run
from xai_core import params
from xai_core.errors import XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import DEFAULT_METHODS, EXPLAINERS, build_explainer
from xai_core.i18n.catalogues import N_, _
from xai_core.render.heatmap import Mode

#: Keys in the session: the present query, the page it belongs to, and the queries before it, the latest last.
_QUERY, _PAGE, _PREVIOUS = "address", "address-page", "address-left"
_REMEMBERED = 30  # queries; far more than a visitor leaves behind while one message of the browser is on its way


@dataclass(frozen=True)
class View:
    """How maps are drawn, the same for all panels."""

    mode: Mode = "overlay"
    opacity: int = 60  # % of full heat
    strongest: int = 100  # % of the pixels that are drawn

    @property
    def drawing(self) -> dict[str, Any]:
        """The arguments of `render.heatmap.overlay` that draw a map this way."""
        return {"mode": self.mode, "opacity": self.opacity / 100, "share": self.strongest / 100}


@dataclass(frozen=True)
class Address:
    """What an address names. Invalid values have their defaults, and a sentence each in `problems`."""

    sample: str
    photo: str | None  # digest of an upload, which comes before the sample
    crop: str | None  # the part of the photo that is explained: "dog", or as cropping.parse_box reads it
    network: str
    target: str | None  # WordNet id or position; None stands for the most probable breed
    panels: tuple[Explainer, ...]
    view: View
    problems: tuple[str, ...]


_UNKNOWN = {
    "sample": N_("The link asks for the sample “{name}”, which does not exist; the first one is shown."),
    "network": N_("The link asks for the network “{name}”, which does not exist; the first one is shown."),
}


def begin() -> None:
    """Settle the query of this run; each run of a page calls this before anything else.

    The session decides, not the browser: the query that the browser sends with a poll or a click may be older than the
    visitor's last choice, and would undo it. The browser decides only when it opens a page, follows a link or goes back in
    its history.
    """
    run = page_run()
    assert run is not None
    state, sent = st.session_state, st.query_params.to_dict()
    if _QUERY not in state or state[_PAGE] != run.page or run.from_history:
        state[_QUERY], state[_PAGE], state[_PREVIOUS] = sent, run.page, deque(maxlen=_REMEMBERED)
    elif sent in state[_PREVIOUS]:
        st.query_params.from_dict(state[_QUERY])
    elif sent != state[_QUERY]:
        state[_PREVIOUS].append(state[_QUERY])
        state[_QUERY] = sent


def query() -> Mapping[str, str]:
    """Return the query of the visitor's page, by name."""
    return st.session_state[_QUERY]


def read(query: Mapping[str, str], *, samples: Collection[str], networks: Collection[str]) -> Address:
    """Return what `query` names; the first sample and the first network are the defaults."""
    problems: list[str] = []

    def option(name: str, allowed: Collection[str]) -> str:
        value = query.get(name)
        if value is not None and value not in allowed:
            problems.append(_(_UNKNOWN[name]).format(name=value[:40]))
        return value if value is not None and value in allowed else next(iter(allowed))

    return Address(
        sample=option("sample", samples),
        photo=query.get("photo"),
        crop=query.get("crop"),
        network=option("network", networks),
        target=query.get("target"),
        panels=tuple(_panel(query, number, problems) for number in range(1, len(DEFAULT_METHODS) + 1)),
        view=View(
            mode=query.get("view") if query.get("view") in get_args(Mode) else View.mode,  # type: ignore[arg-type]
            opacity=_percentage(query.get("opacity"), View.opacity, 0),
            strongest=_percentage(query.get("strongest"), View.strongest, 1),
        ),
        problems=tuple(problems),
    )


#: The names that are carried along from page to page.
_SUBJECT = ("sample", "photo", "crop", "network", "target")


def carry_subject(page: str) -> None:
    """Put the photo, network and breed of the page that the visitor comes from into the address of `page`.

    An address that names any of them itself is a link and is left alone.
    """
    arrived = st.session_state.get("page") != page
    st.session_state["page"] = page
    if arrived and not any(name in query() for name in _SUBJECT):
        put(**st.session_state.get("subject", {}))
    st.session_state["subject"] = subject_query()


def subject_query() -> dict[str, str]:
    """Return the photo, the network and the breed of this page's address, for links to other pages."""
    return {name: query()[name] for name in _SUBJECT if name in query()}


def option(name: str, allowed: Collection[str], default: str) -> str:
    """Return the address's choice `name`, or the default where it is missing or not allowed."""
    value = query().get(name, default)
    return value if value in allowed else default


def whole_number(name: str, minimum: int, maximum: int, default: int) -> int:
    """Return the address's whole number `name`, or the default where it is missing, no number or out of range."""
    try:
        value = int(query().get(name, default))
    except ValueError:
        return default
    return value if minimum <= value <= maximum else default


def put(**values: Any) -> None:
    """Write these values into the address of the visitor's page; None removes one."""
    kept = {name: text for name, text in query().items() if name not in values}
    _set(kept | {name: str(value) for name, value in values.items() if value is not None})


def put_panel(number: int, method: str, settings: Mapping[str, Any]) -> None:
    """Write which method panel `number` (from 1) shows; only what differs from the defaults is written."""
    prefix = f"panel{number}"
    changed = {name: text for name, text in query().items() if name != prefix and not name.startswith(f"{prefix}.")}
    if method != DEFAULT_METHODS[number - 1]:
        changed[prefix] = method
    for spec in params.param_specs(EXPLAINERS[method]):
        if spec.name in settings and settings[spec.name] != spec.default:
            changed[f"{prefix}.{spec.name}"] = str(settings[spec.name])
    _set(changed)


def remove_layers() -> None:
    """Remove the layers from the address: another network has other ones."""
    layers = {
        spec.name for method in EXPLAINERS.values() for spec in params.param_specs(method) if spec.kind == "layer"
    }
    _set({name: text for name, text in query().items() if name.rpartition(".")[2] not in layers})


def _set(changed: dict[str, str]) -> None:
    """Make this the query, here and in the browser."""
    state = st.session_state
    if changed == state[_QUERY]:
        return
    if changed in state[_PREVIOUS]:
        state[_PREVIOUS].remove(changed)
    state[_PREVIOUS].append(state[_QUERY])
    state[_QUERY] = changed
    st.query_params.from_dict(changed)


def _panel(query: Mapping[str, str], number: int, problems: list[str]) -> Explainer:
    prefix = f"panel{number}"
    settings = {name.partition(".")[2]: text for name, text in query.items() if name.startswith(f"{prefix}.")}
    default = DEFAULT_METHODS[number - 1]
    try:
        return build_explainer(query.get(prefix, default), settings)
    except XaiError as error:
        problems.append(
            _("Panel {number} is shown with its usual settings: {problem}").format(number=number, problem=error)
        )
        return build_explainer(default, {})


def _percentage(text: str | None, default: int, least: int) -> int:
    try:
        return min(max(int(text or default), least), 100)
    except ValueError:
        return default
