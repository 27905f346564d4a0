"""Reliability: what two halves say about how near their mean is to the truth."""

import numpy as np
import pytest

from xai_core.explainers.shared.reliability import SETTLED, reliability
from xai_core.maps.agreement import rank_correlation


@pytest.mark.parametrize("noise", [0.3, 0.6, 1.0])
def test_it_is_the_rank_correlation_of_the_mean_with_the_truth(noise: float) -> None:
    """Catches a formula for one half instead of the mean, or without the root: 60 weights, 300 draws of known noise."""
    generator = np.random.default_rng(0)
    estimated, true = [], []
    for _ in range(300):
        truth = generator.normal(size=60)
        first, second = truth + noise * generator.normal(size=(2, 60))
        estimated.append(reliability(first, second))
        true.append(rank_correlation((first + second) / 2, truth))
    assert np.mean(estimated) == pytest.approx(np.mean(true), abs=0.015)


def test_noise_does_not_settle_and_no_order_counts_as_none() -> None:
    """Catches a stop on answers that mean nothing: 20 weights, 2000 pairs of halves of pure noise."""
    generator = np.random.default_rng(1)
    assert not any(reliability(*generator.normal(size=(2, 20))) >= SETTLED for _ in range(2000))
    assert reliability(np.zeros(5), np.arange(5.0)) == 0
    assert reliability(-np.arange(5.0), np.arange(5.0)) == 0
