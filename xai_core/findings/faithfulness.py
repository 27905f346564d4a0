"""Whether maps predict the network's answer better than random orders of the pixels do (deletion and insertion)."""

import math
from collections.abc import Sequence

from xai_core.findings.maps import ScoredMap
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding

#: The smallest gain that counts; it must also exceed the spread of the photo's own random orders. Measured with InceptionV3
#: (weights of 0.1.0) on three sample photos, seven random orders each: insertion minus deletion of these had a standard
#: deviation of 0.10 on two photos, a third of this threshold, and of 0.63 on one whose breed had a low probability, where
#: the spread decides.
LEAST_GAIN = 0.3


def faithfulness_findings(maps: Sequence[ScoredMap], breed: str) -> list[Finding]:
    """Return how many maps are better than random order, with the numbers of the best one, and each that is worse.

    Maps within the spread of the random orders are not mentioned. Numbers of the map that is named: "deletion", "insertion",
    "random_deletion", "random_insertion", "gain" and "spread"; for the best one also the counts "better" and "measured".
    """
    scored = [one for one in maps if not math.isnan(_threshold(one))]
    better = [one for one in scored if one.scores.gain > _threshold(one)]
    findings = []
    if better:
        best = max(better, key=lambda one: one.scores.gain)
        text = _(
            "{better} of {measured} maps foretell the answer better than chance, {map} most of all: with its strongest "
            "pixels hidden first, {deletion} of the probability of {breed} is left on average (random order: "
            "{random_deletion}); with them back first, {insertion} ({random_insertion})."
        )
        findings.append(_finding(text, best, breed, better=len(better), measured=len(scored)))
    for one in scored:
        if one.scores.gain < -_threshold(one):
            text = _(
                "{map} foretells the answer worse than chance: with its strongest pixels hidden first, {deletion} of the "
                "probability of {breed} is left on average (random order: {random_deletion}); with them back first, "
                "{insertion} ({random_insertion}). Do not rely on it here."
            )
            findings.append(_finding(text, one, breed))
    return findings


def _threshold(scored: ScoredMap) -> float:
    """Return the smallest gain that counts; NaN with fewer than two random orders, or where a score is NaN."""
    if math.isnan(scored.scores.gain) or math.isnan(scored.scores.spread):
        return math.nan
    return max(LEAST_GAIN, scored.scores.spread)


def _finding(sentence: str, scored: ScoredMap, breed: str, **counts: int) -> Finding:
    numbers = {
        "deletion": scored.scores.deletion.value,
        "insertion": scored.scores.insertion.value,
        "random_deletion": scored.scores.random_deletion,
        "random_insertion": scored.scores.random_insertion,
    }
    text = sentence.format(
        map=scored.name, breed=breed, **{key: formatting.number(value, 2) for key, value in numbers.items()}, **counts
    )
    return Finding(
        text, {**numbers, "gain": scored.scores.gain, "spread": scored.scores.spread, **counts}, scored.anchor
    )
