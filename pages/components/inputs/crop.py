"""The part of the photo that is explained: all of it, or one dog in it."""

import numpy as np
import streamlit as st

from pages.components.shell import address, session
from xai_core.classifiers.base import ModelSpec
from xai_core.detection.locate import DogLocation
from xai_core.errors import ParameterError
from xai_core.i18n.catalogues import _
from xai_core.photos.cropping import box_text, cropped, parse_box, parts_around
from xai_core.photos.foreground import Box
from xai_core.photos.resizing import shrink
from xai_core.render import pictures
from xai_core.requests import DogRequest
from xai_core.types import ImageInput

DOG = "dog"
_TILE = 72  # px
_MOST = 4  # dogs that are offered


def applied(photo: session.ShownPhoto, text: str | None, spec: ModelSpec) -> tuple[session.ShownPhoto, str | None]:
    """Return the part of a photo that an address names, and an error's sentence where there is no such part.

    "dog" is the whole photo until the dog is found.
    """
    if text is None:
        return photo, None
    try:
        box = _dog(photo.image, spec) if text == DOG else parse_box(text)
    except ParameterError as error:
        return photo, _("{problem} The whole photo is explained instead.").format(problem=error)
    if box is None or (box.left, box.top, box.right, box.bottom) == (0, 0, 100, 100):
        return photo, None
    return session.drawn_part(f"{photo.image.digest} {box_text(box)}", lambda: cropped(photo.image, box)), None


def offer(whole: ImageInput, now: ImageInput, spec: ModelSpec) -> None:
    """Draw the parts that hold one dog each, where they are less than half of the photo, or the way back to all of it."""
    if now.crop is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="crop"):
            st.caption(_("Only the part in the frame is explained."), width="content")
            st.button(_("Use the whole photo"), key="uncrop", icon=":material/crop_free:", on_click=_take, args=(None,))
        return
    job = session.ask(DogRequest(spec.ref, whole.digest), whole)
    if job.state != "done":
        return
    location = job.result()
    boxes = parts_around(location.boxes[:_MOST], whole.pixels.shape)
    if not boxes:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="crop"):
        st.caption(_reason(location, len(boxes)), width="stretch")
        only = _("Crop to the dog") if location.is_dog else _("Crop to it")
        for number, box in enumerate(boxes, 1):
            st.image(_preview(whole, box), width=_TILE, alt=_("Dog {number} of the photo").format(number=number))
            st.button(
                only if len(boxes) == 1 else _("Dog {number}").format(number=number),
                key=f"crop-{number}",
                icon=":material/crop:",
                on_click=_take,
                args=(box_text(box),),
            )


def _dog(image: ImageInput, spec: ModelSpec) -> Box | None:
    """Return the part around the largest dog; None until it is known, and where cropping would change little."""
    job = session.ask(DogRequest(spec.ref, image.digest), image)
    boxes = parts_around(job.result().boxes[:1], image.pixels.shape) if job.state == "done" else []
    return boxes[0] if boxes else None


def _reason(location: DogLocation, count: int) -> str:
    """Return why a crop is offered to so many parts."""
    if not location.is_dog:
        return _("Another animal than a dog, by the detector, fills little of this photo.")
    if count == 1:
        return _("The dog fills little of this photo. Cropped to it, the network often knows the breed better.")
    return _("{count} dogs fill little of this photo each. Choose one to explain its part alone.").format(count=count)


def _take(text: str | None) -> None:
    address.put(crop=text, target=None)


@st.cache_data(show_spinner=False, max_entries=32, hash_funcs={ImageInput: lambda image: image.digest})
def _preview(image: ImageInput, box: Box) -> np.ndarray:
    """Return the part as a small square picture."""
    small = shrink(image.pixels, 6 * _TILE)
    edges = box.top / 100, box.left / 100, box.bottom / 100, box.right / 100
    return pictures.crop(small, edges, small.shape, 2 * _TILE)
