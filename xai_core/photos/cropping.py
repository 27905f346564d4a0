"""A photo cut to a part of it, which remembers the whole; and boxes as people write them."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from xai_core.errors import ParameterError
from xai_core.photos.decoding import from_pixels
from xai_core.photos.foreground import MINIMUM_SIDE, Box
from xai_core.types import Crop, ImageInput

_ROUNDING = 0.01  # %
_WORTH = 0.5  # of the photo: cutting off less changes little
_ROOM = 0.15  # of the dog's longer side, added to the square around it
_LEAST_LENGTH = MINIMUM_SIDE / 100 + 0.002  # of the photo: still a box after its edges are rounded


def cropped(image: ImageInput, box: Box) -> ImageInput:
    """Return the part of a photo inside a box as a photo of its own; its digest is that of its pixels."""
    height, width = image.pixels.shape[:2]
    left, top, right, bottom = box.pixels((height, width))
    part = from_pixels(image.pixels[top:bottom, left:right].copy(), image.name)
    return dataclasses.replace(part, crop=Crop(image.pixels, (left, top, right, bottom), image.digest))


def square_around(edges: Sequence[float], shape: tuple[int, ...]) -> Box:
    """Return the square box around a dog in a photo of `shape` (height, width, ...), with some room, inside of the photo.

    `edges` are left, top, right and bottom as shares of the photo. The square is 15 % wider than the box's longer side; where
    the photo is narrower it is cut off, and where it reaches over an edge it is moved.
    """
    height, width = shape[:2]
    left, top, right, bottom = edges
    side = (1 + _ROOM) * max((right - left) * width, (bottom - top) * height)
    across = _moved((left + right) / 2, side / width)
    down = _moved((top + bottom) / 2, side / height)
    return Box(across[0], down[0], across[1], down[1])


def parts_around(boxes: np.ndarray, shape: tuple[int, ...]) -> list[Box]:
    """Return the square around each dog's box (left, top, right, bottom as shares, f[n,4]) that is worth a crop.

    Those of half of the photo and more are left out.
    """
    squares = [square_around(edges.tolist(), shape) for edges in boxes]
    return [box for box in squares if (box.right - box.left) * (box.bottom - box.top) < _WORTH * 100**2]


def parse_box(text: str) -> Box:
    """Return the box in "x,y,width,height", in % of the photo. Raises ParameterError, as Box does, too."""
    try:
        left, top, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(
            "“{text}” is no part of a photo; write dog, or X,Y,WIDTH,HEIGHT in % of the photo, as in 10,20,50,60.",
            text=text[:40],
        ) from None
    # A hundredth may be lost where a program has rounded the numbers.
    right, bottom = (min(end, 100.0) if end < 100 + _ROUNDING else end for end in (left + width, top + height))
    return Box(left, top, right, bottom)


def box_text(box: Box) -> str:
    """Return a box as `parse_box` reads it, to a tenth of a per cent."""
    edges = (box.left, box.top, box.right - box.left, box.bottom - box.top)
    return ",".join(f"{edge:.1f}".removesuffix(".0") for edge in edges)


def _moved(centre: float, length: float) -> tuple[float, float]:
    """Return the start and the end in % of a stretch of `length` around `centre`, both shares, moved into the photo."""
    length = min(1.0, max(length, _LEAST_LENGTH))
    start = min(max(centre - length / 2, 0.0), 1 - length)
    # To a tenth, as it is written; inwards at the end, so that no rounding leaves the photo.
    return round(100 * start, 1), min(100.0, round(100 * (start + length), 1))
