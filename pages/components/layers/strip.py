"""The network as a strip of blocks, from input to output, with the maps of each."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from pages.components.layers.depth import tends_to_see
from pages.components.outputs import job_progress, map_panel
from pages.components.shell import session
from pages.components.shell.address import View
from xai_core.classifiers.base import ModelSpec
from xai_core.explainers.class_activation.base import ClassActivation
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed
from xai_core.photos.decoding import to_screen
from xai_core.render import heatmap
from xai_core.requests import StudyRequest
from xai_core.studies.block_maps import METHODS, BlockMapsResult

_SIDE = 400  # px: cards are half as wide at most, and 22 of them should load at once


def strip(
    spec: ModelSpec,
    request: StudyRequest[BlockMapsResult],
    photo: session.ShownPhoto,
    view: View,
    *,
    against: bool,
    opened: str | None,
    on_open: Callable[[str, str], None],
) -> None:
    """Draw the network's blocks with the maps of `request`, or with the waiting for them.

    `opened` is the CAM layer of the block that is shown below; a click on another one calls on_open(network, layer).
    """
    small = _small(photo)

    def draw(result: BlockMapsResult | None) -> None:
        with st.container(key=f"strip-{spec.key}"):
            for number, layer in enumerate(spec.cam_layers, 1):
                current = layer == opened
                key = f"block-{'open-' if current else ''}{spec.key}-{layer}"
                with st.container(border=True, height="stretch", key=key, gap="small"):
                    block = spec.block_title(layer)
                    place = _("**{block}** · {number} of {count}")
                    st.markdown(place.format(block=block, number=number, count=len(spec.cam_layers)))
                    for method in METHODS:
                        _map(result, method, layer, spec, request, small, view, against)
                    if sentence := tends_to_see(block):
                        st.caption(sentence)
                    st.button(
                        _("Shown below") if current else _("Look inside"),
                        key=f"open-{spec.key}-{layer}",
                        type="primary" if current else "secondary",
                        width="stretch",
                        on_click=on_open,
                        args=(spec.key, layer),
                    )

    job = session.ask(request, [photo.image])
    result = job_progress.result(f"strip-{spec.key}", job, request, draw=lambda partial: draw(None))
    if result is not None:
        draw(result)


def _map(
    result: BlockMapsResult | None,
    method: type[ClassActivation],
    layer: str,
    spec: ModelSpec,
    request: StudyRequest[BlockMapsResult],
    small: session.ShownPhoto,
    view: View,
    against: bool,
) -> None:
    """Draw one method's map at one block, a pale photo while it is on the way, or a sentence where it is empty."""
    if result is None:
        map_panel.placeholder(small, _("The map is on its way"))
        st.caption(_(method.info.title))
        return
    values = result.map(method, layer, against=against)
    picture = _picture(repr(request), method.info.key, layer, against, view, values, small)
    title = _(method.info.title)
    what = _("{method} at {block} of {network}").format(
        method=title, block=spec.block_title(layer), network=_(spec.title)
    )
    st.image(picture, alt=map_panel.described(what, breed(spec.labels[request.target]), values))
    empty = _("{method} is empty: no evidence for the breed here.")
    st.caption(title if values.any() else empty.format(method=title))


@st.cache_data(show_spinner=False, max_entries=256)
def _picture(
    request: str, method: str, layer: str, against: bool, view: View, _values: np.ndarray, _small: session.ShownPhoto
) -> bytes:
    """Return the map over the photo as a file. The texts name all that is drawn, so the result need not be hashed."""
    return to_screen(
        heatmap.overlay(
            _small.shown,
            _values,
            against,
            opacity=view.opacity / 100,
            share=view.strongest / 100,
            mode="overlay",
        )
    )


def _small(photo: session.ShownPhoto) -> session.ShownPhoto:
    picture = Image.fromarray(photo.shown)
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return session.ShownPhoto(photo.image, np.asarray(picture))
