"""How far one breed is ahead of another in what a network sees."""

import numpy as np

from xai_core.types import Measurements, Prediction


def lead(prediction: Prediction, target: int, against: int) -> Measurements:
    """Return how class A, the target, stands to class B: numbers only, all from one prediction.

    "margin", the logit of A less that of B; "odds", e to the margin, how many times as probable as B that makes A;
    "probability_a", "probability_b"; "place_a", "place_b", 1 for the most probable class of all; "first", that class.
    """
    margin = float(prediction.logits[target]) - float(prediction.logits[against])
    probabilities = prediction.probabilities
    return Measurements(
        arrays={},
        numbers={
            "margin": margin,
            "odds": float(np.exp(margin)),
            "probability_a": float(probabilities[target]),
            "probability_b": float(probabilities[against]),
            "place_a": float(1 + (prediction.logits > prediction.logits[target]).sum()),
            "place_b": float(1 + (prediction.logits > prediction.logits[against]).sum()),
            "first": float(prediction.logits.argmax()),
        },
    )
