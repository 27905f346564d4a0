"""A photo with a part blurred that a map calls strong or weak: the plainest test of what the map says."""

import numpy as np

from xai_core.maps.consensus import STRONGEST
from xai_core.metrics.deletion_insertion import strongest_first
from xai_core.photos.foreground import replaced
from xai_core.photos.perturbations import blur

_BLUR = 8.0  # % of the shorter side: no part of a dog stays legible


def hidden(pixels: np.ndarray, values: np.ndarray, *, share: float = STRONGEST, strongest: bool = True) -> np.ndarray:
    """Return the photo u8[H,W,3] with the `share` of its pixels blurred that the map calls strongest for the breed.

    With `strongest` false it is the weakest ones, as many. The map f32[h,w] or f32[h,w,3] is stretched over the photo.
    """
    order = strongest_first(values, pixels.shape[:2])
    count = round(share * order.size)
    where = np.zeros(order.size, bool)
    where[order[:count] if strongest else order[order.size - count :]] = True
    return replaced(pixels, where.reshape(pixels.shape[:2]), blur(pixels, _BLUR))
