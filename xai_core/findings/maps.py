"""Maps as the rules take them: with their name in sentences and the anchor where they are shown."""

from dataclasses import dataclass

import numpy as np

from xai_core.metrics.against_chance import AgainstChance
from xai_core.metrics.trust import Verdict


@dataclass(frozen=True, eq=False)
class NamedMap:
    """One map of the photo."""

    name: str  # "Grad-CAM", or "Grad-CAM, VGG16" where there are several networks
    values: np.ndarray  # f32[h,w] or f32[h,w,3]
    anchor: str  # the anchor where the map is shown


@dataclass(frozen=True, eq=False)
class ScoredMap:
    """The scores of one map."""

    name: str
    scores: AgainstChance
    anchor: str


@dataclass(frozen=True, eq=False)
class CheckedMap:
    """The verdict of the trust checks on one map."""

    name: str
    verdict: Verdict
    anchor: str
