"""The results of the page as sentences."""

from collections.abc import Sequence

import numpy as np

from pages.components.perturb.charts import amount_text
from xai_core.i18n.catalogues import _, ngettext
from xai_core.i18n.formatting import breed, number, share
from xai_core.photos.perturbations import Change
from xai_core.studies.robustness import RobustnessResult
from xai_core.types import Label, Prediction

_SAME = 0.005  # of probability: less than half a point is no change to speak of


def difference(what: str, before: Prediction, after: Prediction, target: int) -> str:
    """Return how the target's probability and the first choice changed. `what`: "With this part hidden"."""
    name = breed(before.labels[target])
    old, new = (float(prediction.probabilities[target]) for prediction in (before, after))
    if abs(new - old) < _SAME:
        sentence = _("{what} the probability of **{breed}** stays at {new}")
        points = ""
    else:
        count = max(round(abs(new - old) * 100), 1)
        points = ngettext("{count} point", "{count} points", count).format(count=count)
        sentence = (
            _("{what} the probability of **{breed}** falls by {points}, from {old} to {new}")
            if new < old
            else _("{what} the probability of **{breed}** rises by {points}, from {old} to {new}")
        )
    change = sentence.format(what=what, breed=name, points=points, old=share(old), new=share(new))
    first_before, first_after = (breed(prediction.labels[prediction.top(1)[0]]) for prediction in (before, after))
    if first_before == first_after:
        return _("{change}; the first choice is still {breed}.").format(change=change, breed=first_after)
    return _("{change}; the first choice is now **{breed}** instead of {other}.").format(
        change=change, breed=first_after, other=first_before
    )


def curve(change: Change, result: RobustnessResult, labels: Sequence[Label], target: int) -> str:
    """Return what the curves show: how often the target wins, where it is least probable, where the maps agree least."""
    amounts, probabilities, agreement = result.amounts, result.target_probabilities, result.agreement
    winners = result.top[:, 0]
    wins = int((winners == target).sum())
    weakest = int(np.argmin(probabilities))
    if wins == len(winners):
        sentence = _("{breed} is the first choice in every step and least probable at {amount} ({share})")
    elif wins == 0:
        sentence = _("{breed} is the first choice in no step and least probable at {amount} ({share})")
    else:
        sentence = _("{breed} is the first choice in {count} of {steps} steps and least probable at {amount} ({share})")
    first = sentence.format(
        breed=breed(labels[target]),
        count=wins,
        steps=len(winners),
        amount=amount_text(change, amounts[weakest]),
        share=share(float(probabilities[weakest])),
    )
    if np.isnan(agreement).all():
        return _("{first}; the maps are empty, so there is nothing to compare.").format(first=first)
    least = int(np.nanargmin(agreement))
    whole = _("{first}; the map agrees least with that of the unchanged photo at {amount} ({agreement}).").format(
        first=first, amount=amount_text(change, amounts[least]), agreement=number(agreement[least], 2)
    )
    if not np.isnan(agreement).any():
        return whole
    gaps = _("Where the agreement has gaps one of the two maps is empty.")
    return f"{whole} {gaps}"
