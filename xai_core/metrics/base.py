"""What a metric is: a frozen description and a function that makes one number of what was computed about a map."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Better = Literal["higher", "lower"]

#: What a metric reads, by the names of Evidence's fields.
Need = Literal["values", "curves", "randomised", "variants"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was computed about one map of one photo and class, for metrics to read; what was not is None or empty."""

    values: np.ndarray | None = None  # the map, f32[h,w] or f32[h,w,3]
    #: Probabilities of the class f32[K] while pixels are hidden or come back, as studies.faithfulness.Faithfulness has them.
    curves: Mapping[str, np.ndarray] = field(default_factory=dict)
    #: The method's maps of networks with random weights, by how many parts of the network are random.
    randomised: Mapping[int, np.ndarray] = field(default_factory=dict)
    #: The method's maps after changes that should not matter, by what was changed: "noise", "seed".
    variants: Mapping[str, np.ndarray] = field(default_factory=dict)

    def has(self, need: Need) -> bool:
        """Return whether this was computed."""
        part = getattr(self, need)
        return part is not None and len(part) > 0


@dataclass(frozen=True, eq=False)
class Score:
    """A metric's value for one map; NaN where it is not defined."""

    metric: str
    value: float
    better: Better
    curve: np.ndarray | None = None  # f32[K], read by the metric from its first point to its last


@dataclass(frozen=True)
class Metric:
    """A measure of how good a map is, as pages, reports and the command line read it from the registry."""

    key: str
    title: str
    sentence: str  # what is measured, one plain sentence
    better: Better
    paper: str  # "Petsiuk, Das and Saenko 2018"
    url: str
    needs: tuple[Need, ...]
    measure: Callable[[Evidence], tuple[float, np.ndarray | None]] = field(repr=False)  # (value, curve)

    def applies(self, evidence: Evidence) -> bool:
        """Return whether the evidence holds all that the metric needs."""
        return all(evidence.has(need) for need in self.needs)

    def score(self, evidence: Evidence) -> Score:
        """Return the map's score. Raises ValueError where the metric does not apply to the evidence."""
        if not self.applies(evidence):
            raise ValueError(f"{self.key} needs {', '.join(self.needs)}")
        value, curve = self.measure(evidence)
        return Score(self.key, value, self.better, curve)
