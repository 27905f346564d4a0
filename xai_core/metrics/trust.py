"""Whether a map depends on what the network learned, and whether it stays the same where nothing that matters changed.

Adebayo et al. 2018 (arXiv:1810.03292, section 3.1): weights are replaced by random ones from the output down, and the map
is compared with the original. We deviate in that a few steps of the cascade are taken instead of every layer, and in that
strengths are compared on a grid that people see (agreement.strength_agreement).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_core.i18n.catalogues import N_
from xai_core.maps.agreement import chance_agreement, rank_correlation, strength_agreement
from xai_core.maps.grid import on_grid
from xai_core.metrics.base import Evidence, Metric, Score

#: A map that agrees more than this, and more than by chance, with that of a network of random weights does not show what
#: was learned: half of full agreement, so that most of its order comes from elsewhere. Measured on the sample photo of a
#: German shepherd with the weights of 0.1.0, their upper half and all of them made random (VGG16; InceptionV3): guided
#: backpropagation 0.69 and 0.39; 0.84 and 0.47, DeconvNet 0.89 and 0.54; 0.99 and 0.71, saliency 0.34 and 0.07; 0.64 and
#: 0.48, Integrated Gradients 0.16 and 0.03; 0.36 and 0.24. Grad-CAM has 0.59 and 0.47; 0.14 and 0.28, where chance reaches
#: 0.60 on VGG16, because its map holds so few values: that is why agreement by chance is computed as well.
SURVIVES = 0.5
#: A map that agrees less than this with the map of a photo that looks the same to people is unstable.
UNSTEADY = 0.5

Rating = Literal["trusted", "doubtful", "failed"]


@dataclass(frozen=True)
class Verdict:
    """Whether one map can be trusted, and the two agreements that this was read from."""

    mark: Rating
    reason: Literal["passed", "survives", "unsteady", "empty"]
    sanity: float  # the largest agreement with a random network's map, as `sanity` finds it; NaN where the map is empty
    stability: float  # the lowest agreement among maps of what should not matter; NaN where one of them is empty


def sanity(values: np.ndarray, randomised: Mapping[int, np.ndarray]) -> Score:
    """Return how far a map agrees with those of networks with more and more random parts, by how many parts are random.

    The curve holds the agreement at each step, beginning with the map's with itself. The value is the largest one that is
    more than chance (agreement.chance_agreement), 0 where none is: the output of a network whose upper half is random is chance
    already, and a map that is still there does not explain the output. A random network's map that is the same
    everywhere has kept nothing and counts as 0. NaN where the map itself is the same everywhere.
    """
    return SANITY.score(Evidence(values, randomised=randomised))


def stability(values: np.ndarray, variants: Mapping[str, np.ndarray]) -> Score:
    """Return the lowest rank correlation of a map, signs included, with its variants after changes that should not matter."""
    return STABILITY.score(Evidence(values, variants=variants))


def verdict(sanity: Score, stability: Score) -> Verdict:
    """Return what both scores mean for the map; a map that survives random weights fails, however stable it is.

    A map that is the same everywhere has no order to compare: it is neither trusted nor failed.
    """
    values = sanity.value, stability.value
    if sanity.value > SURVIVES:
        return Verdict("failed", "survives", *values)
    if math.isnan(sanity.value):
        return Verdict("doubtful", "empty", *values)
    if not stability.value >= UNSTEADY:
        return Verdict("doubtful", "unsteady", *values)
    return Verdict("trusted", "passed", *values)


def imperceptibly_noisy(photo: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a photo u8[h,w,3] in which each value is one or two of 255 steps lighter or darker, by chance."""
    generator = np.random.default_rng(seed)
    change = generator.integers(1, 3, photo.shape) * generator.choice([-1, 1], photo.shape)
    return np.clip(photo.astype(np.int64) + change, 0, 255).astype(np.uint8)


def _sanity(evidence: Evidence) -> tuple[float, np.ndarray | None]:
    values, randomised = evidence.values, evidence.randomised
    assert values is not None
    if math.isnan(strength_agreement(values, values)):
        return math.nan, None
    steps = [randomised[parts] for parts in sorted(randomised)]
    agreement = np.nan_to_num([strength_agreement(values, step) for step in steps])
    chance = np.nan_to_num([chance_agreement(values, step) for step in steps])
    value = float(np.where(agreement > chance, agreement, 0).max())
    return max(value, 0.0), np.array([1.0, *agreement], np.float32)


def _stability(evidence: Evidence) -> tuple[float, np.ndarray]:
    values = evidence.values
    assert values is not None
    agreement = [rank_correlation(on_grid(values), on_grid(variant)) for variant in evidence.variants.values()]
    return float(np.min(agreement)), np.array(agreement, np.float32)


SANITY = Metric(
    key="sanity",
    title=N_("Sanity check"),
    sentence=N_("How much a map still looks the same after the network has lost everything it learned."),
    better="lower",
    paper="Adebayo et al. 2018",
    url="https://arxiv.org/abs/1810.03292",
    needs=("values", "randomised"),
    measure=_sanity,
)
STABILITY = Metric(
    key="stability",
    title=N_("Stability"),
    sentence=N_("How much a map stays the same when the photo changes by less than anyone can see."),
    better="higher",
    paper="Alvarez-Melis and Jaakkola 2018",
    url="https://arxiv.org/abs/1806.08049",
    needs=("values", "variants"),
    measure=_stability,
)
