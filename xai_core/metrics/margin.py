"""The margin between two classes: how far one breed is ahead of another in a network's prediction."""

from dataclasses import dataclass

import numpy as np

from xai_core.types import Prediction


@dataclass(frozen=True)
class Margin:
    """How class A, the target, stands to class B in one prediction."""

    margin: float  # the logit of A less that of B
    odds: float  # e to the margin: how many times as probable as B A is
    probability_a: float
    probability_b: float
    place_a: int  # 1 for the most probable class of all
    place_b: int
    first: int  # the most probable class of all


def margin(prediction: Prediction, target: int, against: int) -> Margin:
    """Return how far class A, the target, is ahead of class B, `against`."""
    logits, probabilities = prediction.logits, prediction.probabilities
    difference = float(logits[target]) - float(logits[against])
    return Margin(
        margin=difference,
        odds=float(np.exp(difference)),
        probability_a=float(probabilities[target]),
        probability_b=float(probabilities[against]),
        place_a=int(1 + (logits > logits[target]).sum()),
        place_b=int(1 + (logits > logits[against]).sum()),
        first=int(logits.argmax()),
    )
