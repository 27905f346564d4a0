"""Attributions, activations and classes in colour: the only module that normalises, thins out or colours.

It imports NumPy and Pillow only, and so sums the channels of a map itself, in 64 bits. One palette serves every method:
orange speaks for the class, blue against it, near-white is 0. Its control points lie at even steps of CIEDE2000 (Sharma,
Wu and Dalal 2005) and both halves fall alike in lightness, so that equal steps of heat look equal, neither sign looks
stronger, and both stay apart for people who see no red, green or blue.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from PIL import Image

Mode = Literal["overlay", "map", "both"]

PERCENTILE = 99.5  # of |values| becomes full heat: the highest half per cent would otherwise leave the rest pale

NEUTRAL = (243, 239, 234)
_FOR = ((247, 222, 197), (250, 197, 146), (251, 165, 96), (248, 125, 45), (225, 88, 16), (198, 55, 3))
_AGAINST = ((215, 231, 240), (169, 218, 247), (118, 190, 244), (75, 157, 232), (52, 127, 216), (33, 100, 200))
_STEPS = 255  # on each side of neutral, so that a heat of n/255 has its own colour

# Over a photo heat starts at this colour and gains opacity: a pale colour that is also transparent would look like fog.
_PALEST_OVER_PHOTO = 0.45
_OPACITY_POWER = 0.75  # of |heat|: a little under 1, so that middling heat still shows on a busy photo
_GREYING_POWER = 0.6  # of the opacity: how fast the photo loses its own colours
_LIFT = 0.25  # of the opacity: how far the photo moves towards neutral, since no colour shows on black fur
_FINE = 100  # values on the longer side, from which on a map counts as one of single pixels
# Classes side by side: the first one, which is mostly everywhere, is pale; none is taken for heat or cold.
_CLASSES = ((236, 229, 218), (0, 133, 117), (150, 94, 176), (222, 184, 58), (200, 82, 132), (112, 148, 62))
_OTHER_CLASSES = (110, 110, 110)
_CLASS_OPACITY = 0.62


def _palette() -> np.ndarray:
    points = np.array([*_AGAINST[::-1], NEUTRAL, *_FOR], np.float64)
    positions = np.linspace(-_STEPS, _STEPS, len(points))
    steps = np.arange(-_STEPS, _STEPS + 1)
    channels = [np.interp(steps, positions, points[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


_PALETTE = _palette()  # u8[511,3], from full "against" to full "for"


def heat(values: np.ndarray, signed: bool, full: float | None = None) -> np.ndarray:
    """Return values f32[h,w] or f32[h,w,3] as heat f32[h,w] in [-1, 1], where 0 is no evidence.

    Channels are summed, then everything is divided by the 99.5th percentile of the magnitudes, or by `full` where several
    maps share one scale, and clipped; the sign is kept. Of unsigned values those below 0 count as 0, so that heat
    lies in [0, 1]. NaN counts as 0, infinity as full heat. All zero stays all zero. Where fewer than 0.5 % of the
    pixels are not 0, the largest magnitude is full heat.
    """
    with np.errstate(invalid="ignore"):  # infinity minus infinity between channels is NaN, which counts as 0
        summed = _summed(values)
    summed = np.where(np.isnan(summed), 0.0, summed)
    if not signed:
        summed = np.maximum(summed, 0.0)
    magnitudes = np.abs(summed)
    finite = magnitudes[np.isfinite(magnitudes)]
    if full is None:
        full = (np.percentile(finite, PERCENTILE) or finite.max()) if finite.size else 0.0
    if full == 0:
        return np.where(np.isinf(summed), np.sign(summed), 0.0).astype(np.float32)
    return np.clip(summed / full, -1.0, 1.0).astype(np.float32)


def strongest(heat: np.ndarray, share: float) -> np.ndarray:
    """Return the bool[h,w] mask of the `share` (0 to 1) of all pixels whose magnitude of heat is largest.

    Pixels that tie with the weakest one shown are shown too, so that a superpixel is never cut; pixels without heat
    never are.
    """
    magnitudes = np.abs(heat)
    count = round(share * magnitudes.size)
    if count <= 0:
        return np.zeros(heat.shape, bool)
    weakest = np.partition(magnitudes, magnitudes.size - count, axis=None)[magnitudes.size - count]
    return (magnitudes >= weakest) & (magnitudes > 0)


def suggested_smoothing(values: np.ndarray, segments: np.ndarray | None) -> float:
    """Return the Gaussian sigma, in pixels of the map, that makes a map readable.

    1 % of the longer side for maps with a value a pixel (Integrated Gradients, saliency), whose noise hides the animal;
    0 for superpixels and for the coarse maps of a layer (LIME, Grad-CAM).
    """
    return max(values.shape[:2]) / 100 if max(values.shape[:2]) >= _FINE and segments is None else 0.0


def overlay(
    pixels: np.ndarray,
    values: np.ndarray,
    signed: bool,
    *,
    opacity: float = 0.6,
    share: float = 1.0,
    mode: Mode = "overlay",
    segments: np.ndarray | None = None,
    smoothing: float | None = None,
    full: float | None = None,
) -> np.ndarray:
    """Return the picture of values f32[h,w] or f32[h,w,3] over the photo u8[H,W,3], as u8 RGB at the photo's size.

    The map is stretched over the photo: bilinear, or nearest with thin outlines where `segments` i32[h,w] are given.
    `opacity` in [0, 1] is that of full heat; weaker heat lets more of the photo through. With it the photo fades
    towards light grey, so that a colour seen is heat; 0 gives the photo back unchanged. `share` in (0, 1] keeps the
    strongest part of the drawn pixels. `smoothing` is the sigma, in pixels of the map, of a Gaussian that is applied
    only for drawing; None takes `suggested_smoothing`, 0 draws the raw map. `full` is as in `heat`.

    `mode` "overlay" is the above, "map" the heat alone on the palette's neutral, "both" the two beside each other (one
    above the other where the photo is wider than high) with a transparent gap between: RGBA, larger than the photo.
    """
    size = (pixels.shape[1], pixels.shape[0])
    sigma = suggested_smoothing(values, segments) if smoothing is None else smoothing
    drawn = stretch(heat(_smooth(values, sigma), signed, full), size, segments is not None)
    if share < 1:
        drawn = np.where(strongest(drawn, share), drawn, np.float32(0))
    edges = None if segments is None else _edges(segments, drawn)
    if mode == "map":
        return _draw_map(drawn, edges)
    over = _draw_over(pixels, drawn, opacity, edges)
    return over if mode == "overlay" else _beside(over, _draw_map(drawn, edges))


def grey(values: np.ndarray, shape: tuple[int, ...], longest: int) -> np.ndarray:
    """Return unsigned values [u,v] (activations) as a grey picture u8[h,w,3]: 0 and less is black, the largest white.

    It has the proportions of a photo of `shape` (H, W, ...), its longer side is `longest` pixels, and each cell of the
    layer is one rectangle, so that its coarseness is seen.
    """
    size = fitting(shape[1], shape[0], longest)
    light = Image.fromarray(np.rint(255 * brightness(values)).astype(np.uint8))
    return np.asarray(light.resize(size, Image.Resampling.NEAREST).convert("RGB"))


def around_grey(values: np.ndarray) -> np.ndarray:
    """Return signed values [h,w,3] in the photo's own colours (kernels, signals sent back) as a picture u8[h,w,3].

    Mid-grey is 0; the largest half per cent of the magnitudes reaches black or full colour, so that a few stray pixels do
    not leave all others grey. All zero is all grey.
    """
    sizes = np.abs(values)
    largest = (float(np.percentile(sizes, 99.5)) or float(sizes.max())) if sizes.size else 0.0
    return np.rint(127.5 + 127.5 * (values / (largest or 1.0)).clip(-1, 1)).astype(np.uint8)


def class_map(pixels: np.ndarray, classes: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Return the photo u8[H,W,3] under one colour a class, for classes i32[h,w], as u8 at the photo's size.

    Classes in `order` (at most six) have the colours of `class_colours`, in that order; all others share its last one.
    """
    ranks = np.full(classes.shape, len(order), np.uint8)
    for rank, class_ in enumerate(order):
        ranks[classes == class_] = rank
    size = (pixels.shape[1], pixels.shape[0])
    stretched = np.asarray(Image.fromarray(ranks).resize(size, Image.Resampling.NEAREST))
    colours = np.array([*_CLASSES[: len(order)], _OTHER_CLASSES], np.uint8)
    grey = Image.fromarray(pixels).convert("L").convert("RGB")
    return np.asarray(Image.blend(grey, Image.fromarray(colours[stretched]), _CLASS_OPACITY))


