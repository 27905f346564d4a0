"""How far two maps agree, whatever their units."""

import numpy as np


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
