"""A network's scores (logits) as probabilities: a leaf that everything above it may use."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities f32[..., C] of logits f32[..., C], computed in double precision."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)
