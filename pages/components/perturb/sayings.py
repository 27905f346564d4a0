"""What was measured, in one sentence each."""

from collections.abc import Sequence

import numpy as np

from pages.components.perturb.charts import amount_text
from xai_core.perturbations import Change
from xai_core.types import Label, Prediction, StudyResult
from xai_core.words import share

_SAME = 0.005  # of probability: less than half a point is no change to speak of


def difference(what: str, before: Prediction, after: Prediction, target: int) -> str:
    """Return how the target's probability and the first choice changed. `what`: "With this part hidden"."""
    breed = before.labels[target].english
    old, new = (float(one.probabilities[target]) for one in (before, after))
    if abs(new - old) < _SAME:
        change = f"{what} the probability of **{breed}** stays at {share(new)}"
    else:
        points = f"{max(round(abs(new - old) * 100), 1)} {'point' if round(abs(new - old) * 100) <= 1 else 'points'}"
        change = (
            f"{what} the probability of **{breed}** {'falls' if new < old else 'rises'} by {points}, "
            f"from {share(old)} to {share(new)}"
        )
    first_before, first_after = (one.labels[one.top(1)[0]].english for one in (before, after))
    if first_before == first_after:
        return f"{change}; the first choice is still {first_after}."
    return f"{change}; the first choice is now **{first_after}** instead of {first_before}."


def curve(change: Change, measured: StudyResult, labels: Sequence[Label], target: int) -> str:
    """Return what the curves show: how often the target wins, where it is least probable, where the maps agree least."""
    arrays, breed = measured.arrays, labels[target].english
    amounts, probabilities, agreement = (arrays[name] for name in ("amounts", "target_probabilities", "agreement"))
    winners = arrays["top"][:, 0]
    wins = int((winners == target).sum())
    times = "every step" if wins == len(winners) else "no step" if wins == 0 else f"{wins} of {len(winners)} steps"
    weakest = int(np.argmin(probabilities))
    first = (
        f"{breed} is the first choice in {times} and least probable at {amount_text(change, amounts[weakest])} "
        f"({share(float(probabilities[weakest]))})"
    )
    if np.isnan(agreement).all():
        return f"{first}; the maps are empty, so there is nothing to compare."
    least = int(np.nanargmin(agreement))
    gaps = "" if not np.isnan(agreement).any() else " Where the agreement has gaps one of the two maps is empty."
    return (
        f"{first}; the map agrees least with that of the unchanged photo at {amount_text(change, amounts[least])} "
        f"({agreement[least]:.2f}).{gaps}"
    )
