"""Deletion and insertion: how fast a class's probability falls, or comes back, with the pixels of a map's largest values.

Petsiuk, Das and Saenko 2018 (RISE, arXiv:1806.07421, section 4.1 and algorithm 1). A curve has a point for each of
K + 1 numbers of pixels, from none to all, at even steps; its area is that of the trapezoids under it. We deviate in one
way: the area is divided by the whole photo's probability, so that a more confident network does not get a larger area by
that alone. Times that probability it is the paper's.
"""

from typing import Literal

import numpy as np

from xai_core.i18n.catalogues import N_
from xai_core.metrics.base import Evidence, Metric, Score

Kind = Literal["deletion", "insertion"]
KINDS: tuple[Kind, Kind] = ("deletion", "insertion")

#: Squares along each side of a map in random order. Most maps are strong over whole areas, and single hidden pixels would
#: be a pattern that no photo has, whose effect on the network has nothing to do with where the evidence lies.
_RANDOM_CELLS = 14


def random_map(seed: int) -> np.ndarray:
    """Return a map f32[224,224] of 14 x 14 squares in random order, the baseline that a map has to beat."""
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
    return (DELETION if kind == "deletion" else INSERTION).score(Evidence(curves={kind: probabilities}))


def faithfulness(deletion: float, insertion: float) -> float:
    """Return insertion minus deletion, higher is better; 0 is a map whose order of pixels makes no difference."""
    return insertion - deletion


def _relative_area(curve: np.ndarray, whole: float) -> tuple[float, np.ndarray]:
    return area(curve) / whole if whole > 0 else float("nan"), curve


def _deletion(evidence: Evidence) -> tuple[float, np.ndarray]:
    curve = evidence.curves["deletion"]
    return _relative_area(curve, float(curve[0]))


def _insertion(evidence: Evidence) -> tuple[float, np.ndarray]:
    curve = evidence.curves["insertion"]
    return _relative_area(curve, float(curve[-1]))


_PAPER, _URL = "Petsiuk, Das and Saenko 2018", "https://arxiv.org/abs/1806.07421"

DELETION = Metric(
    key="deletion",
    title=N_("Deletion"),
    sentence=N_(
        "How much of the breed's probability is left, on average, while the strongest pixels are hidden first."
    ),
    better="lower",
    paper=_PAPER,
    url=_URL,
    needs=("curves",),
    measure=_deletion,
)
INSERTION = Metric(
    key="insertion",
    title=N_("Insertion"),
    sentence=N_("How much of the breed's probability is back, on average, while the strongest pixels return first."),
    better="higher",
    paper=_PAPER,
    url=_URL,
    needs=("curves",),
    measure=_insertion,
)
