"""A concept from the visitor's own photos: uploaded together, listed in the address, shown as thumbnails."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.components.shell import address, session
from pages.components.shell.streamlit_internals import UploadedFile
from xai_core.errors import ImageError
from xai_core.i18n.catalogues import N_, _, ngettext
from xai_core.photos.decoding import squeeze
from xai_core.studies.tcav import FEWEST_OWN
from xai_core.types import ImageInput

MOST = 40  # each takes 65 characters of the address
_NAME = N_("Your photos")
_LONGEST_NAME = 30
_SIDE = 96  # px


def digests() -> tuple[str, ...]:
    """Return the photos that the address names, in their order, each once; those no longer stored are left out."""
    named = dict.fromkeys(part for part in address.query().get("own", "").split(",") if part)
    return tuple(digest for digest in list(named)[:MOST] if _thumbnail(digest) is not None)


def name() -> str:
    """Return what the visitor calls the concept."""
    return address.query().get("own-name", "").strip()[:_LONGEST_NAME] or _(_NAME)


def thumbnails(photos: tuple[str, ...]) -> list[np.ndarray]:
    """Return small squares of these photos."""
    return [small for digest in photos if (small := _thumbnail(digest)) is not None]


def load(photos: tuple[str, ...]) -> list[ImageInput]:
    """Return the photos. Raises ImageError where one is not in the store any more."""
    return [session.workbench().photo(digest) for digest in photos]


def picker(photos: tuple[str, ...]) -> None:
    """Draw the upload of the visitor's own photos, and the problems with those uploaded."""
    with st.expander(_("Test a concept of your own"), icon=":material/add_photo_alternate:", expanded=bool(photos)):
        st.markdown(
            _(
                "Upload at least {count} photos that have one thing in common and little else: ten photos of collars, of "
                "spots, of snow. The more they differ otherwise, the better the test."
            ).format(count=FEWEST_OWN)
        )
        turn = st.session_state.setdefault("own-turn", 0)
        left, right = st.columns([3, 2], gap="medium", vertical_alignment="top")
        with left:
            files = st.file_uploader(
                _("Choose several files or drop them here; they stay on this computer"),
                accept_multiple_files=True,
                key=f"own-upload-{turn}",
            )
            if files:  # not as a callback, see photos.picker
                _take_files(files)
                st.rerun()
        with right:
            _name_field()
        for problem in st.session_state.get("own-problems", []):
            st.warning(str(problem))
        if not photos:
            return
        names = [_("Photo {number} of your own concept").format(number=number) for number in range(1, len(photos) + 1)]
        st.image(thumbnails(photos), width=64, alt=names)
        if len(photos) < FEWEST_OWN:
            missing = FEWEST_OWN - len(photos)
            sentence = ngettext(
                "{count} photo can be used so far, and a concept needs at least {fewest}; please add {missing} more.",
                "{count} photos can be used so far, and a concept needs at least {fewest}; please add {missing} more.",
                len(photos),
            )
            st.error(sentence.format(count=len(photos), fewest=FEWEST_OWN, missing=missing))
        else:
            sentence = ngettext("{count} photo shows this concept.", "{count} photos show this concept.", len(photos))
            st.caption(sentence.format(count=len(photos)))
        st.button(_("Remove these photos"), key="own-remove", on_click=_remove)


def _name_field() -> None:
    key = "own-name-field"
    if key not in st.session_state:
        st.session_state[key] = "" if name() == _(_NAME) else name()
    st.text_input(
        _("What do they show?"),
        key=key,
        max_chars=_LONGEST_NAME,
        placeholder=_("collars"),
        on_change=_take_name,
        args=(key,),
    )


def _take_name(key: str) -> None:
    address.put(**{"own-name": st.session_state[key].strip() or None})


def _take_files(files: Sequence[UploadedFile]) -> None:
    photos = list(digests())
    problems: list[ImageError] = []
    for file in files:
        try:
            photos.append(session.workbench().keep_photo(file.getvalue(), file.name).digest)
        except ImageError as error:
            problems.append(ImageError("Left out: {problem}", problem=error))
    photos = list(dict.fromkeys(photos))
    if len(photos) > MOST:
        problems.append(
            ImageError(
                "{count} photos are more than are needed; the first {most} are used.", count=len(photos), most=MOST
            )
        )
    st.session_state["own-problems"] = problems
    address.put(own=",".join(photos[:MOST]) or None)
    st.session_state["own-turn"] += 1


def _remove() -> None:
    st.session_state.pop("own-problems", None)
    address.put(own=None)


@st.cache_data(show_spinner=False, max_entries=400)
def _thumbnail(digest: str) -> np.ndarray | None:
    """Return the photo as a small square u8[96,96,3], None where it is not stored."""
    try:
        pixels = session.workbench().photo(digest).pixels
    except ImageError:
        return None
    return np.rint(255 * squeeze(pixels, (_SIDE, _SIDE))).astype(np.uint8)
