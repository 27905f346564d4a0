"""The completeness axiom: an attribution's values add up to what the photo's logit gained over its reference."""

import numpy as np


def completeness_error(values: np.ndarray, logit: float, reference_logit: float) -> tuple[float, float]:
    """Return (sum of the values minus the difference of the logits, its size as a share of that difference)."""
    gained = logit - reference_logit
    delta = float(values.sum(dtype=np.float64)) - gained
    # Where both logits are the same, any error would be an infinite share of nothing.
    return delta, abs(delta) / max(abs(gained), 1e-6)
