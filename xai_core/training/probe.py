"""A linear layer on frozen features, found by logistic regression: where gentle fine-tuning starts."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def pooled_features(pooling: "keras.Model", features: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Return the outputs f32[N,D] of `pooling` (cached features -> input of the last dense layer) on features [N,u,v,K]."""
    parts = []
    for start in range(0, len(features), batch_size):
        chunk = features[start : start + batch_size]
        padded = np.zeros((batch_size, *features.shape[1:]), np.float32)
        padded[: len(chunk)] = chunk
        parts.append(np.asarray(pooling.predict_on_batch(padded), np.float32)[: len(chunk)])
    return np.concatenate(parts)


def linear_probe(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel f32[D,C] and bias f32[C] of the logistic regression of labels i32[N] on features f32[N,D] (C = 0.003)."""
    from sklearn.linear_model import LogisticRegression

    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    probe = LogisticRegression(C=0.003, max_iter=150).fit((features - mean) / deviation, labels)
    kernel = (probe.coef_ / deviation).T
    return kernel.astype(np.float32), (probe.intercept_ - mean @ kernel).astype(np.float32)
