"""Findings about where in the photo a map's evidence lies."""

from collections.abc import Sequence

import cv2
import numpy as np

from xai_core.findings.maps import NamedMap
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.maps.consensus import votes
from xai_core.maps.grid import GRID, on_grid, positive_part
from xai_core.maps.location import main_place
from xai_core.types import Finding

#: More evidence than this outside the dog is worth a second look: then most of it is not about the dog.
OUTSIDE = 0.5


def place_findings(map_: NamedMap, breed: str) -> list[Finding]:
    """Return where most of a map's evidence for the breed lies, nothing where it is spread out.

    Numbers: "share", the part of the evidence that lies there.
    """
    place = main_place(positive_part(on_grid(map_.values)))
    if place is None:
        return []
    text = _("{map}: {share} of what speaks for {breed} lies {place}.").format(
        map=map_.name, share=formatting.share(place.share), breed=breed, place=_(place.name)
    )
    return [Finding(text, {"share": place.share}, map_.anchor)]


def shared_place_findings(maps: Sequence[NamedMap], breed: str, anchor: str) -> list[Finding]:
    """Return where most of the cells lie that more than half of the maps count among their strongest fifth.

    Numbers: "share", the part of these cells that lies there; "area", the part of the photo that they are.
    """
    common = 2 * votes([map_.values for map_ in maps]) > len(maps)
    place = main_place(common.astype(np.float32))
    if place is None:
        return []
    area = float(common.mean())
    text = _(
        "For {breed}, more than half of the {count} maps have {area} of the photo in common among their strongest places; "
        "{share} of that lies {place}."
    ).format(
        count=len(maps),
        area=formatting.share(area),
        share=formatting.share(place.share),
        place=_(place.name),
        breed=breed,
    )
    return [Finding(text, {"share": place.share, "area": area}, anchor)]


def outside_findings(maps: Sequence[NamedMap], dog: np.ndarray, breed: str) -> list[Finding]:
    """Return the maps most of whose evidence lies outside the dog bool[H,W], a mask that was found automatically.

    Numbers: "outside", the part of the map's evidence outside the mask; "area", the mask's part of the photo.
    """
    inside = cv2.resize(dog.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
    area = float(inside.mean())
    findings = []
    for map_ in maps:
        evidence = positive_part(on_grid(map_.values))
        if not evidence.any():
            continue
        outside = 1 - float((evidence * inside).sum() / evidence.sum())
        if outside > OUTSIDE:
            text = _(
                "{map}: {outside} of what speaks for {breed} lies outside of the dog's outline ({area} of the photo, found "
                "automatically), so look twice."
            ).format(map=map_.name, outside=formatting.share(outside), breed=breed, area=formatting.share(area))
            findings.append(Finding(text, {"outside": outside, "area": area}, map_.anchor))
    return findings
