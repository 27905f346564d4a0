"""The margin between two classes on a prediction whose logits are known."""

import numpy as np
import pytest

from xai_core.metrics.margin import margin
from xai_core.types import Label, Prediction


def test_the_margin_is_the_difference_of_the_logits() -> None:
    """Catches classes mixed up, places counted from 0 and odds of the wrong sign."""
    logits = np.array([1.0, 3.0, 2.0], np.float32)
    shares = np.exp(logits) / np.exp(logits).sum()
    labels = tuple(Label(f"n{number:08}", name, name) for number, name in enumerate(("Pug", "Boxer", "Saluki")))
    result = margin(Prediction("fake", labels, logits, shares, 0.9, True), target=2, against=0)
    assert (result.margin, result.place_a, result.place_b, result.first) == (1.0, 2, 3, 1)
    assert result.odds == pytest.approx(result.probability_a / result.probability_b, rel=1e-6)
    assert (result.probability_a, result.probability_b) == pytest.approx((shares[2], shares[0]))
