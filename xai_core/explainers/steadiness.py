"""How far an estimate from random questions can be relied on, judged by two halves of the questions."""

import numpy as np

from xai_core.agreement import rank_correlation

#: An estimate is settled from here on: the estimated rank correlation with what endless questions would give.
SETTLED = 0.95


def steadiness(first: np.ndarray, second: np.ndarray) -> float:
    """Return the estimated rank correlation, in [0, 1], of the mean of two estimates with what both of them estimate.

    The two come from independent halves of the questions and agree to a rank correlation r. Their mean then has the
    reliability 2r / (1 + r) (Spearman 1910, Brown 1910), and the square root of it correlates with the truth. 0 where the
    halves contradict each other or have no order.
    """
    agreement = rank_correlation(first, second)
    return float(np.sqrt(2 * agreement / (1 + agreement))) if agreement > 0 else 0.0
