"""Hiding the window where a network's maps point most, and windows of the same size elsewhere."""

from collections.abc import Sequence

import cv2
import numpy as np

from xai_core.classifiers.reference import NetworkRef
from xai_core.findings.known import Hidden
from xai_core.maps import consensus
from xai_core.maps.grid import GRID
from xai_core.photos import perturbations
from xai_core.photos.decoding import from_pixels
from xai_core.requests import PredictionRequest
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

Window = tuple[float, float, float]  # x and y of the centre in % of width and height, side in % of the shorter side

#: The window's side, in % of the photo's shorter side: about a dog's head in most photos.
_SIZE = 30.0
#: The other windows' centres, in %, along each side.
_CENTRES = (17.0, 50.0, 83.0)
_FILL = "blurred"


def window(maps: Sequence[np.ndarray]) -> Window:
    """Return the window that holds the most of what the maps f32[h,w] or f32[h,w,3] say for the breed together."""
    together = consensus.weighted_mean(maps, [1.0] * len(maps))
    side = round(_SIZE / 100 * GRID)
    row, column = divmod(int(cv2.blur(together, (side, side)).argmax()), GRID)
    return (100 * (column + 0.5) / GRID, 100 * (row + 0.5) / GRID, _SIZE)


def elsewhere(shape: tuple[int, int], hidden: Window) -> tuple[Window, ...]:
    """Return windows spread over a photo of `shape` (height, width), without those that touch the hidden one."""
    left, top, right, bottom = perturbations.window(shape, *hidden)
    found = []
    for y in _CENTRES:
        for x in _CENTRES:
            others = perturbations.window(shape, x, y, _SIZE)
            if others[2] <= left or others[0] >= right or others[3] <= top or others[1] >= bottom:
                found.append((x, y, _SIZE))
    return tuple(found)


def hide(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, maps: Sequence[np.ndarray]
) -> Hidden:
    """Return what hiding the maps' window does to the target's probability, and hiding as much elsewhere."""
    here = window(maps)
    others = elsewhere((image.pixels.shape[0], image.pixels.shape[1]), here)
    after, *after_elsewhere = probabilities(workbench, image, network, target, [here, *others])
    return Hidden(here, after, others, tuple(after_elsewhere))


def probabilities(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, windows: Sequence[Window]
) -> list[float]:
    """Return the target's probability with each of the windows hidden alone."""
    photos = [from_pixels(perturbations.occlude(image.pixels, *one, fill=_FILL), image.name) for one in windows]
    return [
        float(workbench.answer(PredictionRequest(network, photo.digest), [photo]).probabilities[target])
        for photo in photos
    ]
