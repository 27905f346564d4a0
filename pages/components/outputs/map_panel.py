"""Maps as all pages draw them: the colour scale, the picture, and the panel with its controls and failures."""

from html import escape

import numpy as np
import streamlit as st

from pages.components.inputs import pickers, settings_form
from pages.components.outputs import downloads, job_progress, prediction_view
from pages.components.shell import session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.classifiers.base import ModelSpec
from xai_core.execution.jobs import Job
from xai_core.explainers.base import Explainer
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.maps.grid import times_average
from xai_core.maps.location import share_of_strongest, where_strongest
from xai_core.photos.decoding import to_screen
from xai_core.render import heatmap, pictures
from xai_core.requests import ExplanationRequest
from xai_core.types import Attribution, Explanation, Label

_FADED = 0.3  # share of the photo's contrast that is left while its map is computed


def panel(
    number: int,
    explainer: Explainer,
    request: ExplanationRequest | None,
    photo: session.ShownPhoto,
    spec: ModelSpec,
    view: View,
) -> Explanation | None:
    """Draw panel `number` (from 1) and return its explanation once there is one. No request: the prediction is awaited."""
    with st.container(border=True, height="stretch", key=f"panel-{number}"):
        pickers.method_picker(number, explainer.info.key)
        explanation = None
        # A container of its own keeps the place of what follows, so that open settings stay open when the map arrives.
        with st.container(), guarded():
            if request is None:
                placeholder(photo, _("The map is on its way"))
                prediction_view.waiting_caption()
            else:
                explanation = map_of(str(number), request, photo, view, spec.labels[request.target])
        pickers.layer_picker(number, explainer, spec)
        with st.container(horizontal=True, gap="small"):
            with st.popover(_("Settings"), icon=":material/tune:", key=f"settings-of-{number}"):
                settings_form.draw(number, explainer, spec.ref)
            if explanation is not None:
                with st.popover(_("Save"), icon=":material/download:", key=f"save-{number}"):
                    downloads.panel_files(number, photo.image, explanation, spec.labels[explanation.target], view)
    return explanation


def legend(breed: str | None) -> None:
    """Draw the colour scale of all maps; `breed` is None before it is known which one they explain."""
    supports = _("speaks for this breed") if breed is None else _("speaks for {breed}").format(breed=breed)
    colour_scale(_("speaks against"), supports)


def colour_scale(against: str, supports: str) -> None:
    """Draw the colours of signed maps with a text at each end."""
    stops = ", ".join(f"{colour} {place:.0%}" for place, colour in heatmap.legend(True))
    label = _("Colours: blue speaks against the breed, orange for it")
    st.html(
        f'<div class="seespot-legend" role="img" aria-label="{escape(label)}">'
        f'<i style="background: linear-gradient(90deg, {stops})"></i>'
        f"<span>{escape(against)}</span><span>{escape(supports)}</span></div>"
    )


def map_of(
    key: str,
    request: ExplanationRequest,
    photo: session.ShownPhoto,
    view: View,
    label: Label,
    *,
    with_text: bool = True,
) -> Explanation | None:
    """Draw the map that answers `request`, or the waiting for it, and return its explanation once there is one.

    `key` tells this map from the others on the page. With `with_text` a text on how to read it stands below the map.
    """
    explainer = request.explainer
    explanation = result(key, session.ask(request, photo.image), request, photo, view)
    if explanation is not None:
        st.image(
            picture(repr(request), view, explanation, photo),
            alt=described(_(explainer.info.title), formatting.breed(label), explanation.values),
        )
        if with_text:
            st.markdown(_(explainer.info.sentence))
            st.caption("  \n".join([*diagnostic_sentences(explanation.diagnostics), formatting.effort(explanation)]))
    return explanation


def result(
    key: str,
    job: Job[Explanation],
    request: ExplanationRequest,
    photo: session.ShownPhoto,
    view: View,
    full: float | None = None,
) -> Explanation | None:
    """Return the explanation once there is one; until then draw its rough first map, or the pale photo, with progress.

    `full` is as in `picture`.
    """

    def draw(partial: Attribution | None) -> None:
        if partial is None:
            placeholder(photo, _("The map is on its way"))
        else:
            st.image(_overlay(partial, request.explainer.signed, photo, view, full), alt=_("A first, rough map"))

    return job_progress.result(key, job, request, draw=draw)


def described(what: str, breed: str, values: np.ndarray) -> str:
    """Return the alternative text of a map f32[h,w] or f32[h,w,3]: where it is strongest, and how much."""
    place = where_strongest(values)
    if place is None:
        return _("{what}: what speaks for {breed}. Nothing does.").format(what=what, breed=breed)
    return _(
        "{what}: what speaks for {breed}. Strongest {place}; the strongest fifth of the photo holds {share} of it all."
    ).format(what=what, breed=breed, place=place, share=formatting.share(share_of_strongest(values)))


@st.cache_data(show_spinner=False, max_entries=256)
def picture(
    request: str, view: View, _explanation: Explanation, _photo: session.ShownPhoto, full: float | None = None
) -> bytes:
    """Return the map over the photo as a file. The request's text names photo and method, which are not hashed.

    With `full` that many times the map's average strength get full colour, else the map's own maximum does.
    """
    return to_screen(_overlay(_explanation, _explanation.signed, _photo, view, full))


def _overlay(
    attribution: Attribution | Explanation, signed: bool, photo: session.ShownPhoto, view: View, full: float | None
) -> np.ndarray:
    over = heatmap.overlay(
        photo.shown,
        attribution.values if full is None else times_average(attribution.values),
        signed,
        segments=attribution.segments,
        full=full,
        **view.drawing,
    )
    # The heat alone, or beside the photo, is drawn large: of the part.
    return over if photo.whole is None or view.mode != "overlay" else pictures.on_whole(over, photo.whole, photo.edges)


def placeholder(photo: session.ShownPhoto, alt: str) -> None:
    """Draw the photo pale and grey in the place of a map, so that the page keeps its layout when the map arrives."""
    st.image(_pale(photo.image.digest, photo), alt=alt)


@st.cache_data(show_spinner=False, max_entries=16)
def _pale(digest: str, _photo: session.ShownPhoto) -> bytes:
    """Return the pale photo as a file, made once for all maps. The digest stands for the photo, which is not hashed."""
    shown = _photo.shown if _photo.whole is None else _photo.whole
    grey = shown.mean(axis=-1, keepdims=True)
    pale = np.rint(160 + _FADED * (grey - 128)).clip(0, 255).astype(np.uint8)
    return to_screen(np.repeat(pale, 3, axis=-1))
