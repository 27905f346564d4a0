"""Copies of a photo among others: the same file, the same pixels, or saved again, made smaller, cropped or brightened a little.

Copies would count as evidence several times: eight copies each of two photos are two photos, not sixteen.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xai_core.audit.places import MOST_PHOTOS
from xai_core.types import ImageInput

#: The least correlation of two photos that are called copies of each other. Measured on the 2,400 validation photos of
#: Stanford Dogs: 6 of 2,878,800 pairs reach it, of which three are one photo saved twice (two of them under two breeds) and
#: three are shots of one dog a moment apart; no pair of different scenes does (the next ones reach 0.911, 0.911 and, the
#: first without anything in common, 0.903). Of 200 photos saved again as JPEG of quality 50 to 90, made two or three times
#: smaller, cropped by up to 5 % on each side, made lighter by up to 25 % or darker by 20 %, or all of these, none is missed;
#: cropped by 8 % on each side, 2.5 % are.
ALIKE = 0.93

_SIDE = 16  # cells of a view
_FINE = 96  # cells of the grey photo that views are cut from
_TINT = 16  # levels by which the mean colour (Cb, Cr) of a copy may differ: up to 9 were measured above
_FLAT = 3.0  # standard deviation in grey levels below which a photo shows nothing that could be compared
#: What is cut off left, above, right and below, as parts of the photo: a cropped copy is like one of these views.
_VIEWS = (
    (0, 0, 0, 0),
    (0.03, 0.03, 0.03, 0.03),
    (0.06, 0.06, 0.06, 0.06),
    (0.06, 0, 0, 0),
    (0, 0.06, 0, 0),
    (0, 0, 0.06, 0),
    (0, 0, 0, 0.06),
)


@dataclass(frozen=True)
class Match:
    """A photo that was there before, and whether it has the very same pixels."""

    number: int
    exact: bool


class SeenPhotos:
    """The photos so far, in which copies are looked for; copies themselves are not kept, so that likeness does not add up."""

    def __init__(self) -> None:
        self._by_digest: dict[str, int] = {}
        self._views = np.zeros((MOST_PHOTOS, len(_VIEWS), _SIDE**2), np.float32)
        self._tints = np.zeros((MOST_PHOTOS, 2), np.float32)
        self._count = 0

    def match(self, image: ImageInput) -> Match | None:
        """Return the photo that this is a copy of; None where it is new, and then it is kept under the next number."""
        pixels = hashlib.sha256(str(image.pixels.shape).encode() + image.pixels.tobytes()).hexdigest()
        for digest in (image.digest, pixels):
            if digest in self._by_digest:
                return Match(self._by_digest[digest], True)
        small = Image.fromarray(image.pixels).resize((_FINE, _FINE), Image.Resampling.BOX).convert("YCbCr")
        views, tint = _views(small.getchannel("Y")), np.asarray(small, np.float32)[..., 1:].mean(axis=(0, 1))
        alike = self._most_alike(views, tint)
        if alike is None:
            self._by_digest[image.digest] = self._by_digest[pixels] = self._count
            self._views[self._count], self._tints[self._count] = views, tint
            self._count += 1
        return alike

    def _most_alike(self, views: np.ndarray, tint: np.ndarray) -> Match | None:
        """Compare whole photos with each other, and the whole of one with the views of the other, where colours are alike."""
        if not self._count:
            return None
        seen = self._views[: self._count]
        likeness = np.maximum((seen @ views[0]).max(axis=1), (seen[:, 0] @ views.T).max(axis=1))
        likeness[np.abs(self._tints[: self._count] - tint).max(axis=1) > _TINT] = 0
        best = int(likeness.argmax())
        return Match(best, False) if likeness[best] >= ALIKE else None


def _views(grey: Image.Image) -> np.ndarray:
    """Return the views of a small grey photo as cells f32[V,256] of mean 0 and length 1; of a flat photo all are 0."""
    views = np.zeros((len(_VIEWS), _SIDE**2), np.float32)
    for number, (left, above, right, below) in enumerate(_VIEWS):
        box = (_FINE * left, _FINE * above, _FINE * (1 - right), _FINE * (1 - below))
        cells = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX, box), np.float32).ravel()
        if cells.std() >= _FLAT:
            cells -= cells.mean()
            views[number] = cells / np.linalg.norm(cells)
    return views
