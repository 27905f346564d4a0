"""The page "Concepts": whether stripes, fur or what the visitor has photos of raise a breed's score."""

import numpy as np
import streamlit as st

from pages.components.concepts import own_concept, results
from pages.components.inputs import photo_picker, subject, url_widgets
from pages.components.outputs import feature_visualisation, job_progress, prediction_view
from pages.components.shell import address, frame, session
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import UnknownNameError
from xai_core.explainers.base import resolve_layer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.photos.samples import Sample
from xai_core.photos.textures import TEXTURES, texture_photos
from xai_core.requests import StudyRequest
from xai_core.studies.feature_visualisation import FeatureVisualisation, FeatureVisualisationResult
from xai_core.studies.tcav import FEWEST_OWN, Tcav, TcavResult
from xai_core.types import ImageInput

_USUAL = ("stripes", "fur", "grass")
_TILE = 116  # px
_NONE = "none"  # in the address: no texture at all


def concepts() -> None:
    """Draw the page from top to bottom."""
    current = subject.read()
    st.title(_("Which ideas move the network?"), anchor=False)
    st.markdown(
        _(
            "A *concept* is something people have a word for and can show photos of: stripes, fur, grass. This page tests "
            "whether pushing the network's inner picture of your photo towards a concept raises or lowers the score of a "
            "breed."
        )
    )
    subject.bar(current)
    study = _settings(current.spec)
    if current.target is None or current.label is None:
        st.header(_("What do they do to the score of this breed?"), anchor=False)
        prediction_view.waiting_caption()
        return
    breed = formatting.breed(current.label)
    st.header(_("What do they do to the score of {breed}?").format(breed=breed), anchor=False)
    picture = feature_visualisation.request(current.spec.ref, current.target, FeatureVisualisation())
    if study.concepts:
        own = own_concept.digests() if study.own else ()
        photos = (current.digest, *(sample.digest for sample in _others(current)), *own)
        _results(current, StudyRequest(current.spec.ref, photos, current.target, study), study, own, breed)
    else:
        st.info(_("Choose at least one concept above, or add photos of your own."))
    st.header(_("What would the network draw for {breed}?").format(breed=breed), anchor=False)
    _drawing(picture, breed)


def _settings(spec: ModelSpec) -> Tcav:
    """Draw the choice of the concepts and of the layer, and return the study that tests them."""
    textures, own = _textures(), own_concept.digests()
    st.header(_("Choose concepts"), anchor=False)
    st.caption(_("SeeSpot draws the photos of these itself, each in other colours, sizes and directions."))
    tiles, block = st.columns([9, 3], gap="medium", vertical_alignment="center")
    with tiles:
        _tiles(textures)
    with block:
        layer = _layer(spec)
    own_concept.picker(own)
    return Tcav(
        layer=layer,
        own=len(own) if len(own) >= FEWEST_OWN else 0,
        **{key: key in textures for key in TEXTURES},
    )


def _results(
    current: subject.Subject, request: StudyRequest[TcavResult], study: Tcav, own: tuple[str, ...], breed: str
) -> None:
    """Draw the result of the test or the waiting for it, and what was compared."""

    def load() -> list[ImageInput]:
        others = [sample.load() for sample in _others(current)]
        return [current.photo.image, *others, *own_concept.load(own)]

    def draw(partial: TcavResult | None, *, complete: bool = False) -> None:
        results.draw(results.rows(study.concepts, own_concept.name(), partial), breed, whole=complete)

    result = job_progress.result("concepts", session.ask(request, load), request, draw=draw)
    if result is None:
        return
    draw(result, complete=True)
    st.caption(
        _("A bar to the right speaks for the breed, one to the left against it; the thin line is the 95 % interval.")
        + f" {formatting.effort(result)}"
    )
    with st.expander(_("What was compared, and how to read it")):
        _compared(result, breed)


def _compared(result: TcavResult, breed: str) -> None:
    """Show the photos that the test used, with what each set is for."""
    taken = result.taken_for_class
    changed = _("**Photos of {breed}**: eight small changes of your photo.")
    if taken:
        changed = ngettext(
            "**Photos of {breed}**: eight small changes of your photo and of {count} sample photo that the network also "
            "takes for it.",
            "**Photos of {breed}**: eight small changes of your photo and of {count} sample photos that the network also "
            "takes for it.",
            taken,
        )
    st.markdown(
        changed.format(breed=breed, count=taken)
        + " "
        + _(
            "The training photos are not part of SeeSpot, so the figures speak of photos like these, not of the breed in "
            "general."
        )
    )
    of_breed = list(result.class_photos[:16])
    st.image(of_breed, width=72, alt=[_("A photo of {breed}, for the test").format(breed=breed)] * len(of_breed))
    st.markdown(
        _(
            "**Random photos**: what each concept is compared with. Half are drawn from overlapping shapes of all sizes, "
            "which resemble photos without showing anything; half are pieces cut out of the other samples."
        )
    )
    random = list(result.random_photos)
    st.image(random, width=72, alt=[_("A random photo, for the test")] * len(random))
    st.markdown(
        _(
            "**The test** ([TCAV, Kim et al. 2018](https://arxiv.org/abs/1711.11279)): a simple classifier learns to tell "
            "half of a concept's photos from random ones by what the chosen layer makes of them. This gives a direction, "
            "the way towards the concept. A small push in this direction raises or lowers the score of each photo of the "
            "breed; the bar is the share that it raises. All this happens {count} times with other halves, and as often "
            "with random photos in the concept's place. Only where both differ more than chance allows, and more the more "
            "concepts are tested at once, is a score shown. (Because the same few photos are divided again and again, the "
            "test allows for that; without it, a third or more of meaningless concepts would pass.)"
        ).format(count=len(result.random_scores))
    )
    st.markdown(
        _(
            "**With care**: a concept is what its photos share, not only what they are called: grass is also green, and "
            "drawn fur is not a real coat. Another layer can give another answer."
        )
    )


