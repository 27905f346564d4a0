"""The stations of the tour, each one idea with pictures computed here; every number in the texts is read off them."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.components.outputs import map_panel
from pages.components.outputs.bars import bars
from pages.components.tour.guide import Guide, heading, picture, shown
from xai_core.classifiers.randomised import randomised
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.base import Explainer
from xai_core.i18n.catalogues import N_, _
from xai_core.i18n.formatting import breed, number, share
from xai_core.maps.agreement import chance_agreement, strength_agreement
from xai_core.maps.location import share_of_strongest, where_strongest
from xai_core.tour import AREAS, BUSY, CAT, DOG, DRAWING, PATCHES, PIXELS, blurred_photos, photo
from xai_core.types import Explanation, Label, Prediction


@dataclass(frozen=True)
class Station:
    """One idea. `draw` draws its pictures and returns what there is to see, None as long as an answer is missing."""

    title: str
    draw: Callable[[Guide], str | None]
    ask: str
    fools: str


def _sure(guide: Guide) -> str | None:
    left, right = st.columns([6, 5], gap="medium")
    with left:
        image = picture(DOG, _("The photo"))
    with right:
        heading(guide.network.title)
        prediction = guide.prediction(guide.network, image)
        if prediction is None:
            return None
        bars(prediction)
    first, second = (_answer(prediction, rank) for rank in (0, 1))
    return _(
        "A neural network, {network}, was shown this photo. It knows {count} breeds and gives each a probability; all of "
        "them together make 100 %. First comes {breed} with {share}, then {second} with {second_share}."
    ).format(
        network=guide.network.title,
        count=len(prediction.labels),
        breed=first[0],
        share=first[1],
        second=second[0],
        second_share=second[1],
    )


def _two(guide: Guide) -> str | None:
    left, middle, right = st.columns([5, 4, 4], gap="medium")
    with left:
        image = picture(BUSY, _("The photo"))
    answers = []
    for column, spec in ((middle, guide.network), (right, guide.other)):
        with column:
            heading(spec.title)
            if (prediction := guide.prediction(spec, image)) is not None:
                bars(prediction)
                answers.append(_answer(prediction))
    if len(answers) < 2:
        return None
    (name, part), (other_name, other_part) = answers
    told = (
        _("Two networks looked at one photo. Both say {breed}: {network} with {share}, {other} with {other_share}.")
        if name == other_name
        else _(
            "Two networks looked at one photo and see different dogs: {network} says {breed} with {share}, {other} says "
            "{other_breed} with {other_share}."
        )
    )
    return told.format(
        network=guide.network.title,
        other=guide.other.title,
        breed=name,
        share=part,
        other_breed=other_name,
        other_share=other_part,
    )


def _areas(guide: Guide) -> str | None:
    found = _photo_and_map(guide, DOG, AREAS)
    if found is None:
        return None
    explanation, label = found
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


def _patches(guide: Guide) -> str | None:
    found = _photo_and_map(guide, DOG, PATCHES)
    if found is None:
        return None
    explanation, label = found
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


def _pixels(guide: Guide) -> str | None:
    found = _photo_and_map(guide, DOG, PIXELS)
    if found is None:
        return None
    explanation, label = found
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


def _disagree(guide: Guide) -> str | None:
    maps = _maps_beside(
        guide,
        BUSY,
        ((guide.network.ref, AREAS, _(AREAS.info.title)), (guide.network.ref, PIXELS, _(PIXELS.info.title))),
    )
    if maps is None:
        return None
    (one, other), label = maps
    agreement = strength_agreement(one.values, other.values)
    told = (
        _(
            "Two methods answer one question: what counts for {breed}? They put the places of the photo into a similar "
            "order only to {agreement} (1: the same order, 0: none in common)."
        )
        if agreement > chance_agreement(one.values, other.values)
        else _(
            "Two methods answer one question: what counts for {breed}? They put the places of the photo into a similar "
            "order only to {agreement} (1: the same order, 0: none in common). Unrelated maps reach that by chance."
        )
    )
    return told.format(breed=breed(label), agreement=number(agreement, 2))


def _untrained(guide: Guide) -> str | None:
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
    told = (
        _(
            "Both drawings come from guided backpropagation. The left network learned from dogs; the right one has random "
            "weights and knows nothing. Still they agree to {agreement}, where unrelated maps would hardly pass {chance}: "
            "the photo's outlines draw themselves."
        )
        if agreement > chance
        else _(
            "Both drawings come from guided backpropagation. The left network learned from dogs; the right one has random "
            "weights and knows nothing. They agree to {agreement}, no more than unrelated maps may ({chance})."
        )
    )
    return told.format(agreement=number(agreement, 2), chance=number(chance, 2))


def _no_dog(guide: Guide) -> str | None:
    left, right = st.columns([6, 5], gap="medium")
    with left:
        image = picture(CAT, _("The photo"))
    with right:
        heading(guide.network.title)
        prediction = guide.prediction(guide.network, image)
        if prediction is None:
            return None
        bars(prediction)
    name, part = _answer(prediction)
    told = (
        _(
            "This is a cat. {network} says {breed} with {share} all the same: it has nothing but breeds to answer with. "
            "A check of its own takes the photo for a familiar one, and is mistaken."
        )
        if prediction.familiar
        else _(
            "This is a cat. {network} says {breed} with {share} all the same: it has nothing but breeds to answer with. "
            "Only a check of its own notices that the photo is unlike those it learned from."
        )
    )
    return told.format(network=guide.network.title, breed=name, share=part)


def _test(guide: Guide) -> str | None:
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
    told = (
        _(
            "Grad-CAM's word is put to the test. With its strongest fifth blurred, {breed} goes from {before} to "
            "{strongest}; with as much of its weakest blurred, to {weakest}. The map has passed."
        )
        if shares[0] < min(shares[1], float(before.probabilities[target]))
        else _(
            "Grad-CAM's word is put to the test. With its strongest fifth blurred, {breed} goes from {before} to "
            "{strongest}; with as much of its weakest blurred, to {weakest}. Here the map has not passed."
        )
    )
    return told.format(
        breed=breed(before.labels[target]),
        before=share(float(before.probabilities[target])),
        strongest=share(shares[0]),
        weakest=share(shares[1]),
    )


def _photo_and_map(guide: Guide, name: str, explainer: Explainer) -> tuple[Explanation, Label] | None:
    """Draw a sample beside its map for the most probable breed, and return the map."""
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
    guide: Guide, name: str, wanted: tuple[tuple[NetworkRef, Explainer, str], ...], *, alone: bool = False
) -> tuple[list[Explanation], Label] | None:
    """Draw maps of (network, method, title) beside each other for the breed that the tour's network names."""
    image = photo(name)
    prediction = guide.prediction(guide.network, image)
    if prediction is None:
        return None
    target = prediction.top(1)[0]
    found = []
    for column, (network, explainer, title) in zip(st.columns(len(wanted), gap="medium"), wanted, strict=True):
        with column:
            heading(title)
            if (explanation := guide.map_of(network, image, target, explainer, alone=alone)) is not None:
                found.append(explanation)
    return (found, prediction.labels[target]) if len(found) == len(wanted) else None


