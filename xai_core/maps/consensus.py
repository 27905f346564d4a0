"""What several maps of one photo have in common. All maps f32[u,v] or f32[u,v,3] are brought to the grid of agreement.py.

What a map says is taken for the breed: a place that speaks against it counts as weak, also where it does so strongly.
"""

from collections.abc import Sequence

import numpy as np

from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import GRID, on_grid, positive_part

#: The share of the places that count as a map's strongest.
STRONGEST = 0.2


def correlations(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return the rank correlation of each map with each, f64[n,n]; NaN in the rows of maps that are the same everywhere."""
    grids = [on_grid(one) for one in maps]
    found = np.full((len(grids), len(grids)), np.nan)
    for row, first in enumerate(grids):
        for column, second in enumerate(grids[: row + 1]):
            found[row, column] = found[column, row] = rank_correlation(first, second)
    return found


def mean_correlation(correlations: np.ndarray) -> float:
    """Return the mean over all pairs of two maps, those without an order left out; NaN where no pair is left."""
    pairs = correlations[np.triu_indices(len(correlations), 1)]
    known = pairs[~np.isnan(pairs)]
    return float(known.mean()) if known.size else float("nan")


def strongest_places(values: np.ndarray, share: float = STRONGEST) -> np.ndarray:
    """Return bool[56,56]: the `share` of the places that speak most for the breed. Places that do not at all never count.

    Places equal to the weakest of them count too, so that no superpixel is cut.
    """
    grid = on_grid(values)
    count = round(share * grid.size)
    weakest = np.partition(grid, grid.size - count, axis=None)[grid.size - count]
    return (grid >= weakest) & (grid > 0)


def votes(maps: Sequence[np.ndarray], share: float = STRONGEST) -> np.ndarray:
    """Return i64[56,56]: how many of the maps have each place among their strongest."""
    places = np.stack([strongest_places(one, share) for one in maps])
    return places.sum(axis=0, dtype=np.int64)


def weighted_mean(maps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the consensus f32[56,56], which sums to 1: the mean of what each map says for the breed, by weight.

    Each map is first divided by its own sum over the places that speak for the breed, so that no unit counts more than
    another. A map without such a place, or of weight 0, has no say; all 0 where no map is left. Raises ValueError for a
    negative weight.
    """
    if min(weights, default=0) < 0:
        raise ValueError("weights are not negative")
    total, said = np.zeros((GRID, GRID)), 0.0
    for values, weight in zip(maps, weights, strict=True):
        evidence = positive_part(on_grid(values)).astype(np.float64)
        if evidence.any():
            total += weight * evidence / evidence.sum()
            said += weight
    return (total / said if said else total).astype(np.float32)


def weights(gains: Sequence[float], failed: Sequence[bool]) -> list[float]:
    """Return what maps weigh in the consensus, from how much more faithful than random order each was measured to be.

    A map's weight is its gain: insertion minus deletion, less the same for random order. No gain, or a failed sanity
    check, is no weight; a gain that is not known (NaN) neither. Where no map is left, all weigh the same.
    """
    found = [0.0 if bad or np.isnan(gain) else max(gain, 0.0) for gain, bad in zip(gains, failed, strict=True)]
    return found if any(found) else [1.0] * len(found)


def agreed_everywhere(maps_of_networks: Sequence[Sequence[np.ndarray]], share: float = STRONGEST) -> np.ndarray:
    """Return bool[56,56]: the places among the strongest of more than half of the maps of every network."""
    agreed = np.ones((GRID, GRID), bool)
    for maps in maps_of_networks:
        agreed &= 2 * votes(maps, share) > len(maps)
    return agreed
