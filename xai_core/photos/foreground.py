"""A box around the dog in a photo, and the photo with the dog or its background replaced."""

from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.errors import ParameterError
from xai_core.photos.resizing import shrink

MINIMUM_SIDE = 10  # % of the photo's width and height that a box must measure

_SIDE = 224  # px on the longer side of the copy that is blurred
# Standard deviations of the blurs that fill the dog's area, as shares of the shorter side, the widest first.
_BLURS = (0.4, 0.15, 0.05)


@dataclass(frozen=True)
class Box:
    """A rectangle in a photo, its edges in % of the photo's width (left, right) and height (top, bottom).

    Raises ParameterError for edges out of order, outside the photo or less than 10 % apart.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left <= self.right <= 100 and 0 <= self.top <= self.bottom <= 100):
            raise ParameterError("This is no box inside the photo; its edges lie between 0 and 100 % of it.")
        if min(self.right - self.left, self.bottom - self.top) < MINIMUM_SIDE:
            raise ParameterError(
                "The box is too small to hold a dog; make it at least {smallest} % of the photo wide and high.",
                smallest=MINIMUM_SIDE,
            )

    def pixels(self, shape: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) in a photo of `shape` (height, width), right and bottom excluded."""
        height, width = shape
        return (
            round(self.left / 100 * width),
            round(self.top / 100 * height),
            round(self.right / 100 * width),
            round(self.bottom / 100 * height),
        )


def replace_where(pixels: np.ndarray, mask: np.ndarray, replacement: np.ndarray) -> np.ndarray:
    """Return the photo u8[H,W,3] with `replacement` (a photo u8[H,W,3], or a colour u8[3]) where the mask bool[H,W] is true."""
    return np.where(mask[..., np.newaxis], replacement, pixels).astype(np.uint8)


def blurred_background(pixels: np.ndarray, dog: np.ndarray) -> np.ndarray:
    """Return the photo's background blurred, u8[H,W,3], continued into the dog's area without any of the dog's colours.

    `dog` is a mask bool[H,W]. A Gaussian that counts background only (normalised convolution): blur(background) /
    blur(share of background); where the dog is so large that a narrow one finds none, a wider one is used.
    """
    height, width = pixels.shape[:2]
    outside = 1 - shrink(dog.astype(np.float32), _SIDE)
    # Pixels on the edge belong to both: only what is certainly background may give its colour.
    outside = np.where(outside > 0.99, np.float32(1), np.float32(0))[..., np.newaxis]
    background = shrink(pixels, _SIDE).astype(np.float32) * outside
    result = np.broadcast_to(background.sum(axis=(0, 1)) / max(float(outside.sum()), 1.0), background.shape)
    for share in _BLURS:
        sigma = share * min(background.shape[:2])
        weight = cv2.GaussianBlur(outside, (0, 0), sigma)[..., np.newaxis]
        colour = cv2.GaussianBlur(background, (0, 0), sigma) / np.maximum(weight, 1e-6)
        trust = np.minimum(weight / 0.5, 1)
        result = trust * colour + (1 - trust) * result
    large = cv2.resize(result.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(large).clip(0, 255).astype(np.uint8)
