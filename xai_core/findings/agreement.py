"""Whether maps agree, on which part of the photo, and which of them is an outlier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.findings.location import shared_place_findings
from xai_core.findings.maps import NamedMap
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.maps import consensus
from xai_core.maps.agreement import chance_agreement
from xai_core.maps.grid import on_grid, positive_part
from xai_core.maps.location import main_place
from xai_core.types import Finding

#: Two maps agree more than by chance where their rank correlation exceeds this quantile of the correlations of one map
#: with shifted copies of the other; a coarse map reaches a high correlation by chance.
CHANCE = 0.99
#: Maps are said to agree where at least this share of their pairs agrees more than by chance; by chance one pair in a
#: hundred would. Of four maps, three that agree and one outlier are enough.
PAIRS = 0.5


@dataclass(frozen=True, eq=False)
class Agreement:
    """Rank correlations of maps f64[n,n], and the thresholds of chance f64[n,n]; NaN where a map is constant."""

    correlations: np.ndarray
    chance: np.ndarray

    @property
    def beyond(self) -> np.ndarray:
        """Whether each pair agrees more than by chance, bool[n,n]; False on the diagonal."""
        return (self.correlations > self.chance) & ~np.eye(len(self.chance), dtype=bool)


def agreement(maps: Sequence[np.ndarray]) -> Agreement:
    """Return the agreement of maps f32[h,w] or f32[h,w,3], signs included (consensus.correlations)."""
    correlations = consensus.correlations(maps)
    chance = np.full(correlations.shape, np.nan)
    for row in range(len(maps)):
        for column in range(row):
            threshold = chance_agreement(maps[row], maps[column], CHANCE, signed=True)
            chance[row, column] = chance[column, row] = threshold
    return Agreement(correlations, chance)


def agreement_findings(maps: Sequence[NamedMap], breed: str, anchor: str) -> list[Finding]:
    """Return whether the maps agree, which part of the photo they share, and the map that is an outlier.

    Numbers: "mean", the mean rank correlation over all pairs, "pairs", their number, and "beyond", the number of those that
    agree more than by chance; those of shared_place_findings; and for an outlier "own", its mean correlation with the others,
    "others", the mean correlation among these, and "share", as place_findings, where its evidence is concentrated.
    """
    if len(maps) < 2:
        return []
    measured = agreement([named.values for named in maps])
    pairs = len(maps) * (len(maps) - 1) // 2
    beyond = int(measured.beyond.sum()) // 2
    outlier = _outlier(measured)
    findings = []
    if beyond >= PAIRS * pairs:
        mean = consensus.mean_correlation(measured.correlations)
        text = _(
            "The {count} maps agree to a rank correlation of {mean} on average (1: the same order of places, 0: chance); "
            "{beyond} of {pairs} pairs lie above what shifted maps reach."
        ).format(count=len(maps), mean=formatting.number(mean, 2), beyond=beyond, pairs=pairs)
        findings.append(Finding(text, {"mean": mean, "pairs": pairs, "beyond": beyond}, anchor))
        findings += shared_place_findings(maps, breed, anchor)
    if outlier is not None:
        findings.append(_outlier_finding(maps, measured, outlier, breed))
    return findings


def _outlier(measured: Agreement) -> int | None:
    """Return the only map that agrees with no other more than by chance, while all others agree with each other."""
    count = len(measured.correlations)
    isolated = [number for number in range(count) if not measured.beyond[number].any()]
    if count < 3 or len(isolated) != 1:
        return None
    others = np.delete(np.arange(count), isolated[0])
    among_others = measured.beyond[np.ix_(others, others)]
    return isolated[0] if among_others.sum() == len(others) * (len(others) - 1) else None


def _outlier_finding(maps: Sequence[NamedMap], measured: Agreement, outlier: int, breed: str) -> Finding:
    others = np.delete(np.arange(len(maps)), outlier)
    with_others = measured.correlations[outlier, others]
    own = 0.0 if np.isnan(with_others).all() else float(np.nanmean(with_others))
    among_others = consensus.mean_correlation(measured.correlations[np.ix_(others, others)])
    numbers = {"own": own, "others": among_others}
    location = main_place(positive_part(on_grid(maps[outlier].values)))
    values = {
        "map": maps[outlier].name,
        "own": formatting.number(own, 2),
        "others": formatting.number(among_others, 2),
    }
    if location is None:
        text = _(
            "{map} agrees with none of the other maps more than by chance ({own} on average), while they agree with each "
            "other ({others}), so look twice."
        ).format(**values)
        return Finding(text, numbers, maps[outlier].anchor)
    text = _(
        "{map} agrees with none of the other maps more than by chance ({own} on average, they with each other {others}): "
        "{share} of what it says for {breed} lies {place}, so look twice."
    ).format(**values, share=formatting.share(location.share), breed=breed, place=_(location.name))
    return Finding(text, {**numbers, "share": location.share}, maps[outlier].anchor)
