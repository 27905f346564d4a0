"""The stations of the tour that show predictions only; every number in the texts is read off the prediction.

Each function draws a station's pictures and returns its text, None as long as a prediction is missing.
"""

import streamlit as st

from pages.components.outputs.prediction_view import bars
from pages.components.tour.guide import Guide, heading, picture
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed, share
from xai_core.tour import BUSY, CAT, DOG
from xai_core.types import Prediction


def first_answer(guide: Guide) -> str | None:
    """Draw the most probable breeds of one photo."""
    prediction = _photo_and_breeds(guide, DOG)
    if prediction is None:
        return None
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


def two_networks(guide: Guide) -> str | None:
    """Draw the answers of two networks to one photo."""
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
    text = (
        _("Two networks looked at one photo. Both say {breed}: {network} with {share}, {other} with {other_share}.")
        if name == other_name
        else _(
            "Two networks looked at one photo and see different dogs: {network} says {breed} with {share}, {other} says "
            "{other_breed} with {other_share}."
        )
    )
    return text.format(
        network=guide.network.title,
        other=guide.other.title,
        breed=name,
        share=part,
        other_breed=other_name,
        other_share=other_part,
    )


def no_dog(guide: Guide) -> str | None:
    """Draw the answer to a photo of a cat."""
    prediction = _photo_and_breeds(guide, CAT)
    if prediction is None:
        return None
    name, part = _answer(prediction)
    text = _(
        "This is a cat. {network} says {breed} with {share} all the same: it has nothing but breeds to answer with."
    )
    if prediction.familiar:
        text += " " + _("A check of its own takes the photo for a familiar one, and is mistaken.")
    else:
        text += " " + _("Only a check of its own notices that the photo is unlike those it learned from.")
    return text.format(network=guide.network.title, breed=name, share=part)


def _photo_and_breeds(guide: Guide, sample: str) -> Prediction | None:
    """Draw a sample and the breeds that the network sees in it; return the prediction, None as long as it is missing."""
    left, right = st.columns([6, 5], gap="medium")
    with left:
        image = picture(sample, _("The photo"))
    with right:
        heading(guide.network.title)
        prediction = guide.prediction(guide.network, image)
        if prediction is not None:
            bars(prediction)
    return prediction


def _answer(prediction: Prediction, rank: int = 0) -> tuple[str, str]:
    """Return the texts of a breed and its probability, by its rank (0: the most probable)."""
    position = prediction.top(rank + 1)[rank]
    return breed(prediction.labels[position]), share(float(prediction.probabilities[position]))
