"""A map brought to one channel and to the size at which it is compared, counted or drawn.

A map is f32[h,w], or f32[h,w,3] with one number for each colour channel of a pixel.
"""

import numpy as np

#: Cells on each side of the grid on which maps are compared. Single pixels are not compared: resampling them would
#: count as disagreement, and people do not see them either.
GRID = 56


def channel_sum(values: np.ndarray) -> np.ndarray:
    """Return a map's values [h,w], channels summed."""
    summed: np.ndarray = values.sum(axis=-1) if values.ndim == 3 else values
    return summed


def positive_part(values: np.ndarray) -> np.ndarray:
    """Return a map's evidence for the class [h,w]: channels summed, 0 where the sum speaks against the class."""
    positive: np.ndarray = np.maximum(channel_sum(values), 0)
    return positive


def on_grid(values: np.ndarray, side: int = GRID) -> np.ndarray:
    """Return a map on a square grid [side,side], channels summed: averaged where the map is finer, else bilinear."""
    import cv2

    flat = channel_sum(values)
    finer = min(flat.shape) > side
    return cv2.resize(flat, (side, side), interpolation=cv2.INTER_AREA if finer else cv2.INTER_LINEAR)


def stretch(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Return a map as f32 of `size` (height, width), channels summed, bilinearly, as it is drawn over the photo."""
    import cv2

    flat = channel_sum(values).astype(np.float32)
    height, width = size
    return flat if flat.shape == (height, width) else cv2.resize(flat, (width, height), interpolation=cv2.INTER_LINEAR)


def strongest_first(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the positions i64[h*w] of the pixels of `size` (h, w), the one that a map calls strongest for the class first.

    The map is stretched to the size. Equal pixels follow each other from the top left on, so that a superpixel stays
    together.
    """
    return np.argsort(-stretch(values, size), axis=None, kind="stable")


def average_strength(values: np.ndarray) -> float:
    """Return a map's mean magnitude on the grid, so that a fine map is measured as it is seen."""
    return float(np.abs(on_grid(values)).mean())


def times_average(values: np.ndarray, average: float | None = None) -> np.ndarray:
    """Return a map f32[h,w] in multiples of its own average strength, channels summed, signs kept.

    This is the scale on which maps of different units can be drawn alike: what counts is the share of a map's whole
    strength that lies in a place. Maps of one unit may share one `average`, so that a weak one looks weak. All zero
    stays all zero.
    """
    flat = channel_sum(values)
    average = average_strength(values) if average is None else average
    return (flat / average).astype(np.float32) if average else np.zeros_like(flat, np.float32)
