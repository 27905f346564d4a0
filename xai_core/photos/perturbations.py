"""Photos changed in known ways (rotated, shifted, scaled, brightened, blurred, partly hidden), and maps changed back.

A photo is u8[H,W,3], or rgb f32[h,w,3] in [0, 1]; the answer is a new array of the same kind, shape and range. `aspect` is
the width of what the photo shows divided by its height. It matters where the pixels are not square, as in a photo
squeezed for a network: turned by 45 degrees there, a dog must look as it does in the photo turned and then squeezed.
Without it the pixels count as square. What comes into view from outside the photo has the photo's mean colour.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.errors import ParameterError
from xai_core.i18n.catalogues import N_, LazyText
from xai_core.photos.fills import HIDING_BLUR

#: What a hidden part is filled with. "blurred" keeps the colours and loses the shapes.
FILLS = (N_("grey"), N_("mean"), N_("black"), N_("white"), N_("blurred"))

_FLAT = {"black": 0.0, "grey": 0.5, "white": 1.0}
_ROUNDING = 1e-9


def rotate(photo: np.ndarray, degrees: float, aspect: float | None = None) -> np.ndarray:
    """Return the photo turned clockwise about its centre by 0 to 360 degrees, in the same frame.

    Exact for multiples of 180 degrees, and of 90 where the frame is square; bilinear in between.
    """
    return _moved(photo, _turn(ROTATION.checked(degrees), _aspect(photo, aspect)), aspect)


def shift(photo: np.ndarray, percent: float, aspect: float | None = None) -> np.ndarray:
    """Return the photo moved to the right by -50 to 50 % of its width; exact for whole pixels."""
    return _moved(photo, _slide(SHIFT.checked(percent), _aspect(photo, aspect)), aspect)


def scale(photo: np.ndarray, percent: float, aspect: float | None = None) -> np.ndarray:
    """Return the photo drawn at 50 to 200 % of its size about its centre, in the same frame."""
    return _moved(photo, _zoom(SCALE.checked(percent), _aspect(photo, aspect)), aspect)


def brighten(photo: np.ndarray, percent: float, aspect: float | None = None) -> np.ndarray:
    """Return the photo with every value times 0 to 200 %; what would be lighter than white is white."""
    brighter = photo * np.float32(BRIGHTNESS.checked(percent) / 100)
    return _as_photo(brighter, photo)


def blur(photo: np.ndarray, percent: float, aspect: float | None = None) -> np.ndarray:
    """Return the photo under a Gaussian whose standard deviation is 0 to 10 % of the shorter side, edges mirrored."""
    share = BLUR.checked(percent) / 100
    if share == 0:
        return photo.copy()
    height, width = photo.shape[:2]
    ratio = _aspect(photo, aspect)
    sigma = share * min(1.0, ratio)  # in heights of the frame
    return _as_photo(cv2.GaussianBlur(photo, (0, 0), sigma * width / ratio, sigmaY=sigma * height), photo)


def occlude(photo: np.ndarray, x: float, y: float, size: float, fill: str = "grey") -> np.ndarray:
    """Return the photo of square pixels with a square window hidden.

    The window's centre lies `x` % from the left and `y` % from the top, its side is `size` % of the photo's shorter side;
    what sticks out of the photo is cut off. `fill` is one of FILLS: grey is 0.5 (128 of 255), mean the photo's mean colour.
    Raises ParameterError for a place outside the photo, a size outside 1 to 100 and an unknown fill.
    """
    left, top, right, bottom = window(photo.shape[:2], x, y, size)
    inside = (slice(top, bottom), slice(left, right))
    result = photo.copy()
    if fill == "blurred":
        result[inside] = blur(photo, HIDING_BLUR)[inside]
    elif fill == "mean":
        result[inside] = mean_colour(photo)
    elif fill in _FLAT:
        result[inside] = np.rint(255 * _FLAT[fill]) if photo.dtype == np.uint8 else _FLAT[fill]
    else:
        raise ParameterError(
            "A hidden part can be filled with {fills}, not with “{fill}”.", fills=", ".join(FILLS), fill=fill
        )
    return result


def window(shape: tuple[int, int], x: float, y: float, size: float) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of `occlude`'s window in pixels, right and bottom excluded; at least one pixel."""
    arguments = ((x, 0, N_("distance from the left")), (y, 0, N_("distance from the top")), (size, 1, N_("size")))
    for value, least, name in arguments:
        if not least <= value <= 100:
            raise ParameterError(
                "The window's {name} must lie between {least} and 100 %, not {value:g}.",
                name=LazyText(name),
                least=least,
                value=value,
            )
    half = size / 200 * min(shape)
    edges = []
    for length, place in ((shape[1], x), (shape[0], y)):
        centre = place / 100 * length
        first = min(max(round(centre - half), 0), length - 1)
        edges.append((first, max(first + 1, min(round(centre + half), length))))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def mean_colour(photo: np.ndarray) -> np.ndarray:
    """Return the photo's mean colour [3], of the photo's own kind."""
    mean = photo.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    return np.rint(mean).astype(np.uint8) if photo.dtype == np.uint8 else mean.astype(photo.dtype)


