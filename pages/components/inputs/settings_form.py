"""A method's parameters as a form, with the time that they take."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import streamlit as st

from pages.components.inputs.url_widgets import key_of_texts
from pages.components.shell import address, session
from xai_core import params
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import ParameterError
from xai_core.explainers.base import Explainer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import about
from xai_core.params import ParamSpec
from xai_core.requests import ExplanationRequest
from xai_core.types import Parameter

#: Other settings are named with their time where they take this many times as long, or as short.
_NOTABLE_RATIO = 1.25


def draw(number: int, explainer: Explainer, network: NetworkRef) -> None:
    """Draw the parameters of panel `number`'s method and what they cost in time; nothing is computed before "Apply".

    Layers are left out: `pickers.layer_picker` draws them.
    """
    specs = [entry for entry in params.param_specs(explainer) if entry.kind != "layer"]
    if specs:
        _parameters(number, explainer, specs)
    info = explainer.info
    st.button(
        _("Usual settings"),
        key=f"reset-{number}",
        width="stretch",
        on_click=address.put_panel,
        args=(number, info.key, {}),
    )
    for sentence in _times(explainer, network):
        st.caption(sentence)
    st.caption(_("{limits} Source: {source}.").format(limits=_(info.limits), source=f"[{_(info.paper)}]({info.url})"))


def _parameters(number: int, explainer: Explainer, specs: Sequence[ParamSpec]) -> None:
    """Draw the form itself."""
    values = params.values_of(explainer)
    # The values are part of the keys: a widget starts from the address, and keeps what was moved while maps arrive.
    keys = {entry.name: f"panel-{number}-{explainer.info.key}-{entry.name}-{values[entry.name]}" for entry in specs}
    keys |= {entry.name: key_of_texts(keys[entry.name]) for entry in specs if entry.kind == "choice"}
    with st.form(f"settings-{number}", border=False):
        # Side by side where there are many, so that "Apply" stays in sight.
        columns = st.columns(2 if len(specs) > 3 else 1, gap="medium")
        for position, entry in enumerate(specs):
            with columns[position % len(columns)]:
                _WIDGETS[entry.kind](entry, values[entry.name], keys[entry.name])
        st.form_submit_button(
            _("Apply"), type="primary", width="stretch", on_click=_apply, args=(number, explainer, keys)
        )


def _apply(number: int, explainer: Explainer, keys: Mapping[str, str]) -> None:
    values = {name: st.session_state[key] for name, key in keys.items()}
    address.put_panel(number, explainer.info.key, {**params.values_of(explainer), **values})


def _times(explainer: Explainer, network: NetworkRef) -> Iterator[str]:
    """Yield how long the method takes with these settings, and with other values of each parameter that change it.

    Nothing where the network's speed was not measured yet.
    """
    now = _seconds(explainer, network)
    if now is None:
        return
    yield _("These settings take at most {time} on this computer; stored maps take none.").format(time=about(now))
    for entry in params.param_specs(explainer):
        others = []
        for value in _other_values(entry, getattr(explainer, entry.name)):
            try:
                seconds = _seconds(dataclasses.replace(explainer, **{entry.name: value}), network)
            except ParameterError:
                continue  # does not go together with the other settings
            if seconds is not None and _differs(seconds, now):
                others.append(_("{setting}: {time}").format(setting=_with_unit(entry, value), time=about(seconds)))
        if others:
            separator = _("; ")
            yield f"{_(entry.label)} {separator.join(others)}."


def _seconds(explainer: Explainer, network: NetworkRef) -> float | None:
    """Return about how long the method takes; photo and class make no difference."""
    return session.seconds(ExplanationRequest(network, "", 0, explainer))


def _differs(seconds: float, now: float) -> bool:
    return about(seconds) != about(now) and max(seconds / now, now / seconds) > _NOTABLE_RATIO


def _with_unit(entry: ParamSpec, value: Parameter) -> str:
    text = _(value) if isinstance(value, str) else formatting.number(float(value))
    return f"{text}\u00a0{_(entry.unit)}" if entry.unit else text


def _other_values(entry: ParamSpec, value: Parameter) -> list[Parameter]:
    """Return values to compare a parameter's present one with: half and twice as much, or the other choices."""
    if entry.kind == "choice":
        return [choice for choice in entry.choices if choice != value]
    if entry.kind != "integer":
        return []
    assert entry.minimum is not None and entry.maximum is not None and entry.step is not None
    step = int(entry.step)
    candidates = [int(value) // 2 // step * step, int(value) * 2]
    return [number for number in candidates if entry.minimum <= number <= entry.maximum and number != value]


def _number(entry: ParamSpec, value: Parameter, key: str) -> None:
    kind = int if entry.kind == "integer" else float
    assert entry.minimum is not None and entry.maximum is not None and entry.step is not None
    label = f"{_(entry.label)} ({_(entry.unit)})" if entry.unit else _(entry.label)
    # A slider of thousands of steps cannot be aimed.
    widget = st.slider if (entry.maximum - entry.minimum) / entry.step <= 1000 else st.number_input
    widget(
        label,
        kind(entry.minimum),
        kind(entry.maximum),
        kind(value),
        kind(entry.step),
        key=key,
        help=_(entry.help),
    )


def _choice(entry: ParamSpec, value: Parameter, key: str) -> None:
    titles = {choice: _(choice)[:1].upper() + _(choice)[1:] for choice in entry.choices}
    st.selectbox(
        _(entry.label),
        entry.choices,
        entry.choices.index(str(value)),
        format_func=titles.__getitem__,
        key=key,
        help=_(entry.help),
    )


def _flag(entry: ParamSpec, value: Parameter, key: str) -> None:
    st.toggle(_(entry.label), bool(value), key=key, help=_(entry.help))


_WIDGETS: dict[str, Callable[[ParamSpec, Parameter, str], None]] = {
    "integer": _number,
    "number": _number,
    "choice": _choice,
    "flag": _flag,
}
