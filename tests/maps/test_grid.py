"""Maps of every size and with or without channels, brought to one channel and one size."""

import numpy as np
import pytest

from tests.maps.maps import in_patches
from xai_core.maps.grid import GRID, channel_sum, on_grid, positive_part, stretch, strongest_first, times_average


def test_the_positive_part_is_that_of_the_sum() -> None:
    """Catches channels whose negative values are dropped before they are summed, and a change of the dtype."""
    values = np.array([[[3, -1, 0], [-1, -3, 1]]], np.float32)
    np.testing.assert_array_equal(channel_sum(values), [[2, -3]])
    np.testing.assert_array_equal(positive_part(values), [[2, 0]])
    assert positive_part(values).dtype == np.float32
    np.testing.assert_array_equal(positive_part(np.array([[-1.0, 2.0]])), [[0, 2]])


def test_a_map_is_stretched_without_a_shift_and_kept_where_it_fits() -> None:
    """Catches width and height exchanged, pixel corners taken for centres and channels that are not summed."""
    values = np.array([[0, 4]], np.float32)
    np.testing.assert_allclose(stretch(values, (3, 4)), [[0, 1, 3, 4]] * 3)
    np.testing.assert_allclose(stretch(np.stack([values, values, -values], axis=-1), (1, 2)), values)


@pytest.mark.parametrize("side", [14, 224])
def test_coarse_and_fine_maps_come_to_one_grid_without_a_shift(side: int) -> None:
    """Catches a resampling that shifts a map by half a cell, or one that averages coarse maps."""
    ramp = np.tile((np.arange(side, dtype=np.float32) + 0.5) / side, (side, 1))
    middle = on_grid(ramp)[:, 8:-8]
    np.testing.assert_allclose(middle, np.tile((np.arange(GRID) + 0.5) / GRID, (GRID, 1))[:, 8:-8], atol=1e-5)


def test_multiples_of_the_average_forget_units_and_keeps_signs_and_shares() -> None:
    """Catches a scale that a map's unit, its number of pixels or its channels would change."""
    values = in_patches([[8.0, -4.0], [0.0, 4.0]])
    np.testing.assert_allclose(times_average(values), values / 4)
    np.testing.assert_allclose(times_average(values * 1e-4), values / 4, rtol=1e-5)
    np.testing.assert_allclose(times_average(np.stack([values / 2, values / 2, 0 * values], -1)), values / 4)
    np.testing.assert_array_equal(times_average(np.zeros((4, 4), np.float32)), 0)


@pytest.mark.parametrize("size", [(224, 224), (299, 299), (32, 40)])
def test_each_pixel_goes_once_and_a_coarse_map_lies_where_it_is_drawn(size: tuple[int, int]) -> None:
    """Catches pixels that are ranked twice or left out, and a map that is stretched with a shift or its axes exchanged."""
    coarse = np.zeros((7, 7), np.float32)
    coarse[1, 5] = 1
    order = strongest_first(coarse, size)
    assert sorted(order) == list(range(size[0] * size[1]))
    row, column = np.unravel_index(order[0], size)
    assert row / size[0] == pytest.approx(1.5 / 7, abs=0.05)
    assert column / size[1] == pytest.approx(5.5 / 7, abs=0.05)


def test_superpixels_go_as_a_whole() -> None:
    """Catches ties in an order of chance, which would hide a superpixel as noise."""
    values = np.kron(np.array([[2.0, 1.0], [4.0, 3.0]], np.float32), np.ones((8, 8), np.float32))
    order = strongest_first(values, (16, 16))
    assert [set(values.ravel()[part]) for part in np.split(order, 4)] == [{4}, {3}, {2}, {1}]
