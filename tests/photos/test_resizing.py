"""Photos made smaller or cut to another shape keep their proportions."""

import numpy as np
import pytest

from xai_core.photos.resizing import cover, shrink


def test_shrinking_keeps_proportions_and_never_enlarges() -> None:
    """Catches width and height exchanged, a side of no pixels, and small photos that are blown up."""
    assert shrink(np.zeros((100, 50, 3), np.uint8), 20).shape == (20, 10, 3)
    assert shrink(np.zeros((2, 400), np.float32), 100).shape == (1, 100)
    small = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    np.testing.assert_array_equal(shrink(small, 50), small)


def test_shrinking_averages() -> None:
    """Catches sampling of single pixels, which would turn fine patterns into coarse ones."""
    stripes = np.tile(np.array([0, 200], np.uint8), (40, 20))
    assert (shrink(stripes, 20) == 100).all()


@pytest.mark.parametrize("shape", [(50, 50), (40, 90), (300, 200)])
def test_another_photo_covers_the_frame_around_its_own_centre(shape: tuple[int, int]) -> None:
    """Catches a photo that is squeezed, that leaves a part of the frame empty, or that is cut from a corner."""
    other = np.zeros((60, 100, 3), np.uint8)
    other[25:35, 45:55] = 255
    covering = cover(other, shape)
    assert covering.shape == (*shape, 3)
    rows, columns = np.nonzero(covering[..., 0] > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx(((shape[0] - 1) / 2, (shape[1] - 1) / 2), abs=1)
    assert np.ptp(columns) == pytest.approx(np.ptp(rows), abs=2)  # not squeezed
