"""The dog cut out of its background, and either of the two replaced."""

from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.errors import ComputationError, ParameterError

SMALLEST = 10  # % of the photo's width and height that a box must measure

_SIDE = 224  # px on the longer side of the copy that is cut: what VGG16 sees, and done in about a second
_ROUNDS = 4
_LEAST_OUTSIDE = 0.02  # of the photo: what the colours of the background are learned from
_LEAST_FOUND = 0.02  # of the box
# Of the way from the middle to the edge, in both directions: what surely is the dog, and what is taken for it at first.
_CORE, _REACH = 0.2, 0.75
_RIM = 0.03  # of the shorter side: what surely is not the dog
_CUT_OFF = 0.15  # of the width: the bottom's corners, which the dog does not reach
_HEAT_GRID = 64
_WARM = 0.3  # of the strongest heat
_MARGIN = 12  # % of the photo: heat lies on the head, the body reaches further
# Standard deviations of the blurs that close the gap, as shares of the shorter side, the widest first.
_BLURS = (0.4, 0.15, 0.05)


@dataclass(frozen=True)
class Box:
    """A part of a photo, its edges in % of the photo's width (left, right) and height (top, bottom)."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        ordered = 0 <= self.left <= self.right <= 100 and 0 <= self.top <= self.bottom <= 100
        if not ordered or min(self.right - self.left, self.bottom - self.top) < SMALLEST:
            raise ParameterError(
                "The box is too small to hold a dog; make it at least {smallest} % of the photo wide and high.",
                smallest=SMALLEST,
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


def box_of_heat(values: np.ndarray) -> Box:
    """Return the box around the area that holds the strongest heat for the class, with some room around it.

    `values` is a map f32[h,w] or f32[h,w,3]; what speaks against the class does not count. The area is where heat is at
    least 30 % of the strongest. Raises ComputationError where nothing speaks for the class.
    """
    summed = values.sum(axis=-1) if values.ndim == 3 else values
    warmth = cv2.resize(
        np.maximum(summed, 0).astype(np.float32), (_HEAT_GRID, _HEAT_GRID), interpolation=cv2.INTER_LINEAR
    )
    if not warmth.any():
        raise ComputationError(
            "Nothing in this map speaks for the breed, so it shows no place to cut out; set the box by hand."
        )
    _, areas = cv2.connectedComponents((warmth >= _WARM * warmth.max()).astype(np.uint8))
    rows, columns = np.nonzero(areas == areas.ravel()[warmth.argmax()])
    step = 100 / _HEAT_GRID
    return Box(
        left=max(0, round(columns.min() * step - _MARGIN)),
        top=max(0, round(rows.min() * step - _MARGIN)),
        right=min(100, round((columns.max() + 1) * step + _MARGIN)),
        bottom=min(100, round((rows.max() + 1) * step + _MARGIN)),
    )


def cut_out(pixels: np.ndarray, box: Box) -> np.ndarray:
    """Return bool[H,W], true on what stands out inside the box of the photo u8[H,W,3].

    GrabCut (Rother, Kolmogorov and Blake 2004) on a copy of at most 224 px: everything outside the box is background;
    inside, colours and edges decide. Equal photos and boxes give equal masks. Raises ParameterError where the box leaves
    no background to learn from, ComputationError where nothing in it stands out.
    """
    height, width = pixels.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    left, top, right, bottom = box.pixels(small.shape[:2])
    inside = (right - left) * (bottom - top)
    if small.shape[0] * small.shape[1] - inside < _LEAST_OUTSIDE * small.shape[0] * small.shape[1]:
        raise ParameterError("The box leaves no background to compare with; leave some of the photo outside it.")
    found = _grab(small, np.zeros(small.shape[:2], np.uint8), (left, top, right - left, bottom - top))
    if found.sum() < _LEAST_FOUND * inside:
        raise ComputationError(
            "Nothing in the box stands out from what is around it; move the box closer around the dog."
        )
    return cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def cut_out_of_middle(pixels: np.ndarray) -> np.ndarray:
    """Return bool[H,W], true on what reaches out from the middle of the photo u8[H,W,3], by GrabCut as in `cut_out`.

    The innermost fifth of the photo (by its radius) surely is the dog, its edge surely is not, save the bottom one, where
    dogs are often cut off; what lies between is decided.
    """
    height, width = pixels.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[: size[1], : size[0]]
    radius = np.hypot((rows + 0.5) / size[1] * 2 - 1, (columns + 0.5) / size[0] * 2 - 1)
    parts = np.full(radius.shape, cv2.GC_PR_BGD, np.uint8)
    parts[radius < _REACH] = cv2.GC_PR_FGD
    parts[radius < _CORE] = cv2.GC_FGD
    rim, side = max(1, round(_RIM * min(size))), round(_CUT_OFF * size[0])
    edge = np.ones(radius.shape, bool)
    edge[rim:-rim, rim:-rim] = False
    edge[-rim:, side : size[0] - side] = False
    parts[edge] = cv2.GC_BGD
    found = _grab(small, parts, None)
    return cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def _grab(small: np.ndarray, parts: np.ndarray, box: tuple[int, int, int, int] | None) -> np.ndarray:
    """Return GrabCut's foreground bool[h,w], begun from a box or from the guesses in `parts` u8[h,w]."""
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # GrabCut starts from random clusters, and offers no generator of its own
    begin = cv2.GC_INIT_WITH_MASK if box is None else cv2.GC_INIT_WITH_RECT
    cv2.grabCut(small, parts, box or (0, 0, 0, 0), *models, _ROUNDS, begin)
    return np.isin(parts, (cv2.GC_FGD, cv2.GC_PR_FGD))


def replaced(pixels: np.ndarray, where: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return the photo u8[H,W,3] with `by` (a photo u8[H,W,3], or a colour u8[3]) where bool[H,W] is true."""
    return np.where(where[..., np.newaxis], by, pixels).astype(np.uint8)


def blurred_surroundings(pixels: np.ndarray, dog: np.ndarray) -> np.ndarray:
    """Return the photo's background blurred, u8[H,W,3], continued behind the dog without any of the dog's colours.

    A Gaussian that counts background only: blur(background) / blur(share of background); where the dog is so large that a
    narrow one finds none, a wider one stands in.
    """
    height, width = pixels.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    seen = 1 - cv2.resize(dog.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    # The edge belongs to both: only what is surely background may give its colour.
    seen = np.where(seen > 0.99, np.float32(1), np.float32(0))[..., np.newaxis]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) * seen
    filled = np.broadcast_to(small.sum(axis=(0, 1)) / max(float(seen.sum()), 1.0), small.shape)
    for share in _BLURS:
        sigma = share * min(size)
        weight = cv2.GaussianBlur(seen, (0, 0), sigma)[..., np.newaxis]
        colour = cv2.GaussianBlur(small, (0, 0), sigma) / np.maximum(weight, 1e-6)
        trust = np.minimum(weight / 0.5, 1)
        filled = trust * colour + (1 - trust) * filled
    large = cv2.resize(filled.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(large).clip(0, 255).astype(np.uint8)


def fitted(other: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return another photo u8[h,w,3] enlarged or reduced to cover `shape` (height, width), its overhang cut off."""
    height, width = shape
    factor = max(height / other.shape[0], width / other.shape[1])
    size = (max(width, round(other.shape[1] * factor)), max(height, round(other.shape[0] * factor)))
    resized = cv2.resize(other, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return resized[top : top + height, left : left + width]
