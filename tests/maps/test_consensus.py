"""What maps have in common, on maps made by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from xai_core.maps import consensus
from xai_core.maps.grid import GRID

ROWS, COLUMNS = np.mgrid[:GRID, :GRID].astype(np.float32)


def patch(top: int, left: int, side: int, value: float = 1.0) -> np.ndarray:
    """Return a map that is `value` in one square of the grid and 0 elsewhere."""
    values = np.zeros((GRID, GRID), np.float32)
    values[top : top + side, left : left + side] = value
    return values


def test_the_matrix_holds_each_pair_and_its_mean_leaves_out_the_diagonal() -> None:
    """Catches a mean that counts each map's agreement with itself, and rows and columns that are exchanged."""
    first, second = ROWS + 0.01 * COLUMNS, ROWS + COLUMNS
    matrix = consensus.correlations([first, second, -first])
    expected = spearmanr(first, second, axis=None).statistic
    np.testing.assert_allclose(matrix, [[1, expected, -1], [expected, 1, -expected], [-1, -expected, 1]], atol=1e-12)
    assert consensus.mean_correlation(matrix) == pytest.approx((expected - 1 - expected) / 3)


def test_an_empty_map_neither_agrees_nor_disagrees() -> None:
    """Catches an empty map that counts as a correlation of 0 and pulls the mean down."""
    matrix = consensus.correlations([ROWS, np.zeros((GRID, GRID), np.float32), 2 * ROWS])
    assert np.isnan(matrix[1]).all()
    assert consensus.mean_correlation(matrix) == pytest.approx(1)
    assert np.isnan(consensus.mean_correlation(matrix[:1, :1]))


def test_the_strongest_fifth_is_a_fifth_and_speaks_for_the_class() -> None:
    """Catches magnitudes in the place of evidence for the class, and a share of the values instead of the cells."""
    cells = consensus.strongest_cells(ROWS * GRID + COLUMNS - GRID)
    assert cells.sum() == round(0.2 * GRID**2)
    assert cells[-1].all()
    assert not cells[:40].any()
    assert not consensus.strongest_cells(-ROWS - 1).any()
    mostly_against = patch(0, 0, 4) - patch(20, 20, 30)
    np.testing.assert_array_equal(consensus.strongest_cells(mostly_against), patch(0, 0, 4) > 0)


def test_a_superpixel_is_not_cut() -> None:
    """Catches equal values of which only the first ones count."""
    half = np.zeros((GRID, GRID), np.float32)
    half[:, :28] = 3
    assert consensus.strongest_cells(half).mean() == 0.5


def test_votes_count_maps() -> None:
    """Catches votes weighed by the maps' values, and negative values that vote."""
    counts = consensus.votes([patch(0, 0, 10), patch(5, 5, 10, 7.0), patch(5, 5, 10, -1.0)])
    assert counts[0, 0] == counts[14, 14] == 1
    assert counts[7, 7] == 2
    assert counts[20, 20] == 0


def test_units_do_not_count_and_weights_do() -> None:
    """Catches a map of large numbers that drowns the others, and weights that are not divided by their sum."""
    mean = consensus.weighted_mean([patch(0, 0, 2, 1000.0), patch(10, 10, 4, 0.001)], [3, 1])
    assert mean.sum() == pytest.approx(1)
    assert mean[0, 0] == pytest.approx(0.75 / 4)
    assert mean[10, 10] == pytest.approx(0.25 / 16)
    silent = consensus.weighted_mean([patch(0, 0, 2), patch(10, 10, 4, -1)], [1, 1])
    assert silent[0, 0] == pytest.approx(1 / 4)
    assert not consensus.weighted_mean([patch(0, 0, 2)], [0]).any()
    with pytest.raises(ValueError, match="negative"):
        consensus.weighted_mean([ROWS], [-1])


def test_weights_are_what_maps_gain_over_chance() -> None:
    """Catches negative or unknown gains that count, and a failed check that is forgiven."""
    assert consensus.weights([0.3, -0.2, 0.1, float("nan")], [False] * 4) == [0.3, 0, 0.1, 0]
    assert consensus.weights([0.3, 0.1], [True, False]) == [0, 0.1]
    assert consensus.weights([-0.3, 0.1], [False, True]) == [1, 1]


def test_what_networks_agree_on_needs_most_maps_of_each() -> None:
    """Catches a majority over all maps together, by which one network could outvote the other."""
    here, there = patch(0, 0, 10), patch(30, 30, 10)
    first, second = [here, here, here, there], [here, here, there, there]
    assert not consensus.agreed_everywhere([first, second]).any()
    agreed = consensus.agreed_everywhere([first, [here, here, there]])
    np.testing.assert_array_equal(agreed, here > 0)
