"""Where in the photo the evidence lies, in words."""

from collections.abc import Sequence

import numpy as np

from xai_core.findings.maps import NamedMap
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.maps.consensus import votes
from xai_core.maps.grid import GRID, on_grid, positive_part
from xai_core.maps.location import NINTHS
from xai_core.types import Finding

_HALVES = (N_("in the upper half"), N_("in the lower half"), N_("in the left half"), N_("in the right half"))

#: A ninth of the photo is named where it holds at least a third of the evidence, three times its even share.
NINTH = 1 / 3
#: A half is named where it holds at least two thirds, twice as much as the other one.
HALF = 2 / 3
#: More evidence than this outside the dog is worth a second look: then most of it is not about the dog.
OUTSIDE = 0.5


def place(evidence: np.ndarray) -> tuple[str, float] | None:
    """Return where in the photo most of evidence f[u,v] >= 0 lies, and the share of it there; None where it is spread out.

    The place is one of the photo's ninths, or else one of its halves, as untranslated words ("in the upper left").
    """
    import cv2

    total = float(evidence.sum(dtype=np.float64))
    if total <= 0:
        return None
    ninths = _shares(cv2.resize(evidence.astype(np.float64), (3, 3), interpolation=cv2.INTER_AREA))
    row, column = divmod(int(ninths.argmax()), 3)
    if ninths[row, column] >= NINTH:
        return NINTHS[row][column], float(ninths[row, column])
    quarters = _shares(cv2.resize(evidence.astype(np.float64), (2, 2), interpolation=cv2.INTER_AREA))
    halves = [quarters[0].sum(), quarters[1].sum(), quarters[:, 0].sum(), quarters[:, 1].sum()]
    best = int(np.argmax(halves))
    return (_HALVES[best], float(halves[best])) if halves[best] >= HALF else None


def evidence(values: np.ndarray) -> np.ndarray:
    """Return what a map f32[h,w] or f32[h,w,3] says for the breed, f32[56,56], 0 where it speaks against it."""
    return positive_part(on_grid(values))


def place_findings(one: NamedMap, breed: str) -> list[Finding]:
    """Return where most of a map's evidence for the breed lies, nothing where it is spread out.

    Numbers: "share", the part of the evidence that lies there.
    """
    found = place(evidence(one.values))
    if found is None:
        return []
    text = _("{map}: {share} of what speaks for {breed} lies {place}.").format(
        map=one.name, share=formatting.share(found[1]), breed=breed, place=_(found[0])
    )
    return [Finding(text, {"share": found[1]}, one.about)]


def shared_place_findings(maps: Sequence[NamedMap], breed: str, about: str) -> list[Finding]:
    """Return where the places lie that more than half of the maps count among their strongest fifth.

    Numbers: "share", the part of these places that lies there; "area", how much of the photo these places are.
    """
    agreed = 2 * votes([one.values for one in maps]) > len(maps)
    found = place(agreed.astype(np.float32))
    if found is None:
        return []
    area = float(agreed.mean())
    text = _(
        "For {breed}, more than half of the {count} maps have {area} of the photo in common among their strongest places; "
        "{share} of that lies {place}."
    ).format(
        count=len(maps), area=formatting.share(area), share=formatting.share(found[1]), place=_(found[0]), breed=breed
    )
    return [Finding(text, {"share": found[1], "area": area}, about)]


def outside_findings(maps: Sequence[NamedMap], dog: np.ndarray, breed: str) -> list[Finding]:
    """Return the maps most of whose evidence lies outside the dog bool[H,W], a mask that was found automatically.

    Numbers: "outside", the part of the map's evidence outside the mask; "area", the mask's part of the photo.
    """
    import cv2

    inside = cv2.resize(dog.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
    area = float(inside.mean())
    found = []
    for one in maps:
        said = evidence(one.values)
        if not said.any():
            continue
        outside = 1 - float((said * inside).sum() / said.sum())
        if outside > OUTSIDE:
            text = _(
                "{map}: {outside} of what speaks for {breed} lies outside of what stands out as the dog ({area} of the "
                "photo, found automatically), so look twice."
            ).format(map=one.name, outside=formatting.share(outside), breed=breed, area=formatting.share(area))
            found.append(Finding(text, {"outside": outside, "area": area}, one.about))
    return found


def _shares(parts: np.ndarray) -> np.ndarray:
    return parts / parts.sum()
