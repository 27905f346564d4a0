"""Does this look like the photos the network knows? A distance in the space of its last features, made a share of dogs."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Familiarity:
    """Mahalanobis distance to the nearest breed (Lee et al. 2018, arXiv:1807.03888, eq. 2), read as a quantile.

    The features are first scaled to unit length and projected to `projection`'s columns, which also whiten them, so that
    the distance is Euclidean; both deviate from the paper, which uses the features as they are and also inner layers.
    """

    projection: np.ndarray  # f32[D,P]
    means: np.ndarray  # f32[C,P], one a breed, projected
    quantiles: np.ndarray  # f32[Q], distances of the validation photos, rising, at evenly spaced shares from 0 to 1
    threshold: float  # familiarity below this is worth a notice

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return f32[N] in [0, 1] for features f32[N,D]: the share of validation photos that are at least this far away."""
        shares = np.linspace(1, 0, len(self.quantiles), dtype=np.float32)
        return np.interp(self.distances(features), self.quantiles, shares).astype(np.float32)

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Return each photo's squared distance to the nearest breed, f32[N]."""
        points = unit_length(features) @ self.projection
        squares = (points**2).sum(axis=1)[:, None] - 2 * points @ self.means.T + (self.means**2).sum(axis=1)
        return squares.min(axis=1)


def unit_length(features: np.ndarray) -> np.ndarray:
    """Return each row of f32[N,D] divided by its Euclidean norm."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
