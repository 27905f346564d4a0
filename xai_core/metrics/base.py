"""What a score is: one number about a map, with the curve it was read from, and which way is better."""

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class MetricInfo:
    """A metric as pages and reports know it."""

    key: str
    title: str
    sentence: str  # what is measured, one plain sentence
    better: Literal["higher", "lower"]
    paper: str
    url: str


@dataclass(frozen=True, eq=False)
class Score:
    """What a metric says of one map; NaN where it can say nothing."""

    metric: str
    value: float
    better: Literal["higher", "lower"]
    curve: np.ndarray | None = None  # f32[K], read by the metric from its first point to its last
