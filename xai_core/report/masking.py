"""The effect of hiding the window where a network's maps point most, compared with windows of the same size elsewhere."""

from collections.abc import Sequence

import cv2
import numpy as np

from xai_core.classifiers.reference import NetworkRef
from xai_core.findings.photo_findings import MaskingResult
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
#: The centres of the windows elsewhere, in %, along each side.
_CENTRES = (17.0, 50.0, 83.0)
_FILL = "blurred"


def strongest_window(maps: Sequence[np.ndarray]) -> Window:
    """Return the window with most of the evidence in the mean of the maps f32[h,w] or f32[h,w,3]."""
    mean = consensus.weighted_mean(maps, [1.0] * len(maps))
    side = round(_SIZE / 100 * GRID)
    row, column = divmod(int(cv2.blur(mean, (side, side)).argmax()), GRID)
    return (100 * (column + 0.5) / GRID, 100 * (row + 0.5) / GRID, _SIZE)


def windows_elsewhere(shape: tuple[int, int], window: Window) -> tuple[Window, ...]:
    """Return windows spread over a photo of `shape` (height, width) that do not overlap with the given one."""
    left, top, right, bottom = perturbations.window(shape, *window)
    windows = []
    for y in _CENTRES:
        for x in _CENTRES:
            other = perturbations.window(shape, x, y, _SIZE)
            if other[2] <= left or other[0] >= right or other[3] <= top or other[1] >= bottom:
                windows.append((x, y, _SIZE))
    return tuple(windows)


def measure_masking(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, maps: Sequence[np.ndarray]
) -> MaskingResult:
    """Return the target's probability with the maps' strongest window hidden, and with each of the windows elsewhere."""
    window = strongest_window(maps)
    others = windows_elsewhere((image.pixels.shape[0], image.pixels.shape[1]), window)
    after, *after_elsewhere = masked_probabilities(workbench, image, network, target, [window, *others])
    return MaskingResult(window, after, others, tuple(after_elsewhere))


def masked_probabilities(
    workbench: Workbench, image: ImageInput, network: NetworkRef, target: int, windows: Sequence[Window]
) -> list[float]:
    """Return the target's probability for each window, with that window hidden."""
    photos = [from_pixels(perturbations.occlude(image.pixels, *window, fill=_FILL), image.name) for window in windows]
    return [
        float(workbench.answer(PredictionRequest(network, photo.digest), [photo]).probabilities[target])
        for photo in photos
    ]
