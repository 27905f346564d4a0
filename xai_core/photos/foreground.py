"""The mask of the dog in a photo, and the photo with the dog or its background replaced."""

from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.errors import ComputationError, ParameterError
from xai_core.photos.resizing import shrink

MINIMUM_SIDE = 10  # % of the photo's width and height that a box must measure

_SIDE = 224  # px on the longer side of the copy that is segmented: what VGG16 sees, and done in about a second
_ITERATIONS = 4
_LEAST_OUTSIDE = 0.02  # of the photo: the pixels from which the colours of the background are learned
_LEAST_FOREGROUND = 0.02  # of the box
# For a mask without a box, as shares of the way from the photo's centre to its edge, in both directions.
_CERTAIN_RADIUS = 0.2  # certainly the dog
_PROBABLE_RADIUS = 0.75  # at first taken for the dog
_RIM = 0.03  # of the shorter side: certainly background
_CORNER = (
    0.15  # of the width: the corners of the bottom edge, which count as rim; the dog may reach the rest of that edge
)
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
        ordered = 0 <= self.left <= self.right <= 100 and 0 <= self.top <= self.bottom <= 100
        if not ordered or min(self.right - self.left, self.bottom - self.top) < MINIMUM_SIDE:
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


def foreground_mask(pixels: np.ndarray, box: Box) -> np.ndarray:
    """Return bool[H,W], true on what stands out from its surroundings inside the box of the photo u8[H,W,3].

    GrabCut (Rother, Kolmogorov and Blake 2004) on a copy of at most 224 px: everything outside the box is background;
    inside, colours and edges decide. Equal photos and boxes give equal masks. Raises ParameterError where the box leaves
    no background to learn from, ComputationError where nothing in it stands out.
    """
    small = shrink(pixels, _SIDE)
    left, top, right, bottom = box.pixels(small.shape[:2])
    inside = (right - left) * (bottom - top)
    if small.shape[0] * small.shape[1] - inside < _LEAST_OUTSIDE * small.shape[0] * small.shape[1]:
        raise ParameterError("The box leaves no background to compare with; leave some of the photo outside it.")
    mask = _grab_cut(small, np.zeros(small.shape[:2], np.uint8), (left, top, right - left, bottom - top))
    if mask.sum() < _LEAST_FOREGROUND * inside:
        raise ComputationError(
            "Nothing in the box stands out from what is around it; move the box closer around the dog."
        )
    return _enlarge_mask(mask, pixels.shape)


def central_foreground_mask(pixels: np.ndarray) -> np.ndarray:
    """Return bool[H,W], true on what reaches out from the centre of the photo u8[H,W,3], by GrabCut as in `foreground_mask`.

    The innermost fifth of the photo (by its radius) is certainly the dog, its edge is certainly not, except the bottom
    one, where dogs are often cut off; GrabCut decides about the rest.
    """
    small = shrink(pixels, _SIDE)
    height, width = small.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    radius = np.hypot((rows + 0.5) / height * 2 - 1, (columns + 0.5) / width * 2 - 1)
    labels = np.full(radius.shape, cv2.GC_PR_BGD, np.uint8)
    labels[radius < _PROBABLE_RADIUS] = cv2.GC_PR_FGD
    labels[radius < _CERTAIN_RADIUS] = cv2.GC_FGD
    rim, corner = max(1, round(_RIM * min(height, width))), round(_CORNER * width)
    edge = np.ones(radius.shape, bool)
    edge[rim:-rim, rim:-rim] = False
    edge[-rim:, corner : width - corner] = False
    labels[edge] = cv2.GC_BGD
    return _enlarge_mask(_grab_cut(small, labels, None), pixels.shape)


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


def _grab_cut(small: np.ndarray, labels: np.ndarray, box: tuple[int, int, int, int] | None) -> np.ndarray:
    """Return GrabCut's foreground bool[h,w], started from a box (left, top, width, height) or from `labels` u8[h,w]."""
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # GrabCut starts from random clusters, and offers no generator of its own
    mode = cv2.GC_INIT_WITH_MASK if box is None else cv2.GC_INIT_WITH_RECT
    cv2.grabCut(small, labels, box or (0, 0, 0, 0), *models, _ITERATIONS, mode)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _enlarge_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) > 0.5
