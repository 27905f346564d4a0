"""The page's whole state as the words after "?" in its address, so that a link or a reload opens the same view."""

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

#: In the session: what the address says, the page it belongs to, and what it said before, the latest last.
_SAID, _PAGE, _LEFT = "address", "address-page", "address-left"
_REMEMBERED = 30  # addresses; far more than a visitor leaves while one message of the browser is under way


@dataclass(frozen=True)
class View:
    """How maps are drawn, the same for all panels."""

    mode: Mode = "overlay"
    opacity: int = 60  # % of full heat
    strongest: int = 100  # % of the pixels that are drawn


@dataclass(frozen=True)
class Address:
    """What an address asks for. Anything it gets wrong is left at its default and said in `problems`."""

    sample: str
    photo: str | None  # digest of an upload; goes before the sample
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
    """Settle what the address says in this run; each run of a page calls this before anything else.

    The session decides, not the browser. What the browser sends along with a poll or a click may be older than what the
    visitor chose last: taken for the address, it would take that choice back. The browser knows better only when it opens
    a page, follows a link or goes back in its history.
    """
    run = page_run()
    assert run is not None
    state, sent = st.session_state, st.query_params.to_dict()
    if _SAID not in state or state[_PAGE] != run.page or run.from_history:
        state[_SAID], state[_PAGE], state[_LEFT] = sent, run.page, deque(maxlen=_REMEMBERED)
    elif sent in state[_LEFT]:
        st.query_params.from_dict(state[_SAID])
    elif sent != state[_SAID]:
        state[_LEFT].append(state[_SAID])
        state[_SAID] = sent


def query() -> Mapping[str, str]:
    """Return what the address of the visitor's page says, by name."""
    return st.session_state[_SAID]


def read(query: Mapping[str, str], *, samples: Collection[str], networks: Collection[str]) -> Address:
    """Return what `query` asks for; the first sample and the first network are the defaults."""
    problems: list[str] = []

    def chosen(name: str, allowed: Collection[str]) -> str:
        value = query.get(name)
        if value is not None and value not in allowed:
            problems.append(_(_UNKNOWN[name]).format(name=value[:40]))
        return value if value is not None and value in allowed else next(iter(allowed))

    return Address(
        sample=chosen("sample", samples),
        photo=query.get("photo"),
        network=chosen("network", networks),
        target=query.get("target"),
        panels=tuple(_panel(query, number, problems) for number in range(1, len(DEFAULT_METHODS) + 1)),
        view=View(
            mode=query.get("view") if query.get("view") in get_args(Mode) else View.mode,  # type: ignore[arg-type]
            opacity=_percentage(query.get("opacity"), View.opacity, 0),
            strongest=_percentage(query.get("strongest"), View.strongest, 1),
        ),
        problems=tuple(problems),
    )


#: What stays the same when the visitor goes from page to page.
_SUBJECT = ("sample", "photo", "network", "target")


def carry_subject(page: str) -> None:
    """Put the photo, network and breed of the page that the visitor comes from into the address of `page`.

    An address that names any of them itself is a link of its own and is left alone.
    """
    arrived = st.session_state.get("page") != page
    st.session_state["page"] = page
    if arrived and not any(name in query() for name in _SUBJECT):
        put(**st.session_state.get("subject", {}))
    st.session_state["subject"] = subject_query()


def subject_query() -> dict[str, str]:
    """Return what this page's address says of the photo, the network and the breed, for links to other pages."""
    return {name: query()[name] for name in _SUBJECT if name in query()}


def option(name: str, allowed: Collection[str], default: str) -> str:
    """Return the address's choice `name`, or the default where it is missing or makes no sense."""
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
    """Write these values into the address of the visitor's page; None takes one out."""
    said = {name: text for name, text in query().items() if name not in values}
    _say(said | {name: str(value) for name, value in values.items() if value is not None})


def put_panel(number: int, method: str, settings: Mapping[str, Any]) -> None:
    """Write which method panel `number` (from 1) shows; only what differs from the defaults is written."""
    prefix = f"panel{number}"
    said = {name: text for name, text in query().items() if name != prefix and not name.startswith(f"{prefix}.")}
    if method != DEFAULT_METHODS[number - 1]:
        said[prefix] = method
    for spec in params.param_specs(EXPLAINERS[method]):
        if spec.name in settings and settings[spec.name] != spec.default:
            said[f"{prefix}.{spec.name}"] = str(settings[spec.name])
    _say(said)


def leave_layers() -> None:
    """Take the layers out of the address: another network has other ones."""
    layers = {
        spec.name for method in EXPLAINERS.values() for spec in params.param_specs(method) if spec.kind == "layer"
    }
    _say({name: text for name, text in query().items() if name.rpartition(".")[2] not in layers})


def _say(said: dict[str, str]) -> None:
    """Let the address say this from now on, here and in the browser."""
    state = st.session_state
    if said == state[_SAID]:
        return
    if said in state[_LEFT]:
        state[_LEFT].remove(said)
    state[_LEFT].append(state[_SAID])
    state[_SAID] = said
    st.query_params.from_dict(said)


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
