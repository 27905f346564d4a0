"""Boxes around the animals in a photo, by SSDLite-MobileNetV2 trained on COCO (models/dog_detector/README.md)."""

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.detection.network import OnnxNetwork
from xai_core.resources import ROOT

DIGEST = "1b15309365e77b7a6e9a7fd2b7f3e597996ad59b92ad5db4aa97d458f1510036"

#: COCO's animals, as positions among the network's outputs.
ANIMALS = {
    16: "bird",
    17: "cat",
    18: "dog",
    19: "horse",
    20: "sheep",
    21: "cow",
    22: "elephant",
    23: "bear",
    24: "zebra",
    25: "giraffe",
}
DOG = 18

_SIDE = 300
_LEAST_SCORE = 0.2  # of the boxes that are returned at all
_MOST_OVERLAP = 0.5  # intersection over union from which two boxes are one animal
# SSD's anchors (Liu 2016, arXiv:1512.02325, section 2.2): side lengths of the six grids, and their scales.
_GRIDS = (19, 10, 5, 3, 2, 1)
_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
_VARIANCES = (10.0, 10.0, 5.0, 5.0)  # what encodings are multiplied with, y, x, height, width


@dataclass(frozen=True)
class Detection:
    """An animal in a photo: its box, its edges as shares of the photo's width and height in [0, 1]."""

    left: float
    top: float
    right: float
    bottom: float
    animal: str  # one of ANIMALS
    score: float  # in [0, 1], not calibrated

    @property
    def area(self) -> float:
        """The box's share of the photo."""
        return (self.right - self.left) * (self.bottom - self.top)


def detect(pixels: np.ndarray) -> list[Detection]:
    """Return the animals in a photo u8[H,W,3], the surest first, those with a score under 0.2 left out.

    The photo is squeezed to 300 x 300 pixels, as in the network's training. Of two boxes that overlap by half (intersection
    over union) the surer one counts, whatever animal each shows. Raises WeightsError.
    """
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 127.5 - 1
    encodings, logits = _network().run(np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis]))
    boxes = _decoded(encodings.reshape(-1, 4))
    scores = 1 / (1 + np.exp(-logits.reshape(len(boxes), -1)[:, list(ANIMALS)]))
    best = scores.max(axis=1)
    sure = [int(number) for number in np.argsort(-best, kind="stable") if best[number] >= _LEAST_SCORE]
    kept: list[int] = []
    for number in sure:
        if all(_overlap(boxes[number], boxes[other]) < _MOST_OVERLAP for other in kept):
            kept.append(number)
    names = list(ANIMALS.values())
    return [
        Detection(left, top, right, bottom, names[int(scores[number].argmax())], float(best[number]))
        for number in kept
        for top, left, bottom, right in [boxes[number].tolist()]
    ]


@functools.cache
def _network() -> OnnxNetwork:
    return OnnxNetwork(ROOT / "models" / "dog_detector" / "network.onnx", DIGEST, ("encodings", "logits"))


@functools.cache
def _anchors() -> np.ndarray:
    """Return f64[1917,4], each anchor's centre (y, x), height and width, as shares of the photo."""
    anchors = []
    for grid, scale, following in zip(_GRIDS, _SCALES, _SCALES[1:], strict=False):
        if grid == _GRIDS[0]:
            shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]  # fewer anchors on the finest grid
        else:
            shapes = [(scale, ratio) for ratio in _RATIOS] + [(math.sqrt(scale * following), 1.0)]
        for row in range(grid):
            for column in range(grid):
                for size, ratio in shapes:
                    centre = (row + 0.5) / grid, (column + 0.5) / grid
                    anchors.append((*centre, size / math.sqrt(ratio), size * math.sqrt(ratio)))
    return np.array(anchors)


def _decoded(encodings: np.ndarray) -> np.ndarray:
    """Return f64[1917,4], the boxes' top, left, bottom and right edges, clipped to the photo."""
    y, x, height, width = (encodings / _VARIANCES).T
    anchor_y, anchor_x, anchor_height, anchor_width = _anchors().T
    centre_y, centre_x = y * anchor_height + anchor_y, x * anchor_width + anchor_x
    half_height, half_width = np.exp(height) * anchor_height / 2, np.exp(width) * anchor_width / 2
    edges = (centre_y - half_height, centre_x - half_width, centre_y + half_height, centre_x + half_width)
    return np.stack(edges, axis=1).clip(0, 1)


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over union of two boxes (top, left, bottom, right)."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(sides.clip(0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return shared / (areas - shared) if areas > shared else 0.0
