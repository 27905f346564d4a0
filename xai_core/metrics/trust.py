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
from xai_core.metrics.base import MetricInfo, Score

SANITY = MetricInfo(
    key="sanity",
    title=N_("Sanity check"),
    sentence=N_("How much a map still looks the same after the network has lost everything it learned."),
    better="lower",
    paper="Adebayo et al. 2018",
    url="https://arxiv.org/abs/1810.03292",
)
STABILITY = MetricInfo(
    key="stability",
    title=N_("Stability"),
    sentence=N_("How much a map stays the same when the photo changes by less than anyone can see."),
    better="higher",
    paper="Alvarez-Melis and Jaakkola 2018",
    url="https://arxiv.org/abs/1806.08049",
)

#: A map that agrees more than this, and more than by chance, with that of a network of random weights does not show what
#: was learned: half of full agreement, so that most of its order comes from elsewhere. Measured on the sample photo of a
#: German shepherd, with the upper half and with all of the weights random (VGG16; InceptionV3): guided backpropagation 0.69
#: and 0.39; 0.84 and 0.47, DeconvNet 0.89 and 0.54; 0.99 and 0.71, saliency 0.34 and 0.07; 0.64 and 0.48, Integrated
#: Gradients 0.16 and 0.03; 0.36 and 0.24. Grad-CAM has 0.59 and 0.47; 0.14 and 0.28, where chance reaches 0.60 on VGG16,
#: because its map holds so few values: that is why chance is asked as well.
SURVIVES = 0.5
#: A map that agrees less than this with that of a photo nobody can tell apart from the first is not steady.
UNSTEADY = 0.5

Mark = Literal["trusted", "doubtful", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What the checks say of one map."""

    mark: Mark
    reason: Literal["passed", "survives", "unsteady", "empty"]
    sanity: float  # the largest agreement with a random network's map, as `sanity` finds it; NaN where the map is empty
    stability: float  # the lowest agreement among maps of what should not matter; NaN where one of them is empty


def sanity(values: np.ndarray, randomised: Mapping[int, np.ndarray]) -> Score:
    """Return how far a map agrees with those of networks with more and more random parts, by how many parts are random.

    The curve holds the agreement at each step, beginning with the map's with itself. The value is the largest one that is
    more than chance (agreement.chance_agreement), 0 where none is: a network whose upper half is random answers by chance
    already, and a map that is still there does not explain the answer. A random network's map that is the same
    everywhere has kept nothing and counts as 0. NaN where the map itself is the same everywhere.
    """
    if math.isnan(strength_agreement(values, values)):
        return Score(SANITY.key, math.nan, SANITY.better)
    steps = [randomised[parts] for parts in sorted(randomised)]
    agreement = np.nan_to_num([strength_agreement(values, one) for one in steps])
    chance = np.nan_to_num([chance_agreement(values, one) for one in steps])
    value = float(np.where(agreement > chance, agreement, 0).max())
    return Score(SANITY.key, max(value, 0.0), SANITY.better, np.array([1.0, *agreement], np.float32))


def stability(values: np.ndarray, others: Mapping[str, np.ndarray]) -> Score:
    """Return the lowest rank correlation of a map, signs included, with those of what should not matter."""
    agreement = [rank_correlation(on_grid(values), on_grid(other)) for other in others.values()]
    return Score(STABILITY.key, float(np.min(agreement)), STABILITY.better, np.array(agreement, np.float32))


def verdict(survived: Score, steady: Score) -> Verdict:
    """Return what both scores mean for the map; a map that survives random weights fails whatever else it does.

    Of a map that is the same everywhere nothing is claimed: it has no order to compare.
    """
    found = survived.value, steady.value
    if found[0] > SURVIVES:
        return Verdict("failed", "survives", *found)
    if math.isnan(found[0]):
        return Verdict("doubtful", "empty", *found)
    if not found[1] >= UNSTEADY:
        return Verdict("doubtful", "unsteady", *found)
    return Verdict("trusted", "passed", *found)


def imperceptibly_noisy(photo: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a photo u8[h,w,3] in which each value is one or two of 255 steps lighter or darker, by chance."""
    generator = np.random.default_rng(seed)
    change = generator.integers(1, 3, photo.shape) * generator.choice([-1, 1], photo.shape)
    return np.clip(photo.astype(np.int64) + change, 0, 255).astype(np.uint8)
