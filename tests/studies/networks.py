"""A network of a few lines of NumPy with a layer that answers to photos: it measures how striped each place is."""

import dataclasses
import hashlib

import numpy as np

from tests import fakes
from xai_core.classifiers.base import Rule
from xai_core.errors import UnknownNameError

SIZE = (64, 64)
LAYER = "block1_conv1"
_CELL = 8  # px: the layer has a place for each cell
STRIPE_BREED, RED_BREED, ANTI_STRIPE_BREED = 0, 1, 2


class Striped(fakes.Linear):
    """Class 0 rises with the stripes of each place, class 2 falls with them, class 1 rises with red; all bend a little.

    The layer's maps A f64[N,8,8,K] are: 0 how far the light changes in one direction only, 1 how much it changes at all,
    2 to 4 the mean red, green and blue, and further random mixtures of the mean colours and of light's changes.
    The logit of class c is the sum over places of heads[c] . A + bends[c] . A² / 2.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(np.zeros((fakes.CLASSES, *SIZE, 3)))
        generator = np.random.default_rng(seed)
        self._mixtures = generator.normal(size=(6, 10)) / 3
        channels = 5 + self._mixtures.shape[1]
        self.heads = np.zeros((fakes.CLASSES, channels))
        self.heads[STRIPE_BREED, 0], self.heads[ANTI_STRIPE_BREED, 0], self.heads[RED_BREED, 2] = 1, -1, 1
        self.bends = 0.1 * generator.normal(size=self.heads.shape)
        content = self.heads.tobytes() + self.bends.tobytes() + self._mixtures.tobytes()
        described = fakes.spec(SIZE, (LAYER,))
        self.spec = dataclasses.replace(described, weights_digest=hashlib.sha256(content).hexdigest())

    def activations(self, rgb: np.ndarray, layer: str) -> np.ndarray:
        if layer != LAYER:
            raise UnknownNameError(f"There is no layer {layer}.")
        light = rgb.mean(axis=-1, dtype=np.float64)
        down, right = np.gradient(light, axis=1), np.gradient(light, axis=2)
        squares = [_cells(one * other) for one, other in ((down, down), (right, right), (down, right))]
        total = squares[0] + squares[1] + 1e-4
        directed = np.hypot(squares[0] - squares[1], 2 * squares[2]) / total
        colours = [_cells(rgb[..., channel]) for channel in range(3)]
        basic = np.stack([directed, np.sqrt(total) * 5, *colours], axis=-1)
        spread = _cells(light**2) - _cells(light) ** 2
        mixtures = np.maximum(
            np.concatenate([basic[..., 1:], spread[..., np.newaxis], basic[..., :1]], -1) @ self._mixtures, 0
        )
        return np.concatenate([basic, mixtures], axis=-1).astype(np.float32)

    def head(self, activations: np.ndarray) -> np.ndarray:
        """Return the logits f64[N,C] of a layer's outputs."""
        wide = activations.astype(np.float64)
        return wide.sum(axis=(1, 2)) @ self.heads.T + (wide**2).sum(axis=(1, 2)) @ self.bends.T / 2

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return self.head(self.activations(rgb, LAYER)).astype(np.float32)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
    ) -> np.ndarray:
        raise AssertionError("concepts are tested on layers, not on pixels")

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        activations = self.activations(rgb, layer)
        return activations, (self.heads[target] + self.bends[target] * activations).astype(np.float32)


def _cells(values: np.ndarray) -> np.ndarray:
    """Return the means f64[N,8,8] of values f[N,64,64] over cells."""
    count, height, width = values.shape
    return values.reshape(count, height // _CELL, _CELL, width // _CELL, _CELL).mean(axis=(2, 4))
