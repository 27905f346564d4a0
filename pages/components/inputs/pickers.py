"""The choices of a network, a class, a method and a view, which show what the address says and write to it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.components.inputs.url_widgets import key_of_texts, moved_by_visitor, show_value
from pages.components.shell import address
from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import UnknownNameError
from xai_core.explainers.base import Explainer, resolve_layer
from xai_core.explainers.families import FAMILIES, Family
from xai_core.explainers.registry import EXPLAINERS, by_family
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import breed_names, share
from xai_core.types import Label, Prediction

_MODES = {"overlay": N_("Over the photo"), "map": N_("Map alone"), "both": N_("Both")}
_METHOD_BY: dict[Family, str] = {
    "class activation": N_("Method by class activation"),
    "gradients": N_("Method by gradients"),
    "perturbation": N_("Method by perturbation"),
}


def network_picker(specs: Mapping[str, ModelSpec], current: str) -> None:
    """Draw the choice of a network, and the sentence that describes it."""
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

    # The browser sends a choice back as its text. Texts with other figures need another widget key, or an old text would
    # be taken for a choice among the new ones.
    key = key_of_texts(f"target-{spec.key}-{digest if prediction else 'unknown'}")
    show_value(key, current)
    st.selectbox(
        _("Breed to explain"),
        order,
        # Without a prediction nothing is preselected: the browser would send the list's first breed back as a choice.
        None if current is None else order.index(current),
        format_func=titles.__getitem__,
        key=key,
        placeholder=_("The most probable breed"),
        on_change=_take_target,
        args=(key, spec.labels, top),
        help=_("The maps answer: what in the photo speaks for this breed, and what against it? Type to search."),
    )


def view_controls(view: address.View) -> None:
    """Draw the choices of how maps are drawn, which hold for all maps."""
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
    """Draw the choice of the method in panel `number`, which is also the panel's title, grouped by family."""
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
    """Draw the choice of a block for a method with a layer parameter; nothing for other methods."""
    for entry in params.param_specs(explainer):
        if entry.kind != "layer":
            continue
        key = f"block-{number}-{spec.key}"
        try:
            current = resolve_layer(spec, str(getattr(explainer, entry.name)))
        except UnknownNameError:  # the panel shows the error in the place of the map; here another one can be chosen
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


def _take_network() -> None:
    if moved_by_visitor("network"):  # else the panels' layers stay
        address.put(network=st.session_state["network"])
        address.remove_layers()


def _take_method(key: str, number: int) -> None:
    if moved_by_visitor(key):  # else the settings stay
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


def _take_layer(key: str, number: int, explainer: Explainer, name: str, spec: ModelSpec) -> None:
    layer = st.session_state[key]
    # "" stands for the last one of whatever network is chosen.
    value = "" if layer == spec.cam_layers[-1] else spec.block_title(layer)
    address.put_panel(number, explainer.info.key, {**params.values_of(explainer), name: value})
