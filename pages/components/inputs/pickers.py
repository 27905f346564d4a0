"""From parameters to widgets. A widget shows what the address says and writes back what the visitor chooses."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import streamlit as st

from pages.components.inputs.url_widgets import chosen_anew, key_of_texts, show_value
from pages.components.shell import address, session
from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import ParameterError, UnknownNameError
from xai_core.explainers.base import Explainer, resolve_layer
from xai_core.explainers.families import FAMILIES, Family
from xai_core.explainers.registry import EXPLAINERS, by_family
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import about, breed_names, share
from xai_core.params import ParamSpec
from xai_core.requests import ExplanationRequest
from xai_core.types import Label, Parameter, Prediction

_WORTH_TELLING = 1.25  # times as long, or as short
_MODES = {"overlay": N_("Over the photo"), "map": N_("Map alone"), "both": N_("Both")}
_METHOD_BY: dict[Family, str] = {
    "class activation": N_("Method by class activation"),
    "gradients": N_("Method by gradients"),
    "perturbation": N_("Method by perturbation"),
}


def network_picker(specs: Mapping[str, ModelSpec], current: str) -> None:
    """Draw the choice of a network with its one line."""
    st.selectbox(
        _("Network"),
        list(specs),
        list(specs).index(show_value("network", current)),
        format_func=lambda key: specs[key].title,
        key="network",
        on_change=_take_network,
        help=_(
            "A neural network that learned dog breeds from thousands of photos. Two networks may see different things."
        ),
    )
    st.caption(_(specs[current].sentence))


def target_picker(spec: ModelSpec, digest: str, prediction: Prediction | None, current: int | None) -> None:
    """Draw the choice of the class to explain: all of them, the most probable first."""
    names = breed_names(spec.labels)
    order = sorted(range(len(names)), key=names.__getitem__) if prediction is None else prediction.top(len(names))
    top = None if prediction is None else order[0]

    titles = {
        position: name if prediction is None else f"{name} · {share(float(prediction.probabilities[position]))}"
        for position, name in enumerate(names)
    }

    # The browser sends back a choice by its text. Texts with other figures are another widget, or an old text would be
    # taken for a choice among the new ones.
    key = key_of_texts(f"target-{spec.key}-{digest if prediction else 'unknown'}")
    show_value(key, current)
    st.selectbox(
        _("Breed to explain"),
        order,
        # As long as nothing is known nothing is chosen: a first breed of the list would come back as a choice of its own.
        None if current is None else order.index(current),
        format_func=titles.__getitem__,
        key=key,
        placeholder=_("The most probable breed"),
        on_change=_take_target,
        args=(key, spec.labels, top),
        help=_("The maps answer: what in the photo speaks for this breed, and what against it? Type to search."),
    )


def view_controls(view: address.View) -> None:
    """Draw the choices that hold for all maps at once."""
    key = key_of_texts("mode")
    show_value(key, view.mode)
    show_value("opacity", view.opacity)
    show_value("strongest", view.strongest)
    modes = {mode: _(title) for mode, title in _MODES.items()}
    show, opacity, strongest = st.columns([4, 3, 3], gap="medium")
    show.segmented_control(
        _("Show"),
        list(_MODES),
        default=view.mode,
        format_func=modes.__getitem__,
        key=key,
        required=True,
        on_change=_take_view,
        args=(key,),
        wrap=True,
    )
    opacity.slider(
        _("Strength of colour"),
        0,
        100,
        view.opacity,
        step=5,
        format="%d %%",
        key="opacity",
        on_change=_take_view,
        args=(key,),
        disabled=view.mode == "map",
        help=_("How much the colours cover the photo."),
    )
    strongest.slider(
        _("Show the strongest"),
        1,
        100,
        view.strongest,
        format="%d %%",
        key="strongest",
        on_change=_take_view,
        args=(key,),
        help=_("Keeps only the part of each map that matters most."),
    )


def method_picker(number: int, current: str) -> None:
    """Draw the choice of the method in panel `number`, which is the panel's title too; families stand together."""
    key = key_of_texts(f"method-{number}")
    show_value(key, current)
    family = EXPLAINERS[current].info.family
    titles = {method.info.key: _(method.info.title) for methods in by_family().values() for method in methods}
    st.selectbox(
        _(_METHOD_BY[family]),
        list(titles),
        list(titles).index(current),
        format_func=titles.__getitem__,
        key=key,
        on_change=_take_method,
        args=(key, number),
        help=_(FAMILIES[family].description),
    )


def layer_picker(number: int, explainer: Explainer, spec: ModelSpec) -> None:
    """Draw the row of blocks for a method that looks into one of them; nothing for other methods."""
    for entry in params.param_specs(explainer):
        if entry.kind != "layer":
            continue
        key = f"block-{number}-{spec.key}"
        try:
            current = resolve_layer(spec, str(getattr(explainer, entry.name)))
        except UnknownNameError:  # the panel says so in the place of the map; here one can choose another
            current = spec.cam_layers[-1]
        show_value(key, current)
        st.select_slider(
            _("Block of the network"),
            spec.cam_layers,
            current,
            format_func=spec.block_title,
            key=key,
            help=_(entry.help),
            on_change=_take_layer,
            args=(key, number, explainer, entry.name, spec),
        )


