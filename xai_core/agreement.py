"""How far two maps agree, whatever their units."""

import numpy as np

#: Values on each side of the grid on which maps are compared. Single pixels are not compared: resampling them would
#: count as disagreement, and people do not see them either.
GRID = 56


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation in [-1, 1] of two arrays of one shape; equal values share their mean rank.

    NaN where there is no order to compare: fewer than two values, or all values of one array equal.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(one, axis=None) for one in (first, second)]
    centred = [one - one.mean() if one.size else one for one in ranks]
    lengths = [float(np.linalg.norm(one)) for one in centred]
    if not all(lengths):
        return float("nan")
    return float(np.clip(centred[0] @ centred[1] / (lengths[0] * lengths[1]), -1, 1))


def on_grid(values: np.ndarray) -> np.ndarray:
    """Return a map f32[h,w] or f32[h,w,3], channels summed, as f32[56,56]: averaged where it is finer, else bilinear."""
    import cv2

    flat = values.sum(axis=-1) if values.ndim == 3 else values
    finer = min(flat.shape) > GRID
    return cv2.resize(flat, (GRID, GRID), interpolation=cv2.INTER_AREA if finer else cv2.INTER_LINEAR)


def strength_agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Return the rank correlation of how strong two maps f32[h,w] or f32[h,w,3] are at each place, whatever their sign.

    Adebayo et al. 2018 (arXiv:1810.03292, section 3.1) compare maps so, with and without the sign; a network with other
    weights gives either sign by chance. Unlike theirs the places are those of `on_grid`. NaN as in `rank_correlation`.
    """
    return rank_correlation(*(np.abs(on_grid(one)) for one in (first, second)))
