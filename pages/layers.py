"""The page "Layers": the network from input to output, and a look inside each of its blocks."""

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.layers import inside
from pages.components.layers.layer_view import ORDERS, LayerView
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
from xai_core.studies.block_maps import BlockMaps, BlockMapsResult
from xai_core.types import Label


def layers() -> None:
    """Draw the page from top to bottom."""
    current = subject.read()
    st.title(_("From edges to dogs"), anchor=False)
    st.markdown(
        _(
            "A network looks at a photo in blocks, one after the other. Early blocks see edges and textures, late ones "
            "parts of a dog. Here you see what each block finds in the photo, and can look inside it."
        )
    )
    subject.bar(current)
    if current.target is None or current.label is None:
        return
    networks, problem = _networks(current.spec, current.target, current.label)
    requests = {
        key: StudyRequest(spec.ref, (current.digest,), target, BlockMaps()) for key, (spec, target) in networks.items()
    }
    for request in requests.values():  # before all else: they are what is seen first
        session.ask(request, [current.photo.image])
    spec, target = networks[address.option("of", networks, current.spec.key)]
    order = address.option("order", ORDERS, "mean")
    view = LayerView(spec, current.photo, target, _layer(spec), order)
    channel = view.channel()
    _strips(current, current.label, requests, view, problem)
    heading = _("Inside {block} of {network}").format(block=spec.block_title(view.block), network=_(spec.title))
    st.header(heading, anchor=False)
    with guarded():
        _inside(view, channel)


def _networks(spec: ModelSpec, target: int, label: Label) -> tuple[dict[str, tuple[ModelSpec, int]], str | None]:
    """Return the networks that are shown with the class's position in each, and a sentence where one cannot be."""
    networks = {spec.key: (spec, target)}
    if address.query().get("both") != "yes":
        return networks, None
    others = [other for other in session.workbench().specs().values() if other.key != spec.key]
    # Another kind of network, where there is one.
    second = next((other for other in others if other.cam_layers != spec.cam_layers), others[0])
    try:
        return {**networks, second.key: (second, target_position(second, label.wnid))}, None
    except UnknownNameError:
        problem = _("{network} does not know the breed {breed}, so there is nothing to compare.")
        return networks, problem.format(network=_(second.title), breed=breed(label))


def _strips(
    current: subject.Subject,
    label: Label,
    requests: dict[str, StudyRequest[BlockMapsResult]],
    view: LayerView,
    problem: str | None,
) -> None:
    """Draw the blocks of each network, one network above the other."""
    st.header(_("Where does each block find signs of {breed}?").format(breed=breed(label)), anchor=False)
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
        map_panel.legend(breed(label))
    if problem:
        st.warning(problem)
    specs = session.workbench().specs()
    for key, request in requests.items():
        with guarded():
            if len(requests) > 1:
                st.subheader(_(specs[key].title), anchor=False)
            strip(
                specs[key],
                request,
                current.photo,
                current.address.view,
                against=against,
                opened=view.block if key == view.spec.key else None,
                on_open=_open,
            )


def _inside(view: LayerView, channel: int | None) -> None:
    st.markdown(
        _(
            "A layer is a set of detectors. The **activation map** of each says how strongly it answers at each place of "
            "the photo. How much a map moves the score of the breed is its **influence**."
        )
    )
    with st.container(horizontal=True, gap="large"):
        if len(view.siblings) > 1:
            _layer_picker(view)
        orders = {order: _(title) for order, title in ORDERS.items()}
        url_widgets.segments("order", _("Maps first that are"), orders, "mean")
    inside.draw(view, channel)
    if view.in_first_block:
        inside.kernels(view)


def _layer_picker(view: LayerView) -> None:
    key = f"layer-{view.spec.key}-{view.block}"
    st.segmented_control(
        _("Layer of this block"),
        view.siblings,
        default=url_widgets.show_value(key, view.layer),
        key=key,
        required=True,
        wrap=True,
        on_change=_take_layer,
        args=(key, view.spec.key),
    )


def _take_layer(key: str, network: str) -> None:
    if url_widgets.moved_by_visitor(key):
        _open(network, st.session_state[key])


def _layer(spec: ModelSpec) -> str:
    """Return the layer that the address asks for, or the last block's where it makes no sense for this network."""
    try:
        return resolve_layer(spec, address.query().get("layer", ""))
    except UnknownNameError:
        return resolve_layer(spec, "")


def _open(network: str, layer: str) -> None:
    address.put(of=network, layer=layer, channel=None)


with frame.page("layers"):
    layers()
