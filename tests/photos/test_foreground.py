"""Cutting out on drawn photos whose right answer is known."""

import numpy as np
import pytest

from xai_core.errors import ComputationError, ParameterError
from xai_core.photos.foreground import Box, blurred_surroundings, box_of_heat, cut_out, fitted, replaced


def scene(height: int = 300, width: int = 400, radius: float = 70) -> tuple[np.ndarray, np.ndarray]:
    """Return a brown disc under noise on a green ground under noise, u8[H,W,3], and where the disc is."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - 0.55 * width) ** 2 + (rows - 0.5 * height) ** 2 <= radius**2
    pixels = np.where(inside[..., np.newaxis], (140, 90, 50), (70, 130, 60)) + generator.normal(
        0, 8, (height, width, 3)
    )
    return pixels.clip(0, 255).astype(np.uint8), inside


BOX = Box(25, 15, 85, 85)


def overlap(found: np.ndarray, expected: np.ndarray) -> float:
    return float((found & expected).sum() / (found | expected).sum())


@pytest.mark.parametrize("size", [(300, 400), (1200, 900), (64, 80)])
def test_a_disc_on_a_plain_ground_is_found(size: tuple[int, int]) -> None:
    """Catches a mask that is inverted, shifted by scaling, or has width and height mixed up."""
    pixels, inside = scene(*size, radius=0.22 * min(size))
    found = cut_out(pixels, BOX)
    assert found.shape == size
    assert found.dtype == bool
    assert overlap(found, inside) > 0.9


def test_the_same_question_has_the_same_answer() -> None:
    """Catches a cut that depends on how many random numbers were drawn before."""
    pixels, _ = scene()
    kept = pixels.copy()
    np.testing.assert_array_equal(cut_out(pixels, BOX), cut_out(pixels, BOX))
    np.testing.assert_array_equal(pixels, kept)


def test_only_what_the_box_holds_is_cut_out() -> None:
    """Catches a box that is ignored: a second dog beside it is background."""
    pixels, inside = scene(radius=40)
    beside = np.roll(inside, -140, axis=1)
    both = np.where(beside[..., np.newaxis], np.roll(pixels, -140, axis=1), pixels)
    found = cut_out(both, Box(40, 30, 72, 70))
    assert not found[:, :160].any()
    assert overlap(found, inside) > 0.9


@pytest.mark.parametrize(
    "edges", [(40, 40, 49, 80), (40, 40, 80, 49), (60, 10, 20, 90), (-5, 0, 50, 50), (0, 0, 50, 101)]
)
def test_a_box_that_is_no_box_is_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="too small to hold a dog"):
        Box(*edges)


def test_a_box_around_everything_is_refused() -> None:
    with pytest.raises(ParameterError, match="leaves no background"):
        cut_out(scene()[0], Box(0, 0, 100, 100))


def test_a_box_in_which_nothing_stands_out_is_said_so() -> None:
    with pytest.raises(ComputationError, match="Nothing in the box stands out"):
        cut_out(np.full((90, 120, 3), 77, np.uint8), BOX)


def test_the_box_of_heat_holds_the_strongest_area_only() -> None:
    heat = np.zeros((10, 10), np.float32)
    heat[4:6, 2:4] = 1.0
    heat[8, 8] = 0.9  # another area
    heat[1, 8] = -5.0  # speaks against
    box = box_of_heat(heat)
    assert box.left < 20 < 40 < box.right < 75
    assert box.top < 40 < 60 < box.bottom < 85
    assert box == box_of_heat(np.stack([heat / 2, heat / 4, heat / 4], axis=-1))


def test_heat_at_the_edge_gives_a_box_inside_the_photo() -> None:
    heat = np.zeros((7, 7), np.float32)
    heat[0, 6] = 1
    box = box_of_heat(heat)
    assert (box.top, box.right) == (0, 100)


@pytest.mark.parametrize("heat", [np.zeros((7, 7), np.float32), -np.ones((7, 7), np.float32)])
def test_a_map_without_heat_has_no_box(heat: np.ndarray) -> None:
    with pytest.raises(ComputationError, match="set the box by hand"):
        box_of_heat(heat)


def test_only_what_is_to_go_is_replaced() -> None:
    pixels, inside = scene()
    colour = np.array([1, 2, 3], np.uint8)
    after = replaced(pixels, ~inside, colour)
    assert (after[~inside] == colour).all()
    np.testing.assert_array_equal(after[inside], pixels[inside])


def test_the_blurred_surroundings_hold_nothing_of_the_dog() -> None:
    """Catches a plain blur, which leaves a brown cloud where the dog was."""
    pixels, inside = scene(radius=100)
    grown = cut_out(pixels, Box(5, 5, 95, 95)) | inside
    blurred = blurred_surroundings(pixels, grown).astype(float)
    assert np.abs(blurred - (70, 130, 60)).max() < 6
    all_dog = blurred_surroundings(pixels, np.ones_like(inside))
    assert all_dog.shape == pixels.shape


def test_blurred_surroundings_follow_the_light_of_the_photo() -> None:
    """Catches a fill with one mean colour."""
    ramp = np.linspace(20, 220, 200)[np.newaxis, :, np.newaxis]
    pixels = np.broadcast_to(ramp, (100, 200, 3)).astype(np.uint8)
    dog = np.zeros((100, 200), bool)
    dog[40:60, 90:110] = True
    blurred = blurred_surroundings(pixels, dog).astype(float)
    assert np.abs(blurred - pixels)[10:-10, 20:-20].max() < 25


@pytest.mark.parametrize("shape", [(50, 50), (40, 90), (300, 200)])
def test_another_photo_covers_the_frame_around_its_own_centre(shape: tuple[int, int]) -> None:
    other = np.zeros((60, 100, 3), np.uint8)
    other[25:35, 45:55] = 255
    laid = fitted(other, shape)
    assert laid.shape == (*shape, 3)
    rows, columns = np.nonzero(laid[..., 0] > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx(((shape[0] - 1) / 2, (shape[1] - 1) / 2), abs=1)
    assert np.ptp(columns) == pytest.approx(np.ptp(rows), abs=2)  # not squeezed
