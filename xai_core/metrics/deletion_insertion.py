"""Deletion and insertion: how fast a breed's probability falls, or comes back, with the pixels that a map calls strongest.

Petsiuk, Das and Saenko 2018 (RISE, arXiv:1806.07421, section 4.1 and algorithm 1). A curve has a point for each of
K + 1 numbers of pixels, from none to all, at even steps; its area is that of the trapezoids under it. We deviate in one
way: the area is given as a share of the photo's own probability, so that a network that is surer of its answer does not
get a larger area by that alone. Times that probability it is the paper's.
"""

from typing import Literal

import numpy as np

from xai_core.i18n.catalogues import N_
from xai_core.metrics.base import MetricInfo, Score

_PAPER, _URL = "Petsiuk, Das and Saenko 2018", "https://arxiv.org/abs/1806.07421"

DELETION = MetricInfo(
    key="deletion",
    title=N_("Deletion"),
    sentence=N_(
        "How much of the breed's probability is left, on average, while the strongest pixels are hidden first."
    ),
    better="lower",
    paper=_PAPER,
    url=_URL,
)
INSERTION = MetricInfo(
    key="insertion",
    title=N_("Insertion"),
    sentence=N_("How much of the breed's probability is back, on average, while the strongest pixels return first."),
    better="higher",
    paper=_PAPER,
    url=_URL,
)

Kind = Literal["deletion", "insertion"]
KINDS: tuple[Kind, Kind] = ("deletion", "insertion")

#: Squares along each side of a map in random order. Most maps call whole areas strong, and single hidden pixels would
#: be a strange pattern that no photo has, which says nothing about where the evidence lies.
_RANDOM_CELLS = 14


def random_map(seed: int) -> np.ndarray:
    """Return a map f32[14,14 squares] whose squares come in random order, as a map without any knowledge would have it."""
    squares = np.random.default_rng(seed).permutation(_RANDOM_CELLS**2).reshape(_RANDOM_CELLS, _RANDOM_CELLS)
    # Enlarged, so that stretching a map bilinearly does not blur its squares into each other.
    return np.kron(squares, np.ones((16, 16))).astype(np.float32)


def counts(pixels: int, steps: int) -> np.ndarray:
    """Return how many of `pixels` pixels have changed at each point of a curve, i64[steps + 1]."""
    return np.linspace(0, pixels, steps + 1).astype(np.int64)


def exchanged(rgb: np.ndarray, other: np.ndarray, order: np.ndarray, count: int) -> np.ndarray:
    """Return rgb f32[h,w,3] with the first `count` pixels of `order` taken from `other` f32[h,w,3]."""
    changed = rgb.copy().reshape(-1, 3)
    changed[order[:count]] = other.reshape(-1, 3)[order[:count]]
    return changed.reshape(rgb.shape)


def area(curve: np.ndarray) -> float:
    """Return the area under a curve f[K+1] whose points lie evenly on [0, 1]."""
    wide = curve.astype(np.float64)
    return float((wide[:-1] + wide[1:]).mean() / 2)


def score(kind: Kind, probabilities: np.ndarray) -> Score:
    """Return the score of a curve of probabilities f32[K+1]; NaN where the whole photo's probability is 0."""
    info = DELETION if kind == "deletion" else INSERTION
    whole = float(probabilities[0] if kind == "deletion" else probabilities[-1])
    value = area(probabilities) / whole if whole > 0 else float("nan")
    return Score(info.key, value, info.better, probabilities)


def faithfulness(deletion: float, insertion: float) -> float:
    """Return one number for both areas, higher is better: what separates them. 0 is a map that tells nothing apart."""
    return insertion - deletion
