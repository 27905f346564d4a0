"""Where a map is strongest, in words and as a share: what someone who does not see the picture needs to know."""

import numpy as np

from xai_core.i18n.catalogues import N_, _
from xai_core.maps.consensus import STRONGEST, strongest_places
from xai_core.maps.grid import GRID, on_grid, positive_part

_PEAK = 0.05  # of the places: those that say where a map is strongest
_WIDE = 0.3  # of the photo's side, as a standard deviation: evenly spread places have 0.29
#: A photo's nine fields, row by row.
NINTHS = (
    (N_("in the upper left"), N_("at the top"), N_("in the upper right")),
    (N_("on the left"), N_("in the middle"), N_("on the right")),
    (N_("in the lower left"), N_("at the bottom"), N_("in the lower right")),
)


def where_strongest(values: np.ndarray) -> str | None:
    """Return where a map f32[h,w] or f32[h,w,3] speaks most for the breed: "in the upper left", in the current language.

    The twentieth of the places that speaks most for it is taken, each weighed by what it says; their mean lies in one of
    nine fields. None where nothing speaks for the breed; "in several places" where they lie as far apart as places
    drawn by lot.
    """
    evidence = np.where(strongest_places(values, _PEAK), positive_part(on_grid(values)), 0).astype(np.float64)
    if not evidence.any():
        return None
    weights = evidence / evidence.sum()
    sides = (np.arange(GRID) + 0.5) / GRID
    means, spreads = [], []
    for axis in (1, 0):  # how much lies in each row, then in each column
        along = weights.sum(axis=axis)
        means.append(float(along @ sides))
        spreads.append(float(along @ (sides - means[-1]) ** 2) ** 0.5)
    if max(spreads) > _WIDE:
        return _("in several places")
    row, column = (min(int(3 * mean), 2) for mean in means)
    return _(NINTHS[row][column])


def share_of_strongest(values: np.ndarray, share: float = STRONGEST) -> float:
    """Return how much of all that speaks for the breed lies in the strongest `share` of the places, in [0, 1].

    A map that is the same everywhere has about `share` there, one that points at a spot nearly 1. NaN where nothing
    speaks for the breed.
    """
    evidence = positive_part(on_grid(values)).astype(np.float64)
    total = float(evidence.sum())
    if not total:
        return float("nan")
    strongest = np.sort(evidence, axis=None)[::-1][: round(share * evidence.size)]
    return float(strongest.sum()) / total
