"""Deletion and insertion of one map beside those of maps in random order, which know nothing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.metrics import deletion_insertion as metric
from xai_core.metrics.base import Score


@dataclass(frozen=True, eq=False)
class AgainstChance:
    """Both scores of one map, and the same of each random order that was measured."""

    deletion: Score
    insertion: Score
    random: tuple[tuple[Score, Score], ...] = ()  # (deletion, insertion) of each random order

    @property
    def random_deletion(self) -> float:
        """The mean deletion of the random orders; NaN where there are none."""
        return _mean([deletion.value for deletion, _ in self.random])

    @property
    def random_insertion(self) -> float:
        """The mean insertion of the random orders; NaN where there are none."""
        return _mean([insertion.value for _, insertion in self.random])

    @property
    def gain(self) -> float:
        """How much more faithful than random order the map is: insertion less deletion, less the same for random order."""
        own = metric.faithfulness(self.deletion.value, self.insertion.value)
        return own - metric.faithfulness(self.random_deletion, self.random_insertion)

    @property
    def spread(self) -> float:
        """How far the random orders' own faithfulness lies apart, the highest less the lowest; NaN below two of them."""
        found = [metric.faithfulness(deletion.value, insertion.value) for deletion, insertion in self.random]
        return max(found) - min(found) if len(found) > 1 else math.nan


def against_chance(own: Mapping[str, np.ndarray], random: Sequence[Mapping[str, np.ndarray]]) -> AgainstChance:
    """Return the scores of a map's curves, as studies.faithfulness.Faithfulness measures them, and of random orders'."""
    deletion, insertion = _scores(own)
    return AgainstChance(deletion, insertion, tuple(_scores(one) for one in random))


def _scores(curves: Mapping[str, np.ndarray]) -> tuple[Score, Score]:
    return metric.score("deletion", curves["deletion"]), metric.score("insertion", curves["insertion"])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
