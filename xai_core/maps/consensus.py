"""What several maps of one photo have in common, on the grid of maps/grid.py.

Maps are f32[u,v] or f32[u,v,3]. Only evidence for the class counts: a cell that speaks against it is weak, however strongly.
"""

from collections.abc import Sequence

import numpy as np

from xai_core.maps.agreement import rank_correlation
from xai_core.maps.grid import GRID, on_grid, positive_part

#: The share of the grid's cells that count as a map's strongest.
STRONGEST = 0.2


def correlations(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return the rank correlation of each map with each, f64[n,n]; NaN in the rows of maps that are the same everywhere."""
    grids = [on_grid(values) for values in maps]
    matrix = np.full((len(grids), len(grids)), np.nan)
    for row, first in enumerate(grids):
        for column, second in enumerate(grids[: row + 1]):
            matrix[row, column] = matrix[column, row] = rank_correlation(first, second)
    return matrix


def mean_correlation(correlations: np.ndarray) -> float:
    """Return the mean over all pairs of two maps without those that are NaN; NaN where no pair is left."""
    pairs = correlations[np.triu_indices(len(correlations), 1)]
    pairs = pairs[~np.isnan(pairs)]
    return float(pairs.mean()) if pairs.size else float("nan")


def strongest_cells(values: np.ndarray, share: float = STRONGEST) -> np.ndarray:
    """Return bool[56,56]: the `share` of the cells with most evidence for the class. Cells without any never count.

    Cells equal to the weakest of them count too, so that no superpixel is cut.
    """
    grid = on_grid(values)
    count = round(share * grid.size)
    weakest = np.partition(grid, grid.size - count, axis=None)[grid.size - count]
    return (grid >= weakest) & (grid > 0)


def votes(maps: Sequence[np.ndarray], share: float = STRONGEST) -> np.ndarray:
    """Return i64[56,56]: how many of the maps have each cell among their strongest."""
    return np.stack([strongest_cells(values, share) for values in maps]).sum(axis=0, dtype=np.int64)


def weighted_mean(maps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the consensus f32[56,56], which sums to 1: the weighted mean of the maps' evidence for the class.

    Each map is first divided by the sum of its evidence, so that no unit counts more than another. A map without
    evidence, or of weight 0, does not count; all 0 where no map is left. Raises ValueError for a negative weight.
    """
    if min(weights, default=0) < 0:
        raise ValueError("weights are not negative")
    total, total_weight = np.zeros((GRID, GRID)), 0.0
    for values, weight in zip(maps, weights, strict=True):
        evidence = positive_part(on_grid(values)).astype(np.float64)
        if evidence.any():
            total += weight * evidence / evidence.sum()
            total_weight += weight
    return (total / total_weight if total_weight else total).astype(np.float32)


def weights(gains: Sequence[float], failed: Sequence[bool]) -> list[float]:
    """Return the maps' weights in the consensus: their gain in faithfulness over random order, at least 0.

    The gain is insertion minus deletion, less the same for random order. A map that failed a sanity check, or whose gain
    is not known (NaN), has weight 0. Where all would have weight 0, all have weight 1.
    """
    gained = [0.0 if bad or np.isnan(gain) else max(gain, 0.0) for gain, bad in zip(gains, failed, strict=True)]
    return gained if any(gained) else [1.0] * len(gained)


def agreed_everywhere(maps_of_networks: Sequence[Sequence[np.ndarray]], share: float = STRONGEST) -> np.ndarray:
    """Return bool[56,56]: the cells among the strongest of more than half of the maps of every network."""
    agreed = np.ones((GRID, GRID), bool)
    for maps in maps_of_networks:
        agreed &= 2 * votes(maps, share) > len(maps)
    return agreed
