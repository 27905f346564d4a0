"""The sentences of the page Perturb, word for word."""

import numpy as np
import pytest

from pages.components.perturb import charts, sentences
from xai_core.photos.perturbations import BLUR, ROTATION, SCALE, SHIFT, Change
from xai_core.studies.robustness import RobustnessResult
from xai_core.types import Label, Prediction

LABELS = tuple(Label(f"n{number:08}", name, name) for number, name in enumerate(("Pug", "Boxer", "Saluki")))


def prediction(*probabilities: float) -> Prediction:
    values = np.array(probabilities, np.float32)
    return Prediction("fake", LABELS, np.log(values), values, 0.9, True)


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (
            (0.51, 0.25, 0.24),
            "Now the probability of **Pug** falls by 29 points, from 80 % to 51 %; the first choice is still Pug.",
        ),
        (
            (0.2, 0.7, 0.1),
            "Now the probability of **Pug** falls by 60 points, from 80 % to 20 %; "
            "the first choice is now **Boxer** instead of Pug.",
        ),
        (
            (0.81, 0.1, 0.09),
            "Now the probability of **Pug** rises by 1 point, from 80 % to 81 %; the first choice is still Pug.",
        ),
        ((0.803, 0.1, 0.097), "Now the probability of **Pug** stays at 80.3 %; the first choice is still Pug."),
    ],
)
def test_how_an_answer_changed(after: tuple[float, ...], sentence: str) -> None:
    """Catches the two photos mixed up, and a change of nothing that is called a fall."""
    text = sentences.difference("Now", prediction(0.8, 0.15, 0.05), prediction(*after), 0)
    assert text.replace("\xa0", " ") == sentence


def result(agreement: list[float], winners: list[int]) -> RobustnessResult:
    zeros = np.zeros(3, np.float32)
    return RobustnessResult(
        amounts=np.array([0, 180, 360], np.float32),
        target_logits=zeros,
        target_probabilities=np.array([0.9, 0.04, 0.9], np.float32),
        top=np.array(winners)[:, np.newaxis],
        top_probabilities=zeros[:, np.newaxis],
        maps=np.zeros((3, 56, 56), np.float32),
        agreement=np.array(agreement, np.float32),
        shared=zeros,
        plain_map=np.zeros((56, 56), np.float32),
        logit=0.0,
        probability=0.9,
    )


@pytest.mark.parametrize(
    ("agreement", "winners", "sentence"),
    [
        (
            [1, 0.25, 1],
            [0, 2, 0],
            "Pug is the first choice in 2 of 3 steps and least probable at 180° (4 %); the map agrees least with that of "
            "the unchanged photo at 180° (0.25).",
        ),
        (
            [1, np.nan, 0.5],
            [0, 0, 0],
            "Pug is the first choice in every step and least probable at 180° (4 %); the map agrees least with that of "
            "the unchanged photo at 360° (0.50). Where the agreement has gaps one of the two maps is empty.",
        ),
        (
            [np.nan] * 3,
            [1, 1, 1],
            "Pug is the first choice in no step and least probable at 180° (4 %); the maps are empty, so there is nothing "
            "to compare.",
        ),
    ],
)
def test_what_the_curves_show(agreement: list[float], winners: list[int], sentence: str) -> None:
    """Catches a gap that is read as the lowest agreement."""
    assert sentences.curve(ROTATION, result(agreement, winners), LABELS, 0).replace("\xa0", " ") == sentence


@pytest.mark.parametrize(
    ("change", "amount", "text"),
    [(ROTATION, 90, "90°"), (SHIFT, 25, "+25 %"), (SHIFT, -5, "-5 %"), (SCALE, 70.7107, "71 %"), (BLUR, 2.5, "2.5 %")],
)
def test_amounts_as_people_read_them(change: Change, amount: float, text: str) -> None:
    """Catches a unit that is left out, a lost sign and too many digits."""
    assert charts.amount_text(change, amount).replace("\xa0", " ") == text
