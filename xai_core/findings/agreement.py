"""How far maps agree, where, and which of them stands apart."""

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

#: Two maps agree more than by chance where their rank correlation is above what one map and shifted copies of the other
#: reach in 99 of 100 cases; a coarse map reaches much by chance.
CHANCE = 0.99
#: Agreement of all is claimed where at least half of the pairs agree more than by chance; by chance one in a
#: hundred would. With four maps that is three that agree and one apart.
PAIRS = 0.5


@dataclass(frozen=True, eq=False)
class Agreement:
    """The maps' rank correlations f64[n,n], and those that shifted maps reach by chance f64[n,n]; NaN: no order."""

    found: np.ndarray
    chance: np.ndarray

    @property
    def beyond(self) -> np.ndarray:
        """Which pairs agree more than by chance, bool[n,n]; never a map with itself."""
        return (self.found > self.chance) & ~np.eye(len(self.found), dtype=bool)


def agreement(maps: Sequence[np.ndarray]) -> Agreement:
    """Return how far maps f32[h,w] or f32[h,w,3] agree, signs included (consensus.correlations)."""
    found = consensus.correlations(maps)
    chance = np.full(found.shape, np.nan)
    for row in range(len(maps)):
        for column in range(row):
            reached = chance_agreement(maps[row], maps[column], CHANCE, signed=True)
            chance[row, column] = chance[column, row] = reached
    return Agreement(found, chance)


def agreement_findings(maps: Sequence[NamedMap], breed: str, about: str) -> list[Finding]:
    """Return whether the maps agree, what they point at together, and the map that stands apart.

    Numbers: "mean", the mean rank correlation of two maps, with "pairs" and "beyond", how many pairs there are and agree
    more than by chance; the shared place's; and of a map apart "own" and "others", its mean correlation with the others
    and theirs with each other, and "share" where its own evidence has a place.
    """
    if len(maps) < 2:
        return []
    measured = agreement([one.values for one in maps])
    pairs = len(maps) * (len(maps) - 1) // 2
    beyond = int(measured.beyond.sum()) // 2
    apart = _apart(measured)
    findings = []
    if beyond >= PAIRS * pairs:
        mean = consensus.mean_correlation(measured.found)
        text = _(
            "The {count} maps agree to a rank correlation of {mean} on average (1: the same order of places, 0: chance); "
            "{beyond} of {pairs} pairs lie above what shifted maps reach."
        ).format(count=len(maps), mean=formatting.number(mean, 2), beyond=beyond, pairs=pairs)
        findings.append(Finding(text, {"mean": mean, "pairs": pairs, "beyond": beyond}, about))
        findings += shared_place_findings(maps, breed, about)
    if apart is not None:
        findings.append(_outlier(maps, measured, apart, breed))
    return findings


def _apart(measured: Agreement) -> int | None:
    """Return the one map that agrees with no other more than by chance, while all others do with each other."""
    count = len(measured.found)
    alone = [one for one in range(count) if not measured.beyond[one].any()]
    if count < 3 or len(alone) != 1:
        return None
    others = np.delete(np.arange(count), alone[0])
    together = measured.beyond[np.ix_(others, others)]
    return alone[0] if together.sum() == len(others) * (len(others) - 1) else None


def _outlier(maps: Sequence[NamedMap], measured: Agreement, apart: int, breed: str) -> Finding:
    others = np.delete(np.arange(len(maps)), apart)
    own = float(np.nanmean(measured.found[apart, others])) if not np.isnan(measured.found[apart, others]).all() else 0.0
    among = consensus.mean_correlation(measured.found[np.ix_(others, others)])
    numbers = {"own": own, "others": among}
    where = main_place(positive_part(on_grid(maps[apart].values)))
    if where is None:
        text = _(
            "{map} agrees with none of the other maps more than by chance ({own} on average), while they agree with each "
            "other ({others}), so look twice."
        )
        said = text.format(map=maps[apart].name, own=formatting.number(own, 2), others=formatting.number(among, 2))
        return Finding(said, numbers, maps[apart].about)
    text = _(
        "{map} agrees with none of the other maps more than by chance ({own} on average, they with each other {others}): "
        "{share} of what it says for {breed} lies {place}, so look twice."
    )
    said = text.format(
        map=maps[apart].name,
        own=formatting.number(own, 2),
        others=formatting.number(among, 2),
        share=formatting.share(where.share),
        breed=breed,
        place=_(where.name),
    )
    return Finding(said, {**numbers, "share": where.share}, maps[apart].about)