def class_colours(count: int) -> list[str]:
    """Return the "#rrggbb" of `count` classes (at most six) in `class_map`, and last that of all others."""
    return [_hexadecimal(colour) for colour in (*_CLASSES[:count], _OTHER_CLASSES)]


def legend(signed: bool, stops: int = 11) -> list[tuple[float, str]]:
    """Return the palette as (position in [0, 1], "#rrggbb") pairs, as CSS gradients and Plotly's colour scales take them.

    Position 0 speaks against the class and 1 for it; unsigned maps use the upper half only, from 0 to "for".
    """
    colours = _PALETTE if signed else _PALETTE[_STEPS:]
    positions = np.linspace(0, 1, stops)
    sampled = colours[np.round(positions * (len(colours) - 1)).astype(int)]
    return [(float(at), _hexadecimal(colour)) for at, colour in zip(positions, sampled, strict=True)]


def fitting(width: float, height: float, longest: int) -> tuple[int, int]:
    """Return the width and height in pixels of a picture of these proportions, the longer one `longest`."""
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def brightness(values: np.ndarray) -> np.ndarray:
    """Return unsigned values as f32 in [0, 1], the largest at 1: a percentile would flatten an activation's peak."""
    positive = np.maximum(values, 0).astype(np.float32)
    return positive / (float(positive.max(initial=0)) or 1.0)


