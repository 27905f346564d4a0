"""The stations of the tour that show maps; every number in the texts is read off the maps.

Each function draws a station's pictures and returns its text, None as long as an answer is missing.
"""

import streamlit as st

from pages.components.outputs import map_panel
from pages.components.tour.guide import Guide, heading, picture, shown
from xai_core.classifiers.randomised import randomised
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import Explainer
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed, number, share
from xai_core.maps.agreement import chance_agreement, strength_agreement
from xai_core.maps.location import share_of_strongest, where_strongest
from xai_core.tour import AREAS, BUSY, DOG, DRAWING, PATCHES, PIXELS, blurred_photos, photo
from xai_core.types import Explanation, Label


def areas(guide: Guide) -> str | None:
    """Draw Grad-CAM's map of a photo."""
    photo_and_map = _photo_and_map(guide, DOG, AREAS)
    if photo_and_map is None:
        return None
    explanation, label = photo_and_map
    place = where_strongest(explanation.values)
    if place is None:
        return _("In this layer of the network nothing speaks for {breed}, so the map is empty.").format(
            breed=breed(label)
        )
    rows, columns = explanation.values.shape[:2]
    return _(
        "Orange marks the areas that raise the score for {breed}, most of all {place}. The strongest fifth of the photo "
        "holds {share} of it. The map has only {rows} x {columns} fields; its soft edges are drawn, not measured."
    ).format(
        breed=breed(label), place=place, share=share(share_of_strongest(explanation.values)), rows=rows, columns=columns
    )


def patches(guide: Guide) -> str | None:
    """Draw LIME's map of a photo."""
    photo_and_map = _photo_and_map(guide, DOG, PATCHES)
    if photo_and_map is None:
        return None
    explanation, label = photo_and_map
    return _(
        "The photo was cut into {patches} patches. They were hidden in turns, and each time the network was asked again: "
        "{times} times. Orange patches raise the score for {breed}, blue ones lower it. A plain sum of the patches "
        "accounts for {fit} of what happened."
    ).format(
        patches=number(explanation.diagnostics["superpixels"]),
        times=number(explanation.evaluations),
        breed=breed(label),
        fit=share(max(explanation.diagnostics["fit"], 0.0)),
    )


def pixels(guide: Guide) -> str | None:
    """Draw the map of Integrated Gradients of a photo."""
    photo_and_map = _photo_and_map(guide, DOG, PIXELS)
    if photo_and_map is None:
        return None
    explanation, label = photo_and_map
    numbers = explanation.diagnostics
    return _(
        "The photo emerges from a black picture, and each pixel is credited with what it does to the score on the way. "
        "The score for {breed} goes from {before} to {after}. All dots added up make this change, to within {error}."
    ).format(
        breed=breed(label),
        before=number(numbers["baseline_logit"], 2),
        after=number(numbers["logit"], 2),
        error=share(numbers["relative_delta"]),
    )


def two_methods(guide: Guide) -> str | None:
    """Draw the maps of two methods side by side."""
    maps = _maps_beside(
        guide,
        BUSY,
        ((guide.network.ref, AREAS, _(AREAS.info.title)), (guide.network.ref, PIXELS, _(PIXELS.info.title))),
    )
    if maps is None:
        return None
    (first, second), label = maps
    agreement = strength_agreement(first.values, second.values)
    text = _(
        "Two methods answer one question: what counts for {breed}? They put the places of the photo into a similar "
        "order only to {agreement} (1: the same order, 0: none in common)."
    )
    if agreement <= chance_agreement(first.values, second.values):
        text += " " + _("Unrelated maps reach that by chance.")
    return text.format(breed=breed(label), agreement=number(agreement, 2))


def untrained(guide: Guide) -> str | None:
    """Draw the maps of a trained network and of one with random weights side by side."""
    maps = _maps_beside(
        guide,
        DOG,
        (
            (guide.network.ref, DRAWING, _("The trained network")),
            (randomised(guide.network), DRAWING, _("The same with random weights")),
        ),
        alone=True,
    )
    if maps is None:
        return None
    (trained, untrained), _label = maps
    agreement = strength_agreement(trained.values, untrained.values)
    chance = chance_agreement(trained.values, untrained.values)
    text = _(
        "Both drawings come from guided backpropagation. The left network learned from dogs; the right one has random "
        "weights and knows nothing."
    )
    if agreement > chance:
        text += " " + _(
            "Still they agree to {agreement}, where unrelated maps would hardly pass {chance}: the photo's outlines draw "
            "themselves."
        )
    else:
        text += " " + _("They agree to {agreement}, no more than unrelated maps may ({chance}).")
    return text.format(agreement=number(agreement, 2), chance=number(chance, 2))


def blurred(guide: Guide) -> str | None:
    """Draw the photo with the map's strongest fifth blurred, and with its weakest fifth blurred."""
    before = guide.prediction(guide.network, photo(DOG))
    if before is None:
        return None
    target = before.top(1)[0]
    first, *others = st.columns(3, gap="medium")
    with first:
        heading(_(AREAS.info.title))
        explanation = guide.map_of(guide.network.ref, photo(DOG), target, AREAS)
    if explanation is None:
        return None
    shares = []
    titles = _("Strongest fifth blurred"), _("Weakest fifth blurred")
    for column, title, image in zip(others, titles, blurred_photos(explanation), strict=True):
        with column:
            heading(title)
            st.image(shown(image).shown, alt=title)
            if (answer := guide.prediction(guide.network, image)) is not None:
                shares.append(float(answer.probabilities[target]))
    if len(shares) < 2:
        return None
    text = _(
        "Grad-CAM's word is put to the test. With its strongest fifth blurred, {breed} goes from {before} to {strongest}; "
        "with as much of its weakest blurred, to {weakest}."
    )
    passed = shares[0] < min(shares[1], float(before.probabilities[target]))
    text += " " + (_("The map has passed.") if passed else _("Here the map has not passed."))
    return text.format(
        breed=breed(before.labels[target]),
        before=share(float(before.probabilities[target])),
        strongest=share(shares[0]),
        weakest=share(shares[1]),
    )


def _photo_and_map(guide: Guide, name: str, explainer: Explainer) -> tuple[Explanation, Label] | None:
    """Draw a sample beside its map for the most probable breed, and return the map with the breed's label."""
    left, right = st.columns(2, gap="medium")
    with left:
        image = picture(name, _("The photo"))
    with right:
        heading(_(explainer.info.title))
        prediction = guide.prediction(guide.network, image)
        if prediction is None:
            return None
        target = prediction.top(1)[0]
        explanation = guide.map_of(guide.network.ref, image, target, explainer)
        if explanation is None:
            return None
        if explanation.signed:
            map_panel.legend(breed(prediction.labels[target]))
    return explanation, prediction.labels[target]


def _maps_beside(
    guide: Guide, name: str, maps: tuple[tuple[NetworkRef, Explainer, str], ...], *, alone: bool = False
) -> tuple[list[Explanation], Label] | None:
    """Draw maps of (network, method, title) side by side, for the most probable breed by the tour's network."""
    image = photo(name)
    prediction = guide.prediction(guide.network, image)
    if prediction is None:
        return None
    target = prediction.top(1)[0]
    explanations = []
    for column, (network, explainer, title) in zip(st.columns(len(maps), gap="medium"), maps, strict=True):
        with column:
            heading(title)
            if (explanation := guide.map_of(network, image, target, explainer, alone=alone)) is not None:
                explanations.append(explanation)
    return (explanations, prediction.labels[target]) if len(explanations) == len(maps) else None
