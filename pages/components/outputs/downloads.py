"""Downloads, made when their button is pressed."""

import io
import zipfile
from collections.abc import Sequence

import streamlit as st

from pages.components.shell.address import View
from xai_core.i18n.catalogues import _
from xai_core.photos.decoding import to_png
from xai_core.render import heatmap, pictures
from xai_core.report import raw_files
from xai_core.types import Explanation, ImageInput, Label, Prediction


def panel_files(number: int, image: ImageInput, explanation: Explanation, label: Label, view: View) -> None:
    """Draw the buttons for one map: its picture as it is shown, and its raw numbers with their description."""
    stem = _stem(number, explanation)
    st.download_button(
        _("Picture (PNG)"),
        lambda: _picture(image, explanation, view),
        f"{stem}.png",
        "image/png",
        key=f"png-{number}",
        on_click="ignore",
        width="stretch",
    )
    st.download_button(
        _("Numbers (npz + json)"),
        lambda: _zip(_raw_files(f"{stem}/", image, explanation, label)),
        f"{stem}.zip",
        "application/zip",
        key=f"numbers-{number}",
        on_click="ignore",
        width="stretch",
        help=_("The raw attribution, never normalised, as NumPy arrays; and how it was computed."),
    )


def everything(
    image: ImageInput,
    prediction: Prediction | None,
    explanations: Sequence[tuple[int, Explanation]],
    labels: Sequence[Label],
    view: View,
) -> None:
    """Draw the button for one zip with the photo, the prediction and all finished maps."""

    def build() -> bytes:
        files = {"photo.png": to_png(image.pixels)}
        if prediction is not None:
            files["prediction.json"] = raw_files.as_json(raw_files.prediction_description(image, prediction))
        for number, explanation in explanations:
            folder = f"{_stem(number, explanation)}/"
            files[f"{folder}overlay.png"] = _picture(image, explanation, view)
            files |= _raw_files(folder, image, explanation, labels[explanation.target])
        return _zip(files)

    st.download_button(
        _("Download everything (zip)"),
        build,
        "seespot.zip",
        "application/zip",
        key="download-all",
        on_click="ignore",
        disabled=not explanations,
        help=_("The photo, the breeds, and of each map the picture, the raw numbers and how they were computed."),
    )


def _stem(number: int, explanation: Explanation) -> str:
    return f"{number}-{explanation.method}"


def _picture(image: ImageInput, explanation: Explanation, view: View) -> bytes:
    over = heatmap.overlay(
        image.pixels, explanation.values, explanation.signed, segments=explanation.segments, **view.drawing
    )
    whole = image.crop if view.mode == "overlay" else None
    return to_png(over if whole is None else pictures.on_whole(over, whole.whole, whole.edges))


def _raw_files(folder: str, image: ImageInput, explanation: Explanation, label: Label) -> dict[str, bytes]:
    return {
        f"{folder}attribution.npz": raw_files.numbers_file(explanation),
        f"{folder}explanation.json": raw_files.as_json(raw_files.description(image, explanation, label)),
    }


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNG and npz are compressed already
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
