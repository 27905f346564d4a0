"""Where the dog is in a photo: a box by the detector, and inside it an outline by what stands out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.detection import detector, salience
from xai_core.detection.detector import Detection
from xai_core.i18n.catalogues import N_, _
from xai_core.photos.foreground import Box
from xai_core.photos.resizing import shrink
from xai_core.types import ReadOnlyArrays

#: What an answer depends on besides the photo: the two networks, and the rules below, whose version is raised with them.
DIGEST = hashlib.sha256((detector.DIGEST + salience.DIGEST).encode()).hexdigest()
VERSION = 1

#: Scores from which a box counts: of dogs, and of other animals where no dog is boxed. Of 600 training photos 86 % have a
#: dog's box by this, and of 160 photos without dogs 5, which is no more than by 0.3.
LEAST_DOG, LEAST_ANIMAL = 0.2, 0.25
#: How far the two outlines must agree (intersection over union) for their mean to be believed.
LEAST_AGREEMENT = 0.85
#: Of the photo: a smaller dog's outline is coarse, and around a larger one there is nothing to compare it with.
SMALLEST, LARGEST = 0.03, 0.9

_SIDE = 480  # px on the longer side of the outline
_MARGINS = (0.2, 0.35)  # of the box, around it, for the first and for the second outline
_SLACK = 0.03  # of the box: how far the outline may reach over it
_SECOND_DOG = 0.2  # of the first dog's box: a smaller box is a far dog, or a part of the first
_INSIDE = 0.7  # of a box that lies inside another: the two are one dog
_SPECK = 0.02  # of the outline's area: smaller islands and holes are left out

#: Why an outline is not to be relied on.
DOUBTS = {
    "none": N_("No dog was found: the outline is of whatever stands out."),
    "animal": N_("The detector sees another animal here, not a dog."),
    "several": N_("Several dogs were found: the outline is of the largest."),
    "small": N_("The dog is too small in this photo for a sound outline."),
    "large": N_("The dog fills the photo: nothing around it is left to compare with."),
    "unsteady": N_("Two ways to draw the outline disagree."),
}


@dataclass(frozen=True, eq=False)
class DogLocation(ReadOnlyArrays):
    """The dogs in a photo, and the outline of one of them."""

    boxes: np.ndarray  # f32[n,4], left, top, right and bottom edges as shares of the photo; the outlined one first
    animals: tuple[str, ...]  # what the detector takes each for (detector.ANIMALS)
    scores: np.ndarray  # f32[n] in [0, 1], the detector's own, not calibrated
    outline: np.ndarray  # bool[h,w], true on the dog; of the photo at most 480 px on its longer side
    agreement: float  # intersection over union of the two outlines whose mean it is, in [0, 1]
    doubts: tuple[str, ...]  # keys of DOUBTS; empty where the outline can be relied on

    @property
    def share(self) -> float:
        """The outline's share of the photo's area, in [0, 1]."""
        return float(self.outline.mean())

    def reliable(self, *, known_dog: bool = False) -> bool:
        """Return whether shares on the dog may be computed by the outline.

        Black dogs pass for bears and white ones for sheep: an outline of another animal is believed where it is known that
        the photo shows a dog, by the folder of a breed.
        """
        return not self.doubts or (self.doubts == ("animal",) and known_dog)

    @property
    def is_dog(self) -> bool:
        """Whether the detector takes what it found for a dog."""
        return self.animals[:1] == ("dog",)

    def mask(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the outline as bool[H,W] at another size of the photo, `shape` (height, width, ...)."""
        return cv2.resize(self.outline.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) > 0.5

    def sentences(self) -> list[str]:
        """Return why the outline is not to be relied on, in the current language."""
        return [_(DOUBTS[doubt]) for doubt in self.doubts]


