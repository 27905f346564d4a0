"""The page's whole state as the words after "?" in its address, so that a link or a reload opens the same view."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from xai_core import params
from xai_core.errors import XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.language import N_, _
from xai_core.render import Mode

DEFAULT_METHODS = ("lime", "grad_cam", "integrated_gradients", "expected_gradients")


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

    An address that names any of them itself is a link of its own and is left alone. Each page calls this first.
    """
    arrived = st.session_state.get("page") != page
    st.session_state["page"] = page
    if arrived and not any(name in st.query_params for name in _SUBJECT):
        put(**st.session_state.get("subject", {}))
    st.session_state["subject"] = subject_words()


def subject_words() -> dict[str, str]:
    """Return what this page's address says of the photo, the network and the breed, for links to other pages."""
    return {name: st.query_params[name] for name in _SUBJECT if name in st.query_params}


def option(name: str, allowed: Collection[str], default: str) -> str:
    """Return the address's choice `name`, or the default where it is missing or makes no sense."""
    value = st.query_params.get(name, default)
    return value if value in allowed else default


def whole_number(name: str, minimum: int, maximum: int, default: int) -> int:
    """Return the address's whole number `name`, or the default where it is missing, no number or out of range."""
    try:
        value = int(st.query_params.get(name, default))
    except ValueError:
        return default
    return value if minimum <= value <= maximum else default


def put(**values: Any) -> None:
    """Write these values into the address of the visitor's page; None takes one out."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(value)


def put_panel(number: int, method: str, settings: Mapping[str, Any]) -> None:
    """Write which method panel `number` (from 1) shows; only what differs from the defaults is written."""
    prefix = f"panel{number}"
    for name in [name for name in st.query_params if name == prefix or name.startswith(f"{prefix}.")]:
        del st.query_params[name]
    if method != DEFAULT_METHODS[number - 1]:
        st.query_params[prefix] = method
    for spec in params.param_specs(EXPLAINERS[method]):
        if spec.name in settings and settings[spec.name] != spec.default:
            st.query_params[f"{prefix}.{spec.name}"] = str(settings[spec.name])


def leave_layers() -> None:
    """Take the layers out of the address: another network has other ones."""
    layers = {
        spec.name for method in EXPLAINERS.values() for spec in params.param_specs(method) if spec.kind == "layer"
    }
    for name in [name for name in st.query_params if name.rpartition(".")[2] in layers]:
        del st.query_params[name]


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
