"""Which superpixels LIME hides together, and how the package `lime` makes weights of the logits."""

from typing import Any

import numpy as np

from xai_core.explainers.perturbation.hadamard import balanced_rounds
from xai_core.explainers.perturbation.linear_models import RIDGE_PENALTY

#: Of the package's kernel.
_KERNEL_WIDTH = 0.25


def draw_masks(sampling: str, count: int, superpixels: int, generator: np.random.RandomState) -> np.ndarray:
    """Return bool[n,superpixels], True where a superpixel is visible, n at most `count`; the first row shows all of them.

    Each further mask by itself is what the package draws: a fair coin for each superpixel. "independent" tosses them all.
    "balanced" takes them from rounds in which any three superpixels are visible in each of their eight ways equally often
    (`balanced_rounds`), so that other superpixels' weights and what two of them do together hardly leak into a weight (not
    at all but for the kernel; a folded-over design: Plackett and Burman 1946, Box and Wilson 1951). Where `count` is enough
    for all combinations, they are listed once each.
    """
    photo = np.ones((1, superpixels), dtype=bool)
    if sampling == "independent":
        drawn = generator.randint(0, 2, (count, superpixels)).astype(bool)
        return np.concatenate([photo, drawn[1:]])
    if superpixels < 16 and 2**superpixels <= count:
        others = np.arange(2**superpixels - 1)[:, np.newaxis] >> np.arange(superpixels) & 1 == 1
        return np.concatenate([photo, generator.permutation(others)])
    masks = [photo]
    for several in balanced_rounds(superpixels, generator):
        masks.append(several)
        if sum(map(len, masks)) >= count:
            break
    return np.concatenate(masks)[:count]


def number_distinct(visible: np.ndarray) -> np.ndarray:
    """Return i64[n]: a number for each row of visible bool[n,S], the same for equal rows, in order of first appearance."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in visible])


def kernel(visible: np.ndarray) -> np.ndarray:
    """Return the package's weight f64[n] of masks bool[n,S]: sqrt(exp(-d² / 0.25²)), d the cosine distance to the photo."""
    distance = 1 - np.sqrt(visible.mean(axis=1))
    return np.exp(-(distance**2) / (2 * _KERNEL_WIDTH**2))


def weights_of(visible: np.ndarray, logits: np.ndarray, kept: int, regressor: Any) -> tuple[np.ndarray, float]:
    """Return the package's weights f64[S], 0 for superpixels that are not among the `kept`, and the weighted R² of the fit.

    The first of the masks bool[n,S] shows the whole photo. R² is adjusted for the number of weights, as many of them fit
    few logits f64[n] whatever these are; 0 where the logits are too few to tell.
    """
    from lime.lime_base import LimeBase

    base = LimeBase(kernel_fn=lambda importance: importance)
    _, pairs, score, _ = base.explain_instance_with_data(
        visible.astype(float), logits[:, np.newaxis], kernel(visible), 0, kept, model_regressor=regressor
    )
    weights = np.zeros(visible.shape[1])
    for superpixel, weight in pairs:
        weights[superpixel] = weight
    spare = len(visible) - len(pairs) - 1
    return weights, float(1 - (1 - score) * (len(visible) - 1) / spare) if spare > 0 else 0.0


def weights_of_halves(visible: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ridge regression's weights f64[S] from the first and from the second half of the masks bool[n,S].

    The whole photo, the first row, is in neither; pairs of opposites stay together.
    """
    middle = 1 + (len(visible) - 1) // 4 * 2
    return _ridge(visible[1:middle], logits[1:middle]), _ridge(visible[middle:], logits[middle:])


def _ridge(visible: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the weights f64[S] that scikit-learn's Ridge finds with the same penalty and sample weights."""
    importance = kernel(visible)
    centred = visible - np.average(visible, axis=0, weights=importance)
    weighted = (centred * importance[:, np.newaxis]).T
    squares = weighted @ centred + RIDGE_PENALTY * np.eye(visible.shape[1])
    solution: np.ndarray = np.linalg.solve(squares, weighted @ logits)
    return solution
