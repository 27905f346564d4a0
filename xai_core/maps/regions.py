"""Parts of a photo (head, body, legs, background) that people mark, and how much of a map's evidence lies on each."""

import base64
import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from xai_core.errors import ComputationError, ParameterError
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import positive_part, stretch
from xai_core.photos.decoding import squeeze
from xai_core.photos.foreground import Box, foreground_mask
from xai_core.photos.superpixels import superpixels_of
from xai_core.types import Measurements

#: What a superpixel can be marked as, in the order of their numbers. "dog" is a part of the dog that is not told apart.
REGIONS = {
    "background": N_("Background"),
    "dog": N_("Dog"),
    "head": N_("Head"),
    "body": N_("Body"),
    "legs": N_("Legs"),
}
KEYS = tuple(REGIONS)

#: Side of the square copy of the photo that is cut into superpixels, the same for all networks: what VGG16 sees.
SIDE = 224
_COUNT = 140

#: From this share on the evidence outside the dog is worth a warning: a third of it is more than a few pixels across the edge.
MUCH_OUTSIDE = 1 / 3

#: The box in which a dog is looked for where nobody said more, in %: most photos of a dog show all of it.
_USUAL_BOX = Box(2, 2, 98, 98)


@dataclass(frozen=True, eq=False)
class Parts:
    """A square copy of a photo cut into superpixels, and what each of them shows."""

    segments: np.ndarray  # i32[224,224], numbered from 0
    regions: np.ndarray  # u8[n], positions in KEYS

    @property
    def map(self) -> np.ndarray:
        """Return u8[224,224], each pixel's position in KEYS."""
        regions: np.ndarray = np.take(self.regions, self.segments)
        return regions

    @property
    def centres(self) -> np.ndarray:
        """Return f64[n,2], a pixel (row, column) of each superpixel that lies near its middle, as shares in [0, 1]."""
        found = np.empty((len(self.regions), 2))
        for one in range(len(self.regions)):
            places = np.argwhere(self.segments == one)
            # The mean itself may lie outside of a superpixel that is bent.
            found[one] = places[int(np.abs(places - places.mean(axis=0)).sum(axis=1).argmin())]
        return (found + 0.5) / np.array(self.segments.shape)

    def marked(self, superpixels: Collection[int], region: str) -> "Parts":
        """Return the same with these superpixels marked as a region of REGIONS."""
        regions = self.regions.copy()
        regions[list(superpixels)] = KEYS.index(region)
        return dataclasses.replace(self, regions=regions)

    def written(self) -> str:
        """Return what every superpixel shows as a short text for addresses; `read` takes it back."""
        digits = [int(one) for one in self.regions]
        number = 1  # kept in front, so that leading zeros count
        for digit in digits:
            number = number * len(KEYS) + digit
        data = number.to_bytes(math.ceil(number.bit_length() / 8), "big")
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def read(self, text: str) -> "Parts":
        """Return the same with what a text of `written` says. Raises ParameterError where it belongs to another photo."""
        try:
            number = int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
        except ValueError:
            number = 0
        digits: list[int] = []
        while number > 1 and len(digits) <= len(self.regions):
            number, digit = divmod(number, len(KEYS))
            digits.append(digit)
        if number != 1 or len(digits) != len(self.regions):
            raise ParameterError(
                "The link's parts belong to another photo; the dog is told from the background instead."
            )
        return dataclasses.replace(self, regions=np.array(digits[::-1], np.uint8))


def suggested(pixels: np.ndarray) -> tuple[Parts, bool]:
    """Return the parts of a photo u8[H,W,3], dog against background as `cutout` finds them, and whether it found a dog.

    Where nothing stands out everything is background. Raises ComputationError for a photo that is all alike.
    """
    square = squeeze(pixels, (SIDE, SIDE))
    segments = superpixels_of(square, "slic", count=_COUNT)
    try:
        dog = foreground_mask(np.rint(square * 255).astype(np.uint8), _USUAL_BOX)
    except (ComputationError, ParameterError):
        return Parts(segments, np.zeros(int(segments.max()) + 1, np.uint8)), False
    inside = np.bincount(segments.ravel(), weights=dog.ravel()) / np.bincount(segments.ravel())
    return Parts(segments, np.where(inside > 0.5, KEYS.index("dog"), KEYS.index("background")).astype(np.uint8)), True


def evidence(values: np.ndarray, parts: Parts) -> Measurements:
    """Return how much of what a map f32[u,v] or f32[u,v,3] says for its class lies on each region.

    A pixel's evidence is the sum of its channels, where that is above 0; what speaks against the class counts nowhere. A map
    coarser or finer than the parts is stretched over them bilinearly, as it is drawn. Arrays, in the order of KEYS: "share"
    f32[5], the region's part of all evidence, sums to 1 (all 0 where nothing speaks for the class); "area" f32[5], its part of
    the photo. Numbers: "any", 1 where something speaks for the class; "outside", the background's share; "outside_area";
    "much_outside", 1 where "outside" is a third or more and a dog is marked at all.
    """
    positive = positive_part(stretch(values, parts.segments.shape)).astype(np.float64).ravel()
    where = parts.map.ravel()
    sums = np.bincount(where, weights=positive, minlength=len(KEYS))
    areas = np.bincount(where, minlength=len(KEYS)) / where.size
    total = float(positive.sum())
    shares = sums / total if total else np.zeros(len(KEYS))
    background = KEYS.index("background")
    outside, outside_area = float(shares[background]), float(areas[background])
    return Measurements(
        arrays={"share": shares.astype(np.float32), "area": areas.astype(np.float32)},
        numbers={
            "any": float(total > 0),
            "outside": outside,
            "outside_area": outside_area,
            "much_outside": float(outside >= MUCH_OUTSIDE and outside_area < 1),
        },
    )
