"""Regions of a photo (head, body, legs, background) that people mark, and how much of a map's evidence lies on each."""

import base64
import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from xai_core.errors import ParameterError
from xai_core.i18n.catalogues import N_
from xai_core.maps.grid import positive_part, stretch
from xai_core.photos.decoding import squeeze
from xai_core.photos.superpixels import superpixels_of

#: What a superpixel can be marked as, in the order of their numbers. "dog" is a part of the dog not yet marked more closely.
REGIONS = {
    "background": N_("Background"),
    "dog": N_("Dog"),
    "head": N_("Head"),
    "body": N_("Body"),
    "legs": N_("Legs"),
}
KEYS = tuple(REGIONS)
BACKGROUND = KEYS.index("background")

#: Side of the square copy of the photo that is cut into superpixels, the same for all networks: what VGG16 sees.
SIDE = 224
_SUPERPIXELS = 140

#: From this share on, evidence outside the dog is worth a warning: a third is more than a few pixels across the edge.
MUCH_OUTSIDE = 1 / 3


@dataclass(frozen=True, eq=False)
class MarkedRegions:
    """A square copy of a photo cut into superpixels, and the region that each of them is marked as."""

    segments: np.ndarray  # i32[224,224], numbered from 0
    regions: np.ndarray  # u8[n], positions in KEYS

    @property
    def pixel_regions(self) -> np.ndarray:
        """Return u8[224,224], each pixel's position in KEYS."""
        regions: np.ndarray = np.take(self.regions, self.segments)
        return regions

    @property
    def centres(self) -> np.ndarray:
        """Return f64[n,2], a pixel (row, column) of each superpixel that lies near its middle, as shares in [0, 1]."""
        centres = np.empty((len(self.regions), 2))
        for superpixel in range(len(self.regions)):
            pixels = np.argwhere(self.segments == superpixel)
            # The mean itself may lie outside a superpixel that is bent.
            centres[superpixel] = pixels[int(np.abs(pixels - pixels.mean(axis=0)).sum(axis=1).argmin())]
        return (centres + 0.5) / np.array(self.segments.shape)

    def with_region(self, superpixels: Collection[int], region: str) -> "MarkedRegions":
        """Return a copy with these superpixels marked as a region of REGIONS."""
        regions = self.regions.copy()
        regions[list(superpixels)] = KEYS.index(region)
        return dataclasses.replace(self, regions=regions)

    def to_text(self) -> str:
        """Return the superpixels' regions as a short text for addresses, which `from_text` reads.

        The regions are the digits of a number in base 5, after a leading 1 that keeps zeros at the front; its bytes are
        written in URL-safe base 64.
        """
        number = 1
        for digit in self.regions:
            number = number * len(KEYS) + int(digit)
        data = number.to_bytes(math.ceil(number.bit_length() / 8), "big")
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def from_text(self, text: str) -> "MarkedRegions":
        """Return a copy with the regions in a text of `to_text`. Raises ParameterError where it belongs to another photo."""
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
                "The parts in this link belong to another photo; the dog and its background are suggested anew instead."
            )
        return dataclasses.replace(self, regions=np.array(digits[::-1], np.uint8))


@dataclass(frozen=True, eq=False)
class RegionShares:
    """How a map's evidence is divided among the regions, arrays in the order of KEYS."""

    shares: np.ndarray  # f32[5], each region's part of all evidence; sums to 1, all 0 without any evidence
    areas: np.ndarray  # f32[5], each region's part of the photo
    outside: float  # the background's share
    outside_area: float

    @property
    def any_evidence(self) -> bool:
        """Return whether anything on the map speaks for the class."""
        return bool(self.shares.any())

    @property
    def much_outside(self) -> bool:
        """Return whether a third or more of the evidence lies on the background although a dog is marked."""
        return self.outside >= MUCH_OUTSIDE and self.outside_area < 1


def suggest_regions(pixels: np.ndarray, dog: np.ndarray) -> MarkedRegions:
    """Return the dog marked against the background of a photo u8[H,W,3], by an outline bool[h,w] of it.

    A superpixel of which more than half lies inside the outline is the dog. Raises ComputationError for a photo that is all
    alike.
    """
    square = squeeze(pixels, (SIDE, SIDE))
    segments = superpixels_of(square, "slic", count=_SUPERPIXELS)
    stretched = stretch(dog.astype(np.float32), segments.shape)
    inside = np.bincount(segments.ravel(), weights=stretched.ravel()) / np.bincount(segments.ravel())
    return MarkedRegions(segments, np.where(inside > 0.5, KEYS.index("dog"), BACKGROUND).astype(np.uint8))


def region_shares(values: np.ndarray, marked: MarkedRegions) -> RegionShares:
    """Return how much of the evidence of a map f32[u,v] or f32[u,v,3] for its class lies on each region.

    A pixel's evidence is the sum of its channels, where that is above 0; what speaks against the class counts nowhere. A map
    coarser or finer than the superpixels' square is stretched over it bilinearly, as it is drawn.
    """
    evidence = positive_part(stretch(values, marked.segments.shape)).astype(np.float64).ravel()
    regions = marked.pixel_regions.ravel()
    sums = np.bincount(regions, weights=evidence, minlength=len(KEYS))
    areas = np.bincount(regions, minlength=len(KEYS)) / regions.size
    total = float(evidence.sum())
    shares = sums / total if total else np.zeros(len(KEYS))
    return RegionShares(
        shares.astype(np.float32), areas.astype(np.float32), float(shares[BACKGROUND]), float(areas[BACKGROUND])
    )
