"""The choice of a photo: a sample, a file, or the camera."""

import numpy as np
import streamlit as st
from PIL import Image

from pages.components.outputs import tiles
from pages.components.shell import address, session
from pages.components.shell.streamlit_internals import UploadedFile
from xai_core.errors import ImageError
from xai_core.i18n.catalogues import _
from xai_core.photos.decoding import to_screen
from xai_core.photos.samples import samples
from xai_core.resources import SAMPLES

_THUMBNAIL = (168, 126)  # px, drawn at half that size


def photo(page_address: address.Address) -> tuple[session.ShownPhoto, str | None]:
    """Return the photo that an address names, with an error's sentence where it had to be the sample instead."""
    problem = None
    if (digest := page_address.photo) is not None:
        try:
            return session.photo(digest, lambda: session.workbench().photo(digest)), None
        except ImageError as error:
            problem = str(error)
    return session.photo(page_address.sample, samples()[page_address.sample].load), problem


def picker(page_address: address.Address) -> None:
    """Draw the samples beside the upload and the camera."""
    left, right = st.columns([8, 5], gap="medium")
    with left:
        _samples(page_address)
    with right:
        _own_photo()


def _samples(page_address: address.Address) -> None:
    st.markdown(_("**Choose a sample**"))
    with st.container(horizontal=True, gap="small", key="samples"):
        for name, sample in samples().items():
            tiles.tile(
                name,
                _thumbnail(sample.file),
                sample.title,
                chosen=page_address.photo is None and name == page_address.sample,
                width=_THUMBNAIL[0] // 2,
                help=sample.interest,
                on_click=_take_sample,
                args=(name,),
            )
    if page_address.photo is None:
        st.caption(samples()[page_address.sample].interest)


def _own_photo() -> None:
    file_tab, camera_tab = st.tabs([_("Your own photo"), _("Camera")])
    # Another key after each photo empties the widget, so that the same file can be chosen again.
    count = st.session_state.setdefault("own-photos", 0)
    with file_tab:
        file = st.file_uploader(
            # Of any type: browsers know it by the name alone, and a photo's name may tell nothing.
            _("Choose a file or drop it here; it stays on this computer"),
            key=f"upload-{count}",
        )
    with camera_tab:
        # The browser asks for permission as soon as a camera widget appears, so it appears on demand.
        if st.toggle(_("Turn the camera on"), key="camera-on"):
            shot = st.camera_input(_("Take a photo"), key=f"camera-{count}", label_visibility="collapsed")
            file = file or shot
    # No callback: one that another run of the page interrupts is never called again, and the photo would be lost.
    if file is not None:
        _take_file(file)
        st.rerun()
    if problem := st.session_state.get("photo-problem"):
        st.error(str(problem))


def _take_sample(name: str) -> None:
    st.session_state.pop("photo-problem", None)
    address.put(sample=name, photo=None, crop=None, target=None)


def _take_file(file: UploadedFile) -> None:
    """Put the file's photo into the address; can be repeated where it was interrupted."""
    st.session_state.pop("photo-problem", None)
    try:
        image = session.workbench().keep_photo(file.getvalue(), file.name)
    except ImageError as error:
        st.session_state["photo-problem"] = error  # turned into text when it is shown, in the language of that run
    else:
        session.set_photo(image.digest, image)
        address.put(photo=image.digest, sample=None, crop=None, target=None)
    st.session_state["own-photos"] += 1


@st.cache_data(show_spinner=False)
def _thumbnail(file: str) -> bytes:
    """Return the centre of a sample in the thumbnails' shape, as a picture file."""
    with Image.open(SAMPLES / file) as image:
        width, height = image.size
        wide, high = min(width, height * 4 // 3), min(height, width * 3 // 4)
        left, top = (width - wide) // 2, (height - high) // 2
        window = (left, top, left + wide, top + high)
        return to_screen(np.asarray(image.convert("RGB").resize(_THUMBNAIL, Image.Resampling.LANCZOS, window)))
