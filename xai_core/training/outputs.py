"""A network's outputs on more rows than fit in one batch, and where among them the truth ranks."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def outputs(model: "keras.Model", features: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Return the model's outputs f32[N,...] on features [N,...], asked in padded batches: one shape is compiled once."""
    parts = []
    for start in range(0, len(features), batch_size):
        chunk = features[start : start + batch_size]
        padded = np.zeros((batch_size, *features.shape[1:]), np.float32)
        padded[: len(chunk)] = chunk
        parts.append(np.asarray(model.predict_on_batch(padded), np.float32)[: len(chunk)])
    return np.concatenate(parts)


def ranks(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how many classes each row of f32[N,C] puts before its label, i64[N]: 0 is a right answer."""
    found: np.ndarray = (logits > logits[np.arange(len(labels)), labels][:, None]).sum(axis=1)
    return found
