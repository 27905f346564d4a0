"""Boxes, and photos with the dog or its background replaced."""

import numpy as np
import pytest

from xai_core.errors import ParameterError
from xai_core.photos.foreground import Box, blurred_background, replace_where


def scene(height: int = 300, width: int = 400, radius: float = 70) -> tuple[np.ndarray, np.ndarray]:
    """Return a brown disc under noise on a green ground under noise, u8[H,W,3], and where the disc is."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - 0.55 * width) ** 2 + (rows - 0.5 * height) ** 2 <= radius**2
    pixels = np.where(inside[..., np.newaxis], (140, 90, 50), (70, 130, 60)) + generator.normal(
        0, 8, (height, width, 3)
    )
    return pixels.clip(0, 255).astype(np.uint8), inside


@pytest.mark.parametrize(
    "edges", [(40, 40, 49, 80), (40, 40, 80, 49), (60, 10, 20, 90), (-5, 0, 50, 50), (0, 0, 50, 101)]
)
def test_a_box_that_is_no_box_is_refused(edges: tuple[float, ...]) -> None:
    """Catches edges in the wrong order, outside the photo or too close together."""
    with pytest.raises(ParameterError, match=r"too small to hold a dog|no box inside the photo"):
        Box(*edges)


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
    blurred = blurred_background(pixels, inside).astype(float)
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