def _hexadecimal(colour: Iterable[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _summed(values: np.ndarray) -> np.ndarray:
    exact = values.astype(np.float64)
    return exact.sum(axis=-1) if exact.ndim == 3 else exact


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Return the channels' sum f64[h,w] under a Gaussian cut at 3 sigma, edges mirrored; NaN stays where it was."""
    if sigma <= 0:
        return values
    summed = _summed(values)
    missing = ~np.isfinite(summed)
    smoothed = np.where(missing, 0.0, summed)
    radius = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis, length in enumerate(smoothed.shape):
        padded = np.pad(smoothed, [(radius, radius) if axis == side else (0, 0) for side in (0, 1)], mode="symmetric")
        smoothed = sum(
            weight * np.take(padded, range(start, start + length), axis=axis) for start, weight in enumerate(weights)
        )
    return np.where(missing, np.nan, smoothed)


def stretch(heat: np.ndarray, size: tuple[int, int], superpixels: bool) -> np.ndarray:
    """Return heat f32[h,w] at `size` (width, height): bilinear, or nearest for superpixels."""
    resampling = Image.Resampling.NEAREST if superpixels else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(heat).resize(size, resampling))


def _edges(segments: np.ndarray, drawn: np.ndarray) -> Image.Image:
    """Return the outlines of the superpixels that are drawn, as an L mask, about 1/500 of the longer side thick."""
    height, width = drawn.shape
    stretched = Image.fromarray(segments.astype(np.int32)).resize((width, height), Image.Resampling.NEAREST)
    shown = np.where(drawn == 0, -1, np.asarray(stretched))
    edges = np.zeros(shown.shape, bool)
    for step in range(1, max(1, round(max(shown.shape) / 500)) + 1):
        edges[step:] |= shown[step:] != shown[:-step]
        edges[:, step:] |= shown[:, step:] != shown[:, :-step]
    return Image.fromarray(edges.astype(np.uint8) * 255)


def _colour(heat: np.ndarray) -> Image.Image:
    return Image.fromarray(_PALETTE[np.rint(heat * _STEPS).astype(np.int16) + _STEPS])


def _draw_map(heat: np.ndarray, edges: Image.Image | None) -> np.ndarray:
    picture = _colour(heat)
    if edges is not None:
        picture.paste("white", mask=edges)
    return np.asarray(picture)


def _draw_over(pixels: np.ndarray, heat: np.ndarray, opacity: float, edges: Image.Image | None) -> np.ndarray:
    photo = Image.fromarray(pixels)
    ground = Image.blend(photo, photo.convert("L").convert("RGB"), opacity**_GREYING_POWER)
    ground = Image.blend(ground, Image.new("RGB", photo.size, NEUTRAL), _LIFT * opacity)
    magnitude = np.abs(heat)
    colour = _colour(np.sign(heat) * (_PALEST_OVER_PHOTO + (1 - _PALEST_OVER_PHOTO) * magnitude))
    alpha = Image.fromarray(np.rint(255 * opacity * magnitude**_OPACITY_POWER).astype(np.uint8))
    picture = Image.composite(colour, ground, alpha)
    if edges is not None:
        picture.paste("white", mask=edges.point(lambda value: round(value * 0.6 * opacity)))
    return np.asarray(picture)


def _beside(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    height, width = first.shape[:2]
    gap = max(2, max(height, width) // 50)
    right, down = (0, height + gap) if width > height else (width + gap, 0)
    picture = Image.new("RGBA", (width + right, height + down))
    picture.paste(Image.fromarray(first), (0, 0))
    picture.paste(Image.fromarray(second), (right, down))
    return np.asarray(picture)
