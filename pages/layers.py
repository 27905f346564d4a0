"""The page "Layers": the network from input to output, and a look inside each of its blocks."""

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.layers import inside
from pages.components.layers.inside import Inside
from pages.components.layers.strip import strip
from pages.components.outputs import map_panel
from pages.components.shell import address, frame, session
from pages.components.shell.frame import guarded
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.registry import target_position
from xai_core.errors import UnknownNameError
from xai_core.explainers.base import resolve_layer
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed
from xai_core.requests import StudyRequest
from xai_core.studies.block_maps import BlockMaps
from xai_core.types import Label


def layers() -> None:
    """Draw the page from top to bottom."""
    chosen = subject.read()
    st.title(_("From edges to dogs"), anchor=False)
    st.markdown(
        _(
            "A network looks at a photo in blocks, one after the other. Early blocks see edges and textures, late ones "
            "parts of a dog. Here you see what each block finds in the photo, and can look inside it."
        )
    )
    subject.bar(chosen)
    if chosen.target is None or chosen.label is None:
        return

    networks = {chosen.spec.key: (chosen.spec, chosen.target)}
    problem = None
    if address.query().get("both") == "yes":
        networks, problem = _with_another(networks, chosen.label)
    strips = {
        key: StudyRequest(spec.ref, (chosen.digest,), target, BlockMaps()) for key, (spec, target) in networks.items()
    }
    for question in strips.values():  # before all else: they are what is seen first
        session.ask(question, [chosen.held.image])
    opened = address.option("of", networks, chosen.spec.key)
    spec, target = networks[opened]
    looked = Inside(spec, chosen.held, target, _layer(spec), address.option("order", inside.ORDERS, "mean"))
    channel = looked.channel()

    st.header(_("Where does each block find signs of {breed}?").format(breed=breed(chosen.label)), anchor=False)
    st.markdown(
        _(
            "**Grad-CAM** colours the places of a block that raise the score of this breed; **Grad-CAM++** does the same "
            "and gives small or repeated signs more weight. Read from the first block to the last: the early ones are fine "
            "and scattered, the late ones coarse and to the point."
        )
    )
    switches, scale = st.columns([10, 4], gap="medium", vertical_alignment="center")
    with switches, st.container(horizontal=True, gap="medium"):
        url_widgets.flag(
            "both", _("Both networks"), help=_("Shows the other network's blocks below, for the same breed.")
        )
        against = url_widgets.flag(
            "against",
            _("Show evidence against"),
            help=_("Shows in blue what lowers the score of this breed; usually left out."),
        )
    with scale:
        map_panel.legend(breed(chosen.label))
    if problem:
        st.warning(problem)
    for key, (one, _target) in networks.items():
        with guarded():
            if len(networks) > 1:
                st.subheader(_(one.title), anchor=False)
            strip(
                one,
                strips[key],
                chosen.held,
                chosen.address.view,
                against=against,
                opened=looked.block if key == opened else None,
                on_open=_open,
            )

    heading = _("Inside {block} of {network}").format(block=spec.block_title(looked.block), network=_(spec.title))
    st.header(heading, anchor=False)
    with guarded():
        _inside(looked, channel)


def _inside(looked: Inside, channel: int | None) -> None:
    st.markdown(
        _(
            "A layer is a set of detectors. The **activation map** of each says how strongly it answers at each place of "
            "the photo. How much a map moves the score of the breed is its **influence**."
        )
    )
    with st.container(horizontal=True, gap="large"):
        if len(looked.siblings) > 1:
            _layer_picker(looked)
        orders = {order: _(title) for order, title in inside.ORDERS.items()}
        url_widgets.segments("order", _("Maps first that are"), orders, "mean")
    inside.draw(looked, channel)
    if looked.first:
        inside.kernels(looked)


def _layer_picker(looked: Inside) -> None:
    key = f"layer-{looked.spec.key}-{looked.block}"
    st.segmented_control(
        _("Layer of this block"),
        looked.siblings,
        default=url_widgets.show_value(key, looked.layer),
        key=key,
        required=True,
        wrap=True,
        on_change=_take_layer,
        args=(key, looked.spec.key),
    )


def _take_layer(key: str, network: str) -> None:
    if url_widgets.chosen_anew(key):
        _open(network, st.session_state[key])


def _layer(spec: ModelSpec) -> str:
    """Return the layer that the address asks for, or the last block's where it makes no sense for this network."""
    try:
        return resolve_layer(spec, address.query().get("layer", ""))
    except UnknownNameError:
        return resolve_layer(spec, "")


def _open(network: str, layer: str) -> None:
    address.put(of=network, layer=layer, channel=None)


def _with_another(
    networks: dict[str, tuple[ModelSpec, int]], label: Label
) -> tuple[dict[str, tuple[ModelSpec, int]], str | None]:
    """Return the networks with the first one of another kind, or a sentence where that one does not know the breed."""
    [[spec, _target]] = networks.values()
    others = [other for other in session.workbench().specs().values() if other.key != spec.key]
    other = next((one for one in others if one.cam_layers != spec.cam_layers), others[0])
    try:
        return {**networks, other.key: (other, target_position(other, label.wnid))}, None
    except UnknownNameError:
        problem = _("{network} does not know the breed {breed}, so there is nothing to compare.")
        return networks, problem.format(network=_(other.title), breed=breed(label))


with frame.page("layers"):
    layers()