@dataclass(frozen=True)
class Change:
    """One kind of change with its range. `neutral` is the amount that changes nothing."""

    key: str
    title: str
    unit: str
    minimum: float
    maximum: float
    neutral: float
    apply: Callable[[np.ndarray, float, float | None], np.ndarray]  # (photo, amount, aspect) -> photo
    movement: Callable[[float, float], np.ndarray] | None = None  # (amount, aspect) -> 3x3 matrix; see `_moved`
    by_factor: bool = False  # whether equal steps multiply rather than add

    def amounts(self, steps: int) -> np.ndarray:
        """Return f64[steps] amounts over the whole range; an odd number of them has a middle one (neutral if it lies there)."""
        if self.by_factor:
            return np.round(np.geomspace(self.minimum, self.maximum, steps), 6)
        return np.linspace(self.minimum, self.maximum, steps)

    def checked(self, amount: float) -> float:
        """Return the amount. Raises ParameterError where it lies outside the range."""
        if not self.minimum <= amount <= self.maximum:
            raise ParameterError(
                "{parameter} must lie between {minimum:g} and {maximum:g}{unit}, not {value:g}.",
                parameter=LazyText(self.title),
                minimum=self.minimum,
                maximum=self.maximum,
                unit=f" {self.unit}",
                value=amount,
            )
        return amount

    def undo(self, values: np.ndarray, amount: float, aspect: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return a changed photo's map f32[h,w] moved back onto the unchanged photo, and the mask bool[h,w] where it is known.

        It is known where the changed photo still showed the pixel. Brightness and blur move nothing: their maps are
        returned as they are. Half and whole turns and shifts by whole pixels of the map are undone exactly, the rest
        bilinearly.
        """
        height, width = values.shape
        if self.movement is None:
            return values.copy(), np.ones((height, width), bool)
        ratio = _aspect(values, aspect)
        movement = self.movement(self.checked(amount), ratio)
        places = _to_pixels((height, width), ratio)
        back = places @ movement @ np.linalg.inv(places)
        # The matrix leads from an unchanged pixel to where it went, which is what WARP_INVERSE_MAP expects.
        undone = cv2.warpAffine(
            values,
            back[:2],
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        columns, rows = np.meshgrid(np.arange(width), np.arange(height))
        x, y, _ = np.tensordot(movement @ np.linalg.inv(places), np.stack([columns, rows, np.ones_like(rows)]), axes=1)
        visible = (np.abs(x) <= ratio / 2 + _ROUNDING) & (np.abs(y) <= 0.5 + _ROUNDING)
        return undone, visible


def _turn(degrees: float, aspect: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    # Rounded, because the cosine of a right angle is 6e-17 and would sample slightly beside the pixels.
    cosine, sine = np.round([np.cos(angle), np.sin(angle)], 15)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])  # y points down, so this turns clockwise


def _slide(percent: float, aspect: float) -> np.ndarray:
    return np.array([[1, 0, percent / 100 * aspect], [0, 1, 0], [0, 0, 1]])


def _zoom(percent: float, aspect: float) -> np.ndarray:
    return np.diag([percent / 100, percent / 100, 1])


def _aspect(array: np.ndarray, aspect: float | None) -> float:
    return array.shape[1] / array.shape[0] if aspect is None else aspect


def _to_pixels(shape: tuple[int, int], aspect: float) -> np.ndarray:
    """Return the matrix from places in heights of the frame, counted from its centre, to columns and rows."""
    height, width = shape
    return np.array([[width / aspect, 0, (width - 1) / 2], [0, height, (height - 1) / 2], [0, 0, 1]])


def _moved(photo: np.ndarray, movement: np.ndarray, aspect: float | None) -> np.ndarray:
    """Return the photo with each place p at movement @ p, in heights of the frame from its centre."""
    height, width = photo.shape[:2]
    places = _to_pixels((height, width), _aspect(photo, aspect))
    matrix = (places @ movement @ np.linalg.inv(places))[:2]
    border = tuple(float(value) for value in mean_colour(photo))
    moved = cv2.warpAffine(
        photo, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border
    )
    return _as_photo(moved, photo)


def _as_photo(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the values in the range and of the kind of the photo `like`."""
    if like.dtype == np.uint8:
        return values if values.dtype == np.uint8 else np.rint(values).clip(0, 255).astype(np.uint8)
    return values.clip(0, 1).astype(like.dtype)


ROTATION = Change("rotation", N_("Turn"), "°", 0, 360, 0, rotate, _turn)
SHIFT = Change("shift", N_("Move sideways"), "%", -50, 50, 0, shift, _slide)
SCALE = Change("scale", N_("Size"), "%", 50, 200, 100, scale, _zoom, by_factor=True)
BRIGHTNESS = Change("brightness", N_("Brightness"), "%", 0, 200, 100, brighten)
BLUR = Change("blur", N_("Blur"), "%", 0, 10, 0, blur)

CHANGES = {change.key: change for change in (ROTATION, SHIFT, SCALE, BRIGHTNESS, BLUR)}
