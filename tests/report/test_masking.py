"""The window that is hidden is where the maps point, and those elsewhere do not touch it."""

import numpy as np

from tests.report.conftest import bump
from xai_core.photos import perturbations
from xai_core.report.masking import strongest_window, windows_elsewhere


def test_the_window_lies_where_the_maps_point() -> None:
    """Catches swapped axes, and a map of large values that outweighs the others."""
    x, y, _size = strongest_window([bump(14, 40), 50 * bump(15, 41)])
    assert abs(x - 100 * 41 / 56) < 3 and abs(y - 100 * 15 / 56) < 3


def test_windows_elsewhere_do_not_overlap_with_the_hidden_one() -> None:
    """Catches a comparison window that hides part of the evidence as well."""
    shape = (300, 500)
    photo = np.full((*shape, 3), 255, np.uint8)
    hidden = strongest_window([bump(28, 28)])
    black = perturbations.occlude(photo, *hidden, fill="black") == 0
    others = windows_elsewhere(shape, hidden)
    assert len(others) >= 4
    for one in others:
        assert not (black & (perturbations.occlude(photo, *one, fill="black") == 0)).any()
