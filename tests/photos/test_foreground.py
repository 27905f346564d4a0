"""Foreground masks of drawn photos whose right answer is known."""

import numpy as np
import pytest

from xai_core.errors import ComputationError, ParameterError
from xai_core.photos.foreground import Box, blurred_background, central_foreground_mask, foreground_mask, replace_where


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
    found = foreground_mask(pixels, BOX)
    assert found.shape == size
    assert found.dtype == bool
    assert overlap(found, inside) > 0.9


def test_equal_photos_have_equal_masks() -> None:
    """Catches a mask that depends on how many random numbers were drawn before."""
    pixels, _ = scene()
    before = pixels.copy()
    np.testing.assert_array_equal(foreground_mask(pixels, BOX), foreground_mask(pixels, BOX))
    np.testing.assert_array_equal(pixels, before)


def test_only_what_the_box_holds_is_foreground_mask() -> None:
    """Catches a box that is ignored: a second dog beside it is background."""
    pixels, inside = scene(radius=40)
    beside = np.roll(inside, -140, axis=1)
    both = np.where(beside[..., np.newaxis], np.roll(pixels, -140, axis=1), pixels)
    found = foreground_mask(both, Box(40, 30, 72, 70))
    assert not found[:, :160].any()
    assert overlap(found, inside) > 0.9


def test_what_lies_around_the_centre_is_found_without_a_box() -> None:
    """Catches radii taken from the wrong sides, and a mask at the size of the small copy."""
    pixels, inside = scene(radius=80)
    mask = central_foreground_mask(pixels)
    assert mask.shape == inside.shape
    assert overlap(mask, inside) > 0.9
    assert not mask[0].any() and not mask[:, 0].any()


@pytest.mark.parametrize(
    "edges", [(40, 40, 49, 80), (40, 40, 80, 49), (60, 10, 20, 90), (-5, 0, 50, 50), (0, 0, 50, 101)]
)
def test_a_box_that_is_no_box_is_refused(edges: tuple[float, ...]) -> None:
    """Catches edges in the wrong order, outside the photo or too close together that reach GrabCut."""
    with pytest.raises(ParameterError, match="too small to hold a dog"):
        Box(*edges)


def test_a_box_around_everything_is_refused() -> None:
    """Catches GrabCut started without any background, which it answers with a crash or an empty mask."""
    with pytest.raises(ParameterError, match="leaves no background"):
        foreground_mask(scene()[0], Box(0, 0, 100, 100))


def test_a_box_in_which_nothing_stands_out_is_an_error() -> None:
    """Catches an empty mask that is handed on as if it were a dog."""
    with pytest.raises(ComputationError, match="Nothing in the box stands out"):
        foreground_mask(np.full((90, 120, 3), 77, np.uint8), BOX)


def test_only_pixels_of_the_mask_are_replaced() -> None:
    """Catches an inverted mask."""
    pixels, inside = scene()
    colour = np.array([1, 2, 3], np.uint8)
    after = replace_where(pixels, ~inside, colour)
    assert (after[~inside] == colour).all()
    np.testing.assert_array_equal(after[inside], pixels[inside])


def test_the_blurred_background_holds_nothing_of_the_dog() -> None:
    """Catches a plain blur, which leaves a brown cloud where the dog was."""
    pixels, inside = scene(radius=100)
    grown = foreground_mask(pixels, Box(5, 5, 95, 95)) | inside
    blurred = blurred_background(pixels, grown).astype(float)
    assert np.abs(blurred - (70, 130, 60)).max() < 6
    all_dog = blurred_background(pixels, np.ones_like(inside))
    assert all_dog.shape == pixels.shape


def test_the_blurred_background_follows_the_light_of_the_photo() -> None:
    """Catches a fill with one mean colour."""
    ramp = np.linspace(20, 220, 200)[np.newaxis, :, np.newaxis]
    pixels = np.broadcast_to(ramp, (100, 200, 3)).astype(np.uint8)
    dog = np.zeros((100, 200), bool)
    dog[40:60, 90:110] = True
    blurred = blurred_background(pixels, dog).astype(float)
    assert np.abs(blurred - pixels)[10:-10, 20:-20].max() < 25
