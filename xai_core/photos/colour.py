"""Photos' colours brought to sRGB, which the networks were trained on and every screen understands, by littleCMS.

An ICC profile says what a photo's numbers mean; without it the same numbers would show other, mostly paler, colours.
"""

import io
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageCms

_Verdict = Literal["convert", "srgb", "unusable"]

#: ICC colour space of the modes that can be converted, and their white and black.
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
_WHITE_AND_BLACK = {"RGB": (255, 0), "L": (255, 0), "CMYK": (0, 255)}
#: Pictures are described by these classes only: displays, cameras and scanners, printers, plain colour spaces.
_CLASSES = {"mntr", "scnr", "prtr", "spac"}
#: Perceptual, as photo viewers use it. Profiles without a table for it (Adobe RGB, Display P3 and most others) are converted
#: relative to their white, clipped to what sRGB can show.
_INTENT = ImageCms.Intent.PERCEPTUAL
#: Largest difference in levels that makers' roundings leave between two profiles of the same sRGB.
_ROUNDING = 2
#: A profile that makes white darker or black brighter than this is broken.
_DARKEST_WHITE, _BRIGHTEST_BLACK = 200, 100
#: What littleCMS and Pillow raise for profiles that they cannot use.
_UNUSABLE = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an RGB, L or CMYK picture as RGB in sRGB, read by its ICC profile.

    Without a profile, with one that cannot be used or is for another mode the picture is taken for sRGB (CMYK for plain
    inks); where it already is, no pixel changes. Thread-safe: nothing but the verdicts on profiles is shared.
    """
    if profile and image.mode in _SPACES and _verdict(profile, image.mode) == "convert":
        return _converted(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


@lru_cache(maxsize=32)
def _verdict(profile: bytes, mode: str) -> _Verdict:
    probe = _probe(mode)
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        if opened.xcolor_space != _SPACES[mode] or opened.device_class not in _CLASSES:
            return "unusable"
        converted = np.asarray(_converted(probe, profile), int)
    except _UNUSABLE:
        return "unusable"
    if converted[0, 0].min() < _DARKEST_WHITE or converted[0, 1].max() > _BRIGHTEST_BLACK:
        return "unusable"
    plain = np.asarray(probe.convert("RGB"), int)
    return "srgb" if mode != "CMYK" and np.abs(converted - plain).max() <= _ROUNDING else "convert"


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    # A transform of its own for each picture: making one takes less than a millisecond, and none is shared between threads.
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), image.mode, "RGB", _INTENT
    )
    converted = transform.apply(image)
    return converted


def _probe(mode: str) -> Image.Image:
    """Return one row of colours: white, black, and an even grid of all the others."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    white, black = _WHITE_AND_BLACK[mode]
    steps = np.linspace(0, 255, 256 if bands == 1 else 9 if bands == 3 else 4).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * bands, indexing="ij"), axis=-1).reshape(-1, bands)
    ends = np.repeat(np.array([[white], [black]], np.uint8), bands, axis=1)
    colours = np.concatenate([ends, grid])[np.newaxis]
    return Image.fromarray(colours[..., 0] if bands == 1 else colours, mode=None if mode != "CMYK" else "CMYK")
