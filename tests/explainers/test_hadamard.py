"""Hadamard matrices: orthogonal at every size that photos are cut into."""

import numpy as np

from xai_core.explainers.hadamard import hadamard


def test_columns_are_orthogonal_and_hardly_more_than_asked() -> None:
    """Catches a wrong sign in either construction, and a search that skips orders that exist."""
    for columns in range(1, 201):
        matrix = hadamard(columns).astype(int)
        order = len(matrix)
        assert set(np.unique(matrix)) == {-1, 1}
        assert matrix.shape == (order, order)
        assert columns <= order <= max(columns + 4, 1.28 * columns)
        np.testing.assert_array_equal(matrix.T @ matrix, order * np.eye(order))
