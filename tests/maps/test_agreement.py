"""Agreement of two maps against closed forms."""

import numpy as np
import pytest

from tests.maps.maps import in_patches
from xai_core.maps.agreement import chance_agreement, rank_correlation, strength_agreement
from xai_core.maps.grid import GRID


def test_only_the_order_counts() -> None:
    """Catches Pearson's correlation in its place."""
    first = np.random.default_rng(0).normal(size=(6, 7))
    assert rank_correlation(first, np.exp(5 * first)) == pytest.approx(1)
    assert rank_correlation(first, -(first**3)) == pytest.approx(-1)


def test_a_known_value_with_and_without_ties() -> None:
    """Catches another treatment of ties than the mean rank."""
    # Spearman 1904: 1 - 6 * sum(d^2) / (n (n^2 - 1)) with d = (1, 1, 0, 0, 0) is 1 - 12 / 120.
    assert rank_correlation(np.array([1, 2, 3, 4, 5.0]), np.array([2, 1, 3, 4, 5.0])) == pytest.approx(0.9)
    # Ranks (1.5, 1.5, 3) and (1, 2, 3): covariance 1.5, variances 1.5 and 2.
    assert rank_correlation(np.array([0, 0, 1.0]), np.array([0, 1, 2.0])) == pytest.approx(1.5 / np.sqrt(3))


@pytest.mark.parametrize("other", [np.zeros(4), np.full(4, 7.0)])
def test_a_constant_map_has_no_order(other: np.ndarray) -> None:
    """Catches an empty map that counts as agreement or as disagreement."""
    assert np.isnan(rank_correlation(np.arange(4.0), other))
    assert np.isnan(rank_correlation(np.empty(0), np.empty(0)))


def test_strength_forgets_the_sign_and_not_the_order() -> None:
    """Catches signs that make two maps of the same edges look different, and channels that are not summed first."""
    first = in_patches([[1, -2], [3, -4]])
    assert strength_agreement(first, -first * 5) == pytest.approx(1)
    assert strength_agreement(first, 1 / first) == pytest.approx(-1)
    cancelling = np.stack([first, -first, in_patches([[4, 3], [2, 1]])], axis=-1)
    assert strength_agreement(cancelling, first) == pytest.approx(-1)


def test_strength_is_compared_where_people_see_it() -> None:
    """Catches single pixels of chance that hide how alike two maps look."""
    generator = np.random.default_rng(0)
    picture = np.kron(generator.normal(size=(56, 56)), np.ones((4, 4)))
    one, other = (picture + generator.normal(size=picture.shape) for _ in range(2))
    assert rank_correlation(np.abs(one), np.abs(other)) < 0.5
    assert strength_agreement(one.astype(np.float32), other.astype(np.float32)) > 0.8


def test_chance_is_what_shifted_maps_reach() -> None:
    """Catches a Fourier transform in the wrong direction or scale, against correlations taken one by one."""
    generator = np.random.default_rng(0)
    first, second = (generator.normal(size=(GRID, GRID)).astype(np.float32) for _ in range(2))
    shifted = [
        strength_agreement(first, np.roll(second, (down, right), (0, 1)))
        for down in range(GRID)
        for right in range(GRID)
    ]
    for quantile in (0.5, 0.99, 1.0):
        assert chance_agreement(first, second, quantile) == pytest.approx(np.quantile(shifted, quantile), abs=1e-6)
    assert np.isnan(chance_agreement(first, np.zeros((GRID, GRID), np.float32)))


def test_coarse_maps_agree_more_by_chance_than_fine_ones() -> None:
    """Catches one fixed threshold for all maps, or shifts that make a coarse map finer."""
    generator = np.random.default_rng(0)
    fine = [generator.normal(size=(GRID, GRID)).astype(np.float32) for _ in range(2)]
    coarse = [generator.normal(size=(7, 7)).astype(np.float32) for _ in range(2)]
    assert chance_agreement(*coarse) > 3 * chance_agreement(*fine)
