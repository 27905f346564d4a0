"""What the parts of the page share: the methods, the controls for drawing maps, and two kinds of pictures."""

import numpy as np
import streamlit as st
from PIL import Image

from pages.components.inputs import pickers
from pages.components.outputs import map_panel
from pages.components.shell import address, session
from xai_core.explainers.registry import by_family
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed
from xai_core.render import heatmap
from xai_core.types import Label


def methods() -> dict[str, str]:
    """Return the titles of the gradient methods by key, in the order in which they are shown."""
    return {method.info.key: _(method.info.title) for method in by_family()["gradients"]}


def reading(label: Label, view: address.View) -> None:
    """Draw the controls for how maps are drawn, and the colour scale that all of them share."""
    drawing, scale = st.columns([10, 4], gap="medium")
    with drawing:
        pickers.view_controls(view)
    with scale:
        map_panel.legend(breed(label))
        st.caption(_("A map in orange alone shows how much a pixel matters, for or against."))


def over_photo(values: np.ndarray, signed: bool, photo: session.ShownPhoto, view: address.View) -> np.ndarray:
    """Return the picture of a map f32[h,w] or f32[h,w,3] over the visitor's photo."""
    return heatmap.overlay(photo.shown, values, signed, **view.drawing)


def unsqueezed(picture: np.ndarray, photo: session.ShownPhoto) -> Image.Image:
    """Return a picture u8[h,w,3] of the network's shape in the shape of the visitor's photo."""
    height, width = photo.shown.shape[:2]
    return Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
