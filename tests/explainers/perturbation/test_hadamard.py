"""Hadamard matrices: orthogonal at every size that photos are cut into."""

import numpy as np
import pytest

from xai_core.explainers.perturbation.hadamard import balanced_rounds, hadamard


def test_columns_are_orthogonal_and_hardly_more_than_asked() -> None:
    """Catches a wrong sign in either construction, and a search that skips orders that exist."""
    for columns in range(1, 201):
        matrix = hadamard(columns).astype(int)
        order = len(matrix)
        assert set(np.unique(matrix)) == {-1, 1}
        assert matrix.shape == (order, order)
        assert columns <= order <= max(columns + 4, 1.28 * columns)
        np.testing.assert_array_equal(matrix.T @ matrix, order * np.eye(order))


@pytest.mark.parametrize("columns", [9, 38, 67])
def test_a_round_shows_any_three_columns_in_each_way_equally_often(columns: int) -> None:
    """Catches columns taken twice, a torn pair and a table that is orthogonal in twos only."""
    masks = next(balanced_rounds(columns, np.random.RandomState(0)))
    np.testing.assert_array_equal(masks[::2], ~masks[1::2])
    generator = np.random.default_rng(1)
    for _ in range(60):
        three = masks[:, generator.permutation(columns)[:3]]
        assert (np.bincount(three @ [1, 2, 4], minlength=8) == len(masks) / 8).all()