def settings_form(number: int, explainer: Explainer, network: NetworkRef) -> None:
    """Draw the method's parameters and what they cost in time; nothing starts again before "Apply" is pressed.

    Layers have a row of their own.
    """
    specs = [entry for entry in params.param_specs(explainer) if entry.kind != "layer"]
    values = params.values_of(explainer)
    # The values are part of the keys: a widget starts from the address, and keeps what was moved while maps arrive.
    keys = {entry.name: f"panel-{number}-{explainer.info.key}-{entry.name}-{values[entry.name]}" for entry in specs}
    keys |= {entry.name: key_of_texts(keys[entry.name]) for entry in specs if entry.kind == "choice"}
    info = explainer.info
    if keys:
        with st.form(f"settings-{number}", border=False):
            # Side by side where there are many, so that "Apply" stays in sight.
            columns = st.columns(2 if len(specs) > 3 else 1, gap="medium")
            for position, entry in enumerate(specs):
                with columns[position % len(columns)]:
                    _WIDGETS[entry.kind](entry, values[entry.name], keys[entry.name])
            st.form_submit_button(
                _("Apply"), type="primary", width="stretch", on_click=_apply, args=(number, explainer, keys)
            )
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


def _times(explainer: Explainer, network: NetworkRef) -> Iterator[str]:
    """Yield how long the method takes with these settings, and with others that make a difference; nothing if unknown."""
    now = session.seconds(ExplanationRequest(network, "", 0, explainer))
    if now is None:
        return
    yield _("These settings take at most {time} on this computer; stored maps take none.").format(time=about(now))
    for entry in params.param_specs(explainer):
        others = []
        for value in _others(entry, getattr(explainer, entry.name)):
            try:
                seconds = session.seconds(
                    ExplanationRequest(network, "", 0, dataclasses.replace(explainer, **{entry.name: value}))
                )
            except ParameterError:
                continue  # does not go together with the other settings
            if (
                seconds is not None
                and about(seconds) != about(now)
                and max(seconds / now, now / seconds) > _WORTH_TELLING
            ):
                shown = _(value) if isinstance(value, str) else formatting.number(float(value))
                unit = f"\u00a0{_(entry.unit)}" if entry.unit else ""
                others.append(_("{setting}: {time}").format(setting=f"{shown}{unit}", time=about(seconds)))
        if others:
            between = _("; ")
            yield f"{_(entry.label)} {between.join(others)}."


def _others(entry: ParamSpec, value: Parameter) -> list[Parameter]:
    """Return values worth comparing with a parameter's present one: half and twice as much, or the other choices."""
    if entry.kind == "choice":
        return [choice for choice in entry.choices if choice != value]
    if entry.kind != "integer":
        return []
    assert entry.minimum is not None and entry.maximum is not None and entry.step is not None
    step = int(entry.step)
    candidates = [int(value) // 2 // step * step, int(value) * 2]
    return [one for one in candidates if entry.minimum <= one <= entry.maximum and one != value]


def _take_network() -> None:
    if chosen_anew("network"):  # else the panels' layers stay
        address.put(network=st.session_state["network"])
        address.leave_layers()


def _take_method(key: str, number: int) -> None:
    if chosen_anew(key):  # else the settings stay
        address.put_panel(number, st.session_state[key], {})


def _take_target(key: str, labels: Sequence[Label], top: int | None) -> None:
    position = st.session_state[key]
    address.put(target=None if position in (None, top) else labels[position].wnid or position)


def _take_view(mode: str) -> None:
    view = address.View(st.session_state[mode], st.session_state["opacity"], st.session_state["strongest"])
    usual = address.View()
    address.put(
        view=None if view.mode == usual.mode else view.mode,
        opacity=None if view.opacity == usual.opacity else view.opacity,
        strongest=None if view.strongest == usual.strongest else view.strongest,
    )


def _apply(number: int, explainer: Explainer, keys: Mapping[str, str]) -> None:
    chosen = {name: st.session_state[key] for name, key in keys.items()}
    address.put_panel(number, explainer.info.key, {**params.values_of(explainer), **chosen})


def _take_layer(key: str, number: int, explainer: Explainer, name: str, spec: ModelSpec) -> None:
    layer = st.session_state[key]
    # "" keeps it the last one of whatever network is chosen.
    chosen = "" if layer == spec.cam_layers[-1] else spec.block_title(layer)
    address.put_panel(number, explainer.info.key, {**params.values_of(explainer), name: chosen})


def _number(entry: ParamSpec, value: Parameter, key: str) -> None:
    kind = int if entry.kind == "integer" else float
    assert entry.minimum is not None and entry.maximum is not None and entry.step is not None
    label = f"{_(entry.label)} ({_(entry.unit)})" if entry.unit else _(entry.label)
    # Nobody aims at one of two thousand million places on a slider.
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
