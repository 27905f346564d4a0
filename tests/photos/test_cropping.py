"""Parts of photos: the square around a dog, boxes as people write them, and what a part remembers."""

import numpy as np
import pytest

from xai_core.errors import ParameterError
from xai_core.photos.cropping import box_text, cropped, parse_box, parts_around, square_around
from xai_core.photos.decoding import from_pixels
from xai_core.photos.foreground import Box

WIDE = (300, 600, 3)  # height, width


def test_the_square_is_15_percent_wider_than_the_dog_and_around_it() -> None:
    """Catches a square of shares, which is none of pixels, and one that is not centred."""
    box = square_around((0.4, 0.4, 0.5, 0.6), WIDE)  # 60 px both ways
    left, top, right, bottom = box.pixels(WIDE[:2])
    assert (right - left, bottom - top) == (pytest.approx(69, abs=1), pytest.approx(69, abs=1))
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((270, 150), abs=1)


def test_a_square_over_the_edge_is_moved_and_one_that_is_too_large_is_cut() -> None:
    """Catches a part that leaves the photo."""
    corner = square_around((0.0, 0.8, 0.1, 1.0), WIDE)
    assert (corner.left, corner.bottom) == (0, 100)
    long = square_around((0.0, 0.1, 0.9, 0.9), WIDE)
    assert (long.top, long.bottom) == (0, 100)


def test_a_tiny_dog_gets_the_smallest_box() -> None:
    """Catches a dog at the horizon whose part is refused as too small."""
    box = square_around((0.5, 0.5, 0.505, 0.51), WIDE)
    assert box.right - box.left >= 10 and box.bottom - box.top >= 10


def test_only_parts_of_less_than_half_are_offered() -> None:
    """Catches a crop that would change nothing."""
    boxes = np.array([(0.4, 0.4, 0.5, 0.6), (0.0, 0.0, 1.0, 1.0)], np.float32)
    [part] = parts_around(boxes, WIDE)
    assert part == square_around(boxes[0].tolist(), WIDE)
    assert parts_around(np.empty((0, 4), np.float32), WIDE) == []


@pytest.mark.parametrize("seed", range(40))
def test_a_part_reads_back_as_it_was_written(seed: int) -> None:
    """Catches a link that opens another part than the one that was computed."""
    generator = np.random.default_rng(seed)
    start = generator.uniform(0, 0.8, 2)
    end = start + generator.uniform(0.02, 0.2, 2)
    box = square_around((*start, *end), tuple(int(side) for side in generator.integers(100, 1600, 2)))
    again = parse_box(box_text(box))
    assert again.pixels((997, 1600)) == box.pixels((997, 1600))


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "dog", "nan,0,50,50", "0,0,inf,50", "1,2,3,4,5", "<b>" * 50])
def test_nonsense_is_no_part(text: str) -> None:
    """Catches a traceback for a broken link, and a box of no numbers."""
    with pytest.raises(ParameterError):
        parse_box(text)


def test_numbers_that_a_program_rounded_are_read() -> None:
    """Catches a part that is refused for a ten-thousandth beyond the photo, and one far beyond that is taken."""
    assert parse_box("0,0,100.001,100") == Box(0, 0, 100, 100)
    with pytest.raises(ParameterError, match="edges lie between 0 and 100"):
        parse_box("10,10,95,95")


def test_a_part_has_its_own_digest_and_remembers_the_whole() -> None:
    """Catches answers about the whole photo that are given for its part."""
    whole = from_pixels(np.random.default_rng(0).integers(0, 255, (100, 200, 3)).astype(np.uint8), "a.png")
    part = cropped(whole, Box(10, 20, 60, 90))
    np.testing.assert_array_equal(part.pixels, whole.pixels[20:90, 20:120])
    assert part.digest not in (whole.digest, cropped(whole, Box(10, 20, 60, 91)).digest)
    assert part.crop is not None
    assert (part.crop.edges, part.crop.digest, part.name) == ((20, 20, 120, 90), whole.digest, "a.png")
