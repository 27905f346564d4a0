"""Choosing a photo: samples to click, a file, or the camera."""

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
_TYPES = ["jpg", "jpeg", "png", "webp"]


def chosen(wanted: address.Address) -> tuple[session.Photo, str | None]:
    """Return the photo that an address asks for, and a sentence where it had to be another one."""
    if wanted.photo is not None:
        digest = wanted.photo
        try:
            return session.photo(digest, lambda: session.workbench().photo(digest)), None
        except ImageError as error:
            return session.photo(wanted.sample, samples()[wanted.sample].load), str(error)
    return session.photo(wanted.sample, samples()[wanted.sample].load), None


def picker(wanted: address.Address) -> None:
    """Draw the samples beside the places for one's own photo."""
    strip, own = st.columns([8, 5], gap="medium")
    with strip:
        st.markdown(_("**Choose a sample**"))
        with st.container(horizontal=True, gap="small", key="samples"):
            for name, sample in samples().items():
                current = wanted.photo is None and name == wanted.sample
                tiles.tile(
                    name,
                    _thumbnail(sample.file),
                    sample.title,
                    chosen=current,
                    width=_THUMBNAIL[0] // 2,
                    help=sample.interest,
                    on_click=_take_sample,
                    args=(name,),
                )
        if wanted.photo is None:
            st.caption(samples()[wanted.sample].interest)
    with own:
        file, camera = st.tabs([_("Your own photo"), _("Camera")])
        # Another key after each photo that was taken empties the widget: choosing the same file again works.
        turn = st.session_state.setdefault("own-photos", 0)
        with file:
            taken = st.file_uploader(
                _("Choose a file or drop it here; it stays on this computer"), type=_TYPES, key=f"upload-{turn}"
            )
        with camera:
            # The browser asks for permission as soon as a camera widget appears, so it appears only when asked for.
            if st.toggle(_("Turn the camera on"), key="camera-on"):
                shot = st.camera_input(_("Take a photo"), key=f"camera-{turn}", label_visibility="collapsed")
                taken = taken or shot
        # Not as a callback: one that another run of the page cuts short is never called again, and the photo would be lost.
        if taken is not None:
            _take_file(taken)
            st.rerun()
        if problem := st.session_state.get("photo-problem"):
            st.error(str(problem))


def _take_sample(name: str) -> None:
    st.session_state.pop("photo-problem", None)
    address.put(sample=name, photo=None, target=None)


def _take_file(file: UploadedFile) -> None:
    """Make the file the photo that the address names; cut short, it can be done again from the start."""
    st.session_state.pop("photo-problem", None)
    try:
        image = session.workbench().keep_photo(file.getvalue(), file.name)
    except ImageError as error:
        st.session_state["photo-problem"] = error  # said when it is shown, in the language of then
    else:
        session.hold(image.digest, image)
        address.put(photo=image.digest, sample=None, target=None)
    st.session_state["own-photos"] += 1


@st.cache_data(show_spinner=False)
def _thumbnail(file: str) -> bytes:
    """Return the sample cut to the thumbnails' shape around its centre, as a file."""
    with Image.open(SAMPLES / file) as image:
        width, height = image.size
        wide, high = min(width, height * 4 // 3), min(height, width * 3 // 4)
        left, top = (width - wide) // 2, (height - high) // 2
        window = (left, top, left + wide, top + high)
        return to_screen(np.asarray(image.convert("RGB").resize(_THUMBNAIL, Image.Resampling.LANCZOS, window)))
