"""Rank correlation against its closed forms."""

import numpy as np
import pytest

from xai_core.agreement import rank_correlation, strength_agreement


def test_only_the_order_counts() -> None:
    """Catches Pearson's correlation in its place."""
    first = np.random.default_rng(0).normal(size=(6, 7))
    assert rank_correlation(first, np.exp(5 * first)) == pytest.approx(1)
    assert rank_correlation(first, -(first**3)) == pytest.approx(-1)


def test_a_known_value_with_and_without_ties() -> None:
    # Spearman 1904: 1 - 6 * sum(d^2) / (n (n^2 - 1)) with d = (1, 1, 0, 0, 0) is 1 - 12 / 120.
    assert rank_correlation(np.array([1, 2, 3, 4, 5.0]), np.array([2, 1, 3, 4, 5.0])) == pytest.approx(0.9)
    # Ranks (1.5, 1.5, 3) and (1, 2, 3): covariance 1.5, variances 1.5 and 2.
    assert rank_correlation(np.array([0, 0, 1.0]), np.array([0, 1, 2.0])) == pytest.approx(1.5 / np.sqrt(3))


@pytest.mark.parametrize("other", [np.zeros(4), np.full(4, 7.0)])
def test_a_map_that_says_the_same_everywhere_has_no_order(other: np.ndarray) -> None:
    """Catches an empty map that counts as agreement or as disagreement."""
    assert np.isnan(rank_correlation(np.arange(4.0), other))
    assert np.isnan(rank_correlation(np.empty(0), np.empty(0)))


def test_strength_forgets_the_sign_and_not_the_order() -> None:
    """Catches signs that make two maps of the same edges look different, and channels that are not summed first."""
    first = np.array([[1.0, -2.0], [3.0, -4.0]])
    assert strength_agreement(first, -first * 5) == pytest.approx(1)
    assert strength_agreement(first, 1 / first) == pytest.approx(-1)
    cancelling = np.stack([first, -first, np.array([[4.0, 3.0], [2.0, 1.0]])], axis=-1)
    assert strength_agreement(cancelling, first) == pytest.approx(-1)
