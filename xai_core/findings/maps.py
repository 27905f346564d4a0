"""Maps as the rules about several of them take them: with the name that sentences give them and where they are shown."""

from dataclasses import dataclass

import numpy as np

from xai_core.metrics.against_chance import AgainstChance
from xai_core.metrics.trust import Verdict


@dataclass(frozen=True, eq=False)
class NamedMap:
    """One map of the photo."""

    name: str  # "Grad-CAM", or "Grad-CAM, VGG16" where there are several networks
    values: np.ndarray  # f32[h,w] or f32[h,w,3]
    about: str  # the place where the map is shown


@dataclass(frozen=True, eq=False)
class Measured:
    """The scores of one map."""

    name: str
    scores: AgainstChance
    about: str


@dataclass(frozen=True, eq=False)
class Checked:
    """What the checks say of one map."""

    name: str
    verdict: Verdict
    about: str
