"""The completeness axiom: an attribution's values add up to what the photo's logit gained over its reference."""

import numpy as np

from xai_core.types import Attribution


def completeness_error(values: np.ndarray, logit: float, reference_logit: float) -> tuple[float, float]:
    """Return (sum of the values minus the difference of the logits, its size as a share of that difference)."""
    gained = logit - reference_logit
    delta = float(values.sum(dtype=np.float64)) - gained
    # Where both logits are the same, any error would be an infinite share of nothing.
    return delta, abs(delta) / max(abs(gained), 1e-6)


def attribution_against_reference(values: np.ndarray, logit: float, reference_logit: float) -> Attribution:
    """Return SHAP values with what they should add up to and by how much they miss it, as diagnostics."""
    delta, relative = completeness_error(values, logit, reference_logit)
    return Attribution(
        values.astype(np.float32),
        diagnostics={
            "logit": logit,
            "reference_logit": reference_logit,
            "completeness_delta": delta,
            "relative_delta": relative,
        },
    )
