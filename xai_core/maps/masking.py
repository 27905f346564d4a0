"""A photo with the part blurred that a map calls strongest or weakest: the simplest test of a map."""

import numpy as np

from xai_core.maps.consensus import STRONGEST
from xai_core.maps.grid import strongest_first
from xai_core.photos.fills import HIDING_BLUR
from xai_core.photos.foreground import replace_where
from xai_core.photos.perturbations import blur


def blur_strongest(pixels: np.ndarray, values: np.ndarray, share: float = STRONGEST) -> np.ndarray:
    """Return the photo u8[H,W,3] with the `share` of its pixels blurred that a map calls strongest for the class.

    The map f32[h,w] or f32[h,w,3] is stretched over the photo.
    """
    order = strongest_first(values, pixels.shape[:2])
    return _blurred(pixels, order[: round(share * order.size)])


def blur_weakest(pixels: np.ndarray, values: np.ndarray, share: float = STRONGEST) -> np.ndarray:
    """Return the photo u8[H,W,3] with as many pixels blurred as by `blur_strongest`, those the map calls weakest."""
    order = strongest_first(values, pixels.shape[:2])
    return _blurred(pixels, order[order.size - round(share * order.size) :])


def _blurred(pixels: np.ndarray, positions: np.ndarray) -> np.ndarray:
    mask = np.zeros(pixels.shape[:2], bool)
    mask.flat[positions] = True
    return replace_where(pixels, mask, blur(pixels, HIDING_BLUR))