def _answer(prediction: Prediction, rank: int = 0) -> tuple[str, str]:
    """Return the breed of a rank (0: the most probable) and its share as people read them."""
    position = prediction.top(rank + 1)[rank]
    return breed(prediction.labels[position]), share(float(prediction.probabilities[position]))


STATIONS = (
    Station(
        N_("A name, and how sure"),
        _sure,
        N_(
            "How far ahead is the first bar? A wide gap is a clear answer. Two bars of one length mean that the network "
            "is torn between two breeds."
        ),
        N_(
            "The bars always add up to 100 %, so some breed always wins. A long bar says that the others fit less well, "
            "not that the answer is right."
        ),
    ),
    Station(
        N_("One dog, two networks"),
        _two,
        N_("What would you say yourself? And which of the two would you rather ask again, with a better photo?"),
        N_(
            "Even where two networks agree, that is no proof: both learned from similar photos and may share a mistake."
        ),
    ),
    Station(
        N_("Where? Areas, by Grad-CAM"),
        _areas,
        N_(
            "Does the orange lie on the dog? On its face, its ears, its coat? Or on the ground that such dogs stand on?"
        ),
        N_("A warm area says where something counts, not what. Eyes, fur and shadow in one place look the same here."),
    ),
    Station(
        N_("For and against? Patches, by LIME"),
        _patches,
        N_(
            "Would you know the breed from the orange patches alone? Does a blue patch show what another breed has too?"
        ),
        N_(
            "Where the borders of the patches run was decided before anyone asked. Cut in another way, the photo gives "
            "another picture, so trust only "
            "what shows every time."
        ),
    ),
    Station(
        N_("How much? Pixels, by Integrated Gradients"),
        _pixels,
        N_("Do the dots gather on something that has a name: an ear, an eye, the line of the back?"),
        N_(
            "What is black in the photo does not change on the way from black, so a dark nose or coat may stay without "
            "colour although it counts."
        ),
    ),
    Station(
        N_("Two methods, two answers"),
        _disagree,
        N_(
            "Where do both point? That is worth more than what either shows alone. What only one shows deserves a doubt."
        ),
        N_(
            "It is tempting to keep the map that fits one's opinion. Neither is the truth: each asks the network in its "
            "own way."
        ),
    ),
    Station(
        N_("A beautiful map that knows nothing"),
        _untrained,
        N_(
            "Would this map be different if the network had learned something else? If not, it tells of the photo only."
        ),
        N_(
            "Sharp lines look convincing because we know the dog in them. The recognising is done by us, not by the map."
        ),
    ),
    Station(
        N_("No dog, still a breed"),
        _no_dog,
        N_("Is the question one that the network can answer at all? It was never taught to say: none of these."),
        N_(
            "A high share looks like knowledge. It only compares breeds with each other, and one of them is always the "
            "least wrong."
        ),
    ),
    Station(
        N_("To take home: put it to the test"),
        _test,
        N_(
            "What would have to happen if the map were right? Then do it: hide a part, turn the photo, ask another network "
            "or another method."
        ),
        N_(
            "A blurred photo is a strange sight for a network too. A map is evidence about the network and never proof "
            "about the dog: hold several against each other."
        ),
    ),
)
