"""A map's scores beside those of maps in random order, the baseline without knowledge of the photo or the network."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.metrics.base import Evidence, Score
from xai_core.metrics.deletion_insertion import faithfulness
from xai_core.metrics.registry import scores


@dataclass(frozen=True, eq=False)
class AgainstChance:
    """The scores of one map by the metrics' keys, and those of each random order that was measured."""

    scores: Mapping[str, Score]
    random: tuple[Mapping[str, Score], ...] = ()

    def chance(self, metric: str) -> float:
        """Return the random orders' mean score; NaN where there are none."""
        return float(np.mean([scores[metric].value for scores in self.random])) if self.random else math.nan

    def chance_curve(self, metric: str) -> np.ndarray | None:
        """Return the mean of the random orders' curves f32[K]; None where there are none."""
        curves = [curve for scores in self.random if (curve := scores[metric].curve) is not None]
        return np.mean(curves, axis=0) if curves else None

    @property
    def deletion(self) -> Score:
        """The map's deletion."""
        return self.scores["deletion"]

    @property
    def insertion(self) -> Score:
        """The map's insertion."""
        return self.scores["insertion"]

    @property
    def random_deletion(self) -> float:
        """The mean deletion of the random orders; NaN where there are none."""
        return self.chance("deletion")

    @property
    def random_insertion(self) -> float:
        """The mean insertion of the random orders; NaN where there are none."""
        return self.chance("insertion")

    @property
    def gain(self) -> float:
        """The map's faithfulness, insertion minus deletion, less the mean of the random orders'; NaN without any."""
        own = faithfulness(self.deletion.value, self.insertion.value)
        return own - faithfulness(self.random_deletion, self.random_insertion)

    @property
    def spread(self) -> float:
        """The range of the random orders' own faithfulness, the highest less the lowest; NaN below two of them."""
        values = [faithfulness(scores["deletion"].value, scores["insertion"].value) for scores in self.random]
        return max(values) - min(values) if len(values) > 1 else math.nan


def against_chance(own: Mapping[str, np.ndarray], random: Sequence[Mapping[str, np.ndarray]]) -> AgainstChance:
    """Return the scores of a map's curves, as studies.faithfulness.Faithfulness returns them, and of random orders'."""
    return AgainstChance(scores(Evidence(curves=own)), tuple(scores(Evidence(curves=curves)) for curves in random))
