"""Pictures composed of finished pictures and masks: photos lit, cropped, outlined or boxed, and sheets of small ones."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from xai_core.render.heatmap import NEUTRAL, brightness, fitting, stretch

_DARKEST = 0.12  # of a photo's brightness, where a spotlight's map is 0
_FADED = 0.72  # how far what lies outside a box fades towards neutral
_DARK = (40, 40, 40)  # drawn beside white, so that a line shows on any photo


def spotlight(pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the photo u8[H,W,3] as bright as the unsigned values [u,v], stretched over it, are high; never quite dark."""
    size = (pixels.shape[1], pixels.shape[0])
    light = stretch(brightness(values), size, superpixels=False)[..., np.newaxis]
    return np.rint(pixels * (_DARKEST + (1 - _DARKEST) * light)).astype(np.uint8)


def from_rgb(rgb: np.ndarray) -> np.ndarray:
    """Return rgb f32[h,w,3] in [0, 1], which a network or a method made, as a picture u8[h,w,3]."""
    return np.rint(255 * rgb).clip(0, 255).astype(np.uint8)


def in_squares(picture: np.ndarray, side: int) -> np.ndarray:
    """Return a small picture u8[h,w,3] with each pixel drawn as a square, so that neither side is shorter than `side`."""
    times = max(1, -(-side // min(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def with_box(pixels: np.ndarray, box: tuple[int, int, int, int], inside: np.ndarray | None = None) -> np.ndarray:
    """Return the photo u8[H,W,3] with a box (left, top, right, bottom) drawn, and what lies outside it faded.

    With `inside` bool[H,W] everything else fades instead.
    """
    left, top, right, bottom = box
    if inside is None:
        inside = np.zeros(pixels.shape[:2], bool)
        inside[top:bottom, left:right] = True
    photo = Image.fromarray(pixels)
    pale = Image.blend(photo.convert("L").convert("RGB"), Image.new("RGB", photo.size, NEUTRAL), _FADED)
    picture = Image.composite(photo, pale, Image.fromarray(inside.astype(np.uint8) * 255))
    width = max(1, round(max(photo.size) / 240))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=_DARK, width=2 * width)
    draw.rectangle((left, top, right - 1, bottom - 1), outline="white", width=width)
    return np.asarray(picture)


def on_whole(part: np.ndarray, whole: np.ndarray, edges: tuple[int, int, int, int]) -> np.ndarray:
    """Return the photo u8[H,W,3] `whole`, faded, with a picture of the part inside `edges` in its place.

    `part` u8[h,w,3] is stretched to the box (left, top, right, bottom).
    """
    left, top, right, bottom = edges
    inside = Image.fromarray(part).resize((right - left, bottom - top), Image.Resampling.BICUBIC)
    picture = Image.fromarray(whole)
    picture.paste(inside, (left, top))
    return with_box(np.asarray(picture), edges)


def with_patch(pixels: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the photo u8[H,W,3], and where a mask bool[u,v] is true `other` u8[u,v,3]; both are stretched over it."""
    size = (pixels.shape[1], pixels.shape[0])
    stretched = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
    behind = Image.fromarray(other).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(Image.composite(behind, Image.fromarray(pixels), stretched))


def with_outline(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a picture u8[H,W,3] with the border of a mask bool[u,v], stretched over it, drawn."""
    size = (picture.shape[1], picture.shape[0])
    inside = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BICUBIC)
    inside = inside.point(lambda level: 255 if level > 127 else 0)
    result = Image.fromarray(picture)
    for colour, width in ((_DARK, 2), ((255, 255, 255), 1)):
        reach = 2 * max(1, round(width * max(size) / 480)) + 1
        border = ImageChops.subtract(inside.filter(ImageFilter.MaxFilter(reach)), inside)
        result.paste(colour, mask=border)
    return np.asarray(result)


def sheet(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Return pictures u8[h,w,3] of one size as rows of `columns` with transparent gaps, u8[H,W,4]."""
    height, width = pictures[0].shape[:2]
    gap = max(2, min(height, width) // 8)
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGBA", (columns * (width + gap) - gap, rows * (height + gap) - gap))
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        whole.paste(Image.fromarray(picture), (column * (width + gap), row * (height + gap)))
    return np.asarray(whole)


def crop(picture: np.ndarray, box: Sequence[float], shape: tuple[int, ...], longest: int) -> np.ndarray:
    """Return the part of a picture u8[h,w,3] inside `box`, its longer side `longest` pixels.

    The box is (top, left, bottom, right) as shares in [0, 1], so that it means the same part in a photo and in what a
    network made of its square copy; `shape` (H, W, ...) is the photo's, whose proportions the result has.
    """
    (height, width), (top, left, bottom, right) = picture.shape[:2], box
    size = fitting((right - left) * shape[1], (bottom - top) * shape[0], longest)
    corners = (left * width, top * height, right * width, bottom * height)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC, corners))
