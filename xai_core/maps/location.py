"""Where in the photo a map's evidence for the class lies: as a name, as a share and as a box."""

from dataclasses import dataclass

import cv2
import numpy as np

from xai_core.errors import ComputationError
from xai_core.i18n.catalogues import N_, _
from xai_core.maps.consensus import STRONGEST
from xai_core.maps.grid import on_grid, positive_part, stretch
from xai_core.photos.foreground import Box

_NINTHS = (
    (N_("in the upper left"), N_("at the top"), N_("in the upper right")),
    (N_("on the left"), N_("in the middle"), N_("on the right")),
    (N_("in the lower left"), N_("at the bottom"), N_("in the lower right")),
)
_HALVES = (N_("in the upper half"), N_("in the lower half"), N_("in the left half"), N_("in the right half"))

#: A ninth of the photo is named where it holds at least a third of the evidence, three times its even share.
NINTH = 1 / 3
#: A half is named where it holds at least two thirds, twice as much as the other one.
HALF = 2 / 3

# Of `box_around_strongest`.
_BOX_GRID = 64
_LEAST_OF_BOX = 0.3  # of the largest value
_ROOM = 12  # % of the photo around it: the evidence lies on the head, the body reaches further


@dataclass(frozen=True)
class Place:
    """A named part of the photo, and the share in [0, 1] of the evidence that lies in it."""

    name: str  # untranslated: "in the upper left"
    share: float


def main_place(evidence: np.ndarray) -> Place | None:
    """Return the part of the photo in which most of evidence f[u,v] >= 0 lies; None without any, or where it is spread out.

    It is the ninth that holds most, if that is at least a third and no ninth apart from it (not even a corner in common)
    holds a third as well; else the half that holds most, if that is at least two thirds. Both the findings and the texts
    that describe a picture name places by this rule: unlike a centre of mass it never names a place without evidence, and
    the share can be stated beside the name.
    """
    total = float(evidence.sum(dtype=np.float64))
    if total <= 0:
        return None
    ninths = _shares(evidence, 3)
    row, column = divmod(int(ninths.argmax()), 3)
    rows, columns = np.nonzero(ninths >= NINTH)
    if len(rows) and max(abs(rows - row).max(), abs(columns - column).max()) < 2:
        return Place(_NINTHS[row][column], float(ninths[row, column]))
    quarters = _shares(evidence, 2)
    halves = [quarters[0].sum(), quarters[1].sum(), quarters[:, 0].sum(), quarters[:, 1].sum()]
    best = int(np.argmax(halves))
    return Place(_HALVES[best], float(halves[best])) if halves[best] >= HALF else None


def where_strongest(values: np.ndarray) -> str | None:
    """Return where most of a map's evidence lies, as text in the current language: "in the upper left".

    "in several places" where `main_place` names none, None where nothing speaks for the class. The map is f32[h,w] or
    f32[h,w,3].
    """
    evidence = positive_part(on_grid(values))
    if not evidence.any():
        return None
    place = main_place(evidence)
    return _("in several places") if place is None else _(place.name)


def share_of_strongest(values: np.ndarray, share: float = STRONGEST) -> float:
    """Return the share in [0, 1] of a map's evidence that lies in the strongest `share` of the grid's cells.

    It is about `share` for a map that is the same everywhere and nearly 1 for one that points at a spot. NaN where nothing
    speaks for the class.
    """
    evidence = positive_part(on_grid(values)).astype(np.float64)
    total = float(evidence.sum())
    if not total:
        return float("nan")
    strongest = np.sort(evidence, axis=None)[::-1][: round(share * evidence.size)]
    return float(strongest.sum()) / total


def box_around_strongest(values: np.ndarray) -> Box:
    """Return the box around the connected area that holds a map's largest value, with some room around it.

    The map is f32[h,w] or f32[h,w,3]; what speaks against the class does not count. The area is where the evidence is at
    least 30 % of its largest value. Raises ComputationError where nothing speaks for the class.
    """
    evidence = stretch(positive_part(values), (_BOX_GRID, _BOX_GRID))
    if not evidence.any():
        raise ComputationError(
            "Nothing in this map speaks for the breed, so it shows no place to cut out; set the box by hand."
        )
    _count, areas = cv2.connectedComponents((evidence >= _LEAST_OF_BOX * evidence.max()).astype(np.uint8))
    rows, columns = np.nonzero(areas == areas.ravel()[evidence.argmax()])
    step = 100 / _BOX_GRID
    return Box(
        left=max(0, round(columns.min() * step - _ROOM)),
        top=max(0, round(rows.min() * step - _ROOM)),
        right=min(100, round((columns.max() + 1) * step + _ROOM)),
        bottom=min(100, round((rows.max() + 1) * step + _ROOM)),
    )


def _shares(evidence: np.ndarray, side: int) -> np.ndarray:
    """Return the share of the evidence in each of side x side equal parts of the photo, f64[side,side]."""
    parts = cv2.resize(evidence.astype(np.float64), (side, side), interpolation=cv2.INTER_AREA)
    return parts / parts.sum()
