"""Where a map is strongest, said in words, on maps made so that the answer is known."""

import numpy as np
import pytest

from xai_core.maps import masking
from xai_core.maps.location import share_of_strongest, where_strongest


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (0, 0, "in the upper left"),
        (0, 4, "at the top"),
        (0, 8, "in the upper right"),
        (4, 0, "on the left"),
        (4, 4, "in the middle"),
        (8, 4, "at the bottom"),
        (8, 8, "in the lower right"),
    ],
)
@pytest.mark.parametrize("size", [9, 225])
def test_a_spot_is_found_in_coarse_and_fine_maps(row: int, column: int, words: str, size: int) -> None:
    """Catches rows taken for columns, and places that count from the wrong end."""
    values = np.zeros((size, size), np.float32)
    field = size // 9
    values[row * field : (row + 1) * field, column * field : (column + 1) * field] = 1
    assert where_strongest(values) == words


def test_what_speaks_against_has_no_say() -> None:
    values = np.zeros((9, 9), np.float32)
    values[8, 8], values[0, 0] = 1, -5
    assert where_strongest(values) == "in the lower right"
    assert where_strongest(-np.abs(values)) is None
    assert np.isnan(share_of_strongest(-np.abs(values)))


def test_two_far_corners_are_several_places() -> None:
    """Catches a mean that names a place where there is nothing."""
    values = np.zeros((56, 56), np.float32)
    values[:6, :6] = values[-6:, -6:] = 1
    assert where_strongest(values) == "in several places"


def test_the_share_of_the_strongest_places() -> None:
    even = np.ones((56, 56), np.float32)
    assert share_of_strongest(even) == pytest.approx(0.2, abs=0.001)
    half = np.ones((56, 56), np.float32)
    half[:14] = 3  # a quarter of the places says half of all
    assert share_of_strongest(half, 0.25) == pytest.approx(0.5)


def test_what_the_map_calls_strongest_is_blurred_and_nothing_else() -> None:
    """Catches a mask turned or mirrored, and strongest taken for weakest."""
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    values = np.tile(np.arange(60, dtype=np.float32), (40, 1))  # the stronger the farther right
    changed = (masking.hidden(photo, values) != photo).any(axis=(0, 2))
    assert not changed[:48].any() and changed[48:].all()
    changed = (masking.hidden(photo, values, strongest=False) != photo).any(axis=(0, 2))
    assert changed[:12].all() and not changed[12:].any()