def _drawing(request: StudyRequest[FeatureVisualisationResult], breed: str) -> None:
    """Draw the picture that raises the breed's score most, on request, beside how to read it."""
    text = _(
        "The other way round: start from faint noise and change each pixel so that the score of {breed} rises, again and "
        "again. What forms is no photo, but it shows shapes and colours that the network connects with the breed. Pieces "
        "repeat and colours are unnatural, because nothing but the score counts."
    ).format(breed=breed)
    if address.query().get("drawn") != "yes":
        st.markdown(text)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(_("Draw it"), key="draw-breed", on_click=address.put, kwargs={"drawn": "yes"})
            st.caption(formatting.takes(session.seconds(request)), width="content")
        return
    left, right = st.columns([1, 2], gap="medium")
    with left:
        _picture(request, _("the score of {breed}").format(breed=breed))
    right.markdown(text)


def _picture(request: StudyRequest[FeatureVisualisationResult], score: str) -> None:
    feature_visualisation.picture(
        "breed",
        request,
        forming=_("A picture for {subject}, still forming").format(subject=score),
        finished=_("A picture for {subject}").format(subject=score),
        caption=lambda result: _(
            "From {before} at the start to {after}: {subject} after {steps} steps, in {time}."
        ).format(
            before=formatting.number(result.before, 1),
            after=formatting.number(result.after, 1),
            subject=score,
            steps=formatting.number(result.steps),
            time=formatting.duration(result.seconds),
        ),
        width=300,
    )


def _textures() -> tuple[str, ...]:
    """Return the textures that the address names; three where it names none."""
    named = address.query().get("concepts")
    if named is None:
        return _USUAL
    known = tuple(key for key in TEXTURES if key in named.split(","))
    unknown = [part[:40] for part in named.split(",") if part not in TEXTURES and part != _NONE]
    for part in unknown:
        problem = _("The link asks for the concept “{concept}”, which does not exist; the others are shown.")
        st.warning(problem.format(concept=part))
    return known


def _tiles(textures: tuple[str, ...]) -> None:
    with st.container(horizontal=True, gap="small", key="concept-tiles"):
        for key, texture in TEXTURES.items():
            with st.container(width=_TILE, gap="small"):
                st.image(_thumbnail(key), width=_TILE, alt=_(texture.sentence))
                widget = f"use-{key}"
                shown = url_widgets.show_value(widget, key in textures)
                st.checkbox(_(texture.title), shown, key=widget, on_change=_take_textures)


def _take_textures() -> None:
    textures = tuple(key for key in TEXTURES if st.session_state[f"use-{key}"])
    address.put(concepts=None if textures == _USUAL else ",".join(textures) or _NONE)


@st.cache_data(show_spinner=False)
def _thumbnail(key: str) -> np.ndarray:
    """Return four photos of a texture as one square picture."""
    one, two, three, four = np.rint(255 * texture_photos(key, 4, (_TILE, _TILE))).astype(np.uint8)
    return np.concatenate([np.concatenate([one, two], axis=1), np.concatenate([three, four], axis=1)], axis=0)


def _layer(spec: ModelSpec) -> str:
    """Draw the row of blocks and return the layer that is examined."""
    usual = spec.cam_layers[-1]
    try:
        current = resolve_layer(spec, address.query().get("layer", usual))
    except UnknownNameError as error:
        st.warning(str(error))
        current = usual
    key = f"concept-layer-{spec.key}"
    st.select_slider(
        _("Block of the network"),
        spec.cam_layers,
        url_widgets.show_value(key, current),
        format_func=spec.block_title,
        key=key,
        help=_(
            "Where in the network to look for the concepts: early blocks know colours and textures, late ones parts of dogs."
        ),
        on_change=lambda: address.put(layer=None if st.session_state[key] == usual else st.session_state[key]),
    )
    return current


def _others(current: subject.Subject) -> list[Sample]:
    """Return the samples that are not the visitor's photo."""
    mine = None if current.address.photo else current.address.sample
    return [sample for name, sample in photo_picker.samples().items() if name != mine]


with frame.page("concepts"):
    concepts()