def locate(pixels: np.ndarray, box: Box | None = None) -> DogLocation:
    """Return where the dogs are in a photo u8[H,W,3], and the outline of the largest, or of what is inside `box`.

    Boxes come from the detector. The outline is the mean of two maps of what stands out around the box, one of the picture
    with a fifth of the box around it and one mirrored with a third around it, above a half and inside the box; beyond the
    photo's edge its outermost pixels are repeated, so that a dog that fills the photo stands out as well. Where the two
    disagree, the outline is not to be relied on. Raises WeightsError.

    Looked at by eye: see models/salient_object/README.md.
    """
    found = _dogs(detector.detect(pixels))
    if box is None:
        edges = (found[0].left, found[0].top, found[0].right, found[0].bottom) if found else (0.0, 0.0, 1.0, 1.0)
    else:
        edges = (box.left / 100, box.top / 100, box.right / 100, box.bottom / 100)
    small = shrink(pixels, _SIDE)
    maps = [_around(pixels, edges, margin, mirrored) for margin, mirrored in zip(_MARGINS, (False, True), strict=True)]
    size = (small.shape[1], small.shape[0])
    maps = [cv2.resize(one, size, interpolation=cv2.INTER_LINEAR) for one in maps]
    inside = _inside(small.shape, edges)
    first, second = ((one > 0.5) & inside for one in maps)
    union = int((first | second).sum())
    agreement = float((first & second).sum() / union) if union else 0.0
    outline = _without_specks(((maps[0] + maps[1]) / 2 > 0.5) & inside)
    return DogLocation(
        boxes=np.array([(one.left, one.top, one.right, one.bottom) for one in found], np.float32).reshape(-1, 4),
        animals=tuple(one.animal for one in found),
        scores=np.array([one.score for one in found], np.float32),
        outline=outline,
        agreement=agreement,
        doubts=_doubts(found if box is None else [], box is not None, float(outline.mean()), agreement),
    )


def _dogs(detections: Sequence[Detection]) -> list[Detection]:
    """Return the dogs among the detections, the largest first, or else the surest other animal."""
    dogs = [one for one in detections if one.animal == "dog" and one.score >= LEAST_DOG]
    dogs.sort(key=lambda one: -one.area)
    kept: list[Detection] = []
    for dog in dogs:
        if not any(_shared(dog, other) > _INSIDE * dog.area for other in kept):
            kept.append(dog)
    return kept or [one for one in detections if one.score >= LEAST_ANIMAL][:1]


def _shared(one: Detection, other: Detection) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(width, 0.0) * max(height, 0.0)


def _doubts(found: Sequence[Detection], given: bool, share: float, agreement: float) -> tuple[str, ...]:
    doubts = []
    if not found and not given:
        doubts.append("none")
    if found and found[0].animal != "dog":
        doubts.append("animal")
    if len(found) > 1 and found[1].area >= _SECOND_DOG * found[0].area:
        doubts.append("several")
    if share < SMALLEST:
        doubts.append("small")
    if share > LARGEST:
        doubts.append("large")
    if agreement < LEAST_AGREEMENT:
        doubts.append("unsteady")
    return tuple(doubts)


def _around(pixels: np.ndarray, edges: tuple[float, float, float, float], margin: float, mirrored: bool) -> np.ndarray:
    """Return f32[H,W] in [0, 1], what stands out in and around a box of the photo; 0 elsewhere."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = edges
    aside, above = margin * (right - left), margin * (bottom - top)
    left, right = round((left - aside) * width), round((right + aside) * width)
    top, bottom = round((top - above) * height), round((bottom + above) * height)
    inner = pixels[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    beyond = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    window = cv2.copyMakeBorder(inner, *beyond, cv2.BORDER_REPLICATE)
    window = np.ascontiguousarray(window[:, ::-1] if mirrored else window)
    found = salience.salience(window)
    found = found[:, ::-1] if mirrored else found
    result = np.zeros((height, width), np.float32)
    result[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)] = found[
        beyond[0] : found.shape[0] - beyond[1], beyond[2] : found.shape[1] - beyond[3]
    ]
    return result


def _inside(shape: tuple[int, ...], edges: tuple[float, float, float, float]) -> np.ndarray:
    height, width = shape[:2]
    left, top, right, bottom = edges
    aside, above = _SLACK * (right - left), _SLACK * (bottom - top)
    inside = np.zeros((height, width), bool)
    rows = slice(max(0, round((top - above) * height)), max(0, round((bottom + above) * height)))
    columns = slice(max(0, round((left - aside) * width)), max(0, round((right + aside) * width)))
    inside[rows, columns] = True
    return inside


def _without_specks(mask: np.ndarray) -> np.ndarray:
    """Return the mask without islands and holes that are small beside it."""
    least = _SPECK * mask.sum()
    for value in (True, False):
        _count, numbers, statistics, _centres = cv2.connectedComponentsWithStats((mask == value).astype(np.uint8))
        small = statistics[:, cv2.CC_STAT_AREA] < least
        small[0] = False
        mask = np.where(small[numbers], not value, mask)
    return mask
