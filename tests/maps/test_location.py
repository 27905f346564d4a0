"""Where a map's evidence lies, on maps made so that the answer is known."""

import numpy as np
import pytest

from xai_core.errors import ComputationError
from xai_core.findings.location import place_findings
from xai_core.findings.maps import NamedMap
from xai_core.maps.grid import GRID
from xai_core.maps.location import box_around_strongest, main_place, share_of_strongest, where_strongest


def bump(row: float, column: float, width: float) -> np.ndarray:
    rows, columns = np.mgrid[:GRID, :GRID]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / width**2).astype(np.float32)


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


def test_what_speaks_against_the_class_does_not_count() -> None:
    """Catches magnitudes in the place of the positive part."""
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
    assert place_findings(NamedMap("A", values, ""), "Basset") == []
    values[-6:, -6:], values[:6, -6:] = 0, 1
    assert where_strongest(values) == "in the upper half"


def test_the_share_of_the_strongest_cells() -> None:
    """Catches a share of the cells in the place of a share of the evidence."""
    even = np.ones((56, 56), np.float32)
    assert share_of_strongest(even) == pytest.approx(0.2, abs=0.001)
    half = np.ones((56, 56), np.float32)
    half[:14] = 3  # a quarter of the cells holds half of the evidence
    assert share_of_strongest(half, 0.25) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ((8, 8), "in the upper left"),
        ((28, 48), "on the right"),
        ((28, 28), "in the middle"),
        ((50, 28), "at the bottom"),
    ],
)
def test_a_place_has_a_name_and_a_share(at: tuple[int, int], name: str) -> None:
    """Catches rows taken for columns, and the share of another part of the photo."""
    place = main_place(bump(*at, width=4))
    assert place is not None and place.name == name and place.share > 0.8


def test_halves_are_named_where_no_ninth_stands_out_and_nothing_where_all_is_even() -> None:
    """Catches a ninth that is named although its neighbours hold as much, and a name for a map without a peak."""
    half = np.zeros((56, 56), np.float32)
    half[:, :28] = 1
    place = main_place(half)
    assert place is not None and (place.name, place.share) == ("in the left half", pytest.approx(1.0))
    assert main_place(np.ones((56, 56), np.float32)) is None
    assert main_place(np.zeros((56, 56), np.float32)) is None


def test_one_area_across_two_ninths_is_one_place() -> None:
    """Catches two neighbours that hold a third each and are taken for two places far apart."""
    place = main_place(bump(18.7, 28, width=4))
    assert place is not None and place.name in ("at the top", "in the middle")


def test_the_text_and_the_finding_name_the_same_place() -> None:
    """Catches two rules for where a map is strongest, by which a picture's text and a finding contradict each other."""
    generator = np.random.default_rng(0)
    names = set()
    for number in range(400):
        side = int(generator.choice((7, 14, 56, 224)))
        width = generator.uniform(0.05, 0.6)
        rows, columns = (np.mgrid[:side, :side] + 0.5) / side
        values = np.zeros((side, side))
        for row, column in generator.uniform(0, 1, (1 + number % 3, 2)):
            values += generator.normal(1, 1) * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / width**2)
        values = (values + 0.3 * generator.normal(size=values.shape)).astype(np.float32)
        findings = place_findings(NamedMap("The map", values, ""), "Basset")
        text = where_strongest(values)
        if text in (None, "in several places"):
            assert findings == []
        else:
            assert findings[0].text.endswith(f"lies {text}.")
        names.add(text)
    assert len(names) > 10, "the maps have many different places"


def test_the_box_holds_the_strongest_area_only() -> None:
    """Catches a second area inside the box, negative values taken for evidence, and channels that are not summed."""
    heat = np.zeros((10, 10), np.float32)
    heat[4:6, 2:4] = 1.0
    heat[8, 8] = 0.9  # another area
    heat[1, 8] = -5.0  # speaks against
    box = box_around_strongest(heat)
    assert box.left < 20 < 40 < box.right < 75
    assert box.top < 40 < 60 < box.bottom < 85
    assert box == box_around_strongest(np.stack([heat / 2, heat / 4, heat / 4], axis=-1))


def test_the_box_ends_with_the_photo() -> None:
    """Catches room around the area that reaches beyond the photo's edge, which Box refuses."""
    heat = np.zeros((7, 7), np.float32)
    heat[0, 6] = 1
    box = box_around_strongest(heat)
    assert (box.top, box.right) == (0, 100)


@pytest.mark.parametrize("heat", [np.zeros((7, 7), np.float32), -np.ones((7, 7), np.float32)])
def test_a_map_without_evidence_has_no_box(heat: np.ndarray) -> None:
    """Catches a box drawn around rounding errors of an empty map."""
    with pytest.raises(ComputationError, match="set the box by hand"):
        box_around_strongest(heat)
