"""All findings about one photo, from whatever is known of it so far."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.classifiers.base import ModelSpec
from xai_core.explainers.registry import EXPLAINERS
from xai_core.findings.agreement import agreement_findings
from xai_core.findings.faithfulness import faithfulness_findings
from xai_core.findings.location import outside_findings, place_findings
from xai_core.findings.maps import CheckedMap, NamedMap, ScoredMap
from xai_core.findings.masking import masking_findings
from xai_core.findings.prediction import networks_findings, prediction_findings
from xai_core.findings.trust import trust_findings
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.metrics.against_chance import AgainstChance
from xai_core.metrics.trust import Verdict
from xai_core.types import Explanation, Finding, Prediction


@dataclass(frozen=True, eq=False)
class KnownMap:
    """A map with what was measured of it, and the place where both are shown."""

    explanation: Explanation
    place: str
    scores: AgainstChance | None = None
    verdict: Verdict | None = None

    @property
    def title(self) -> str:
        """The method's title."""
        return EXPLAINERS[self.explanation.method].info.title


@dataclass(frozen=True, eq=False)
class NetworkMaps:
    """One network's maps of one breed."""

    spec: ModelSpec
    target: int
    maps: tuple[KnownMap, ...]


@dataclass(frozen=True, eq=False)
class Hidden:
    """What a breed's probability became while a window of the photo was hidden, and while windows elsewhere were.

    Windows are (x, y, size) as perturbations.occlude takes them, filled with the photo's own colours blurred.
    """

    window: tuple[float, float, float]
    after: float
    elsewhere: tuple[tuple[float, float, float], ...]
    after_elsewhere: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class KnownNetwork(NetworkMaps):
    """A network's maps with what it makes of the photo, and the place where that is shown."""

    prediction: Prediction
    place: str
    hidden: Hidden | None = None  # the window is where its maps point most


def map_names(networks: Sequence[NetworkMaps]) -> list[list[str]]:
    """Return what sentences call each network's maps: the method, and where that is not clear the network and a number."""
    names = []
    for network in networks:
        often = Counter(one.title for one in network.maps)
        seen: Counter[str] = Counter()
        row = []
        for one in network.maps:
            seen[one.title] += 1
            number = f" {seen[one.title]}" if often[one.title] > 1 else ""
            row.append(f"{one.title}{number}{f', {network.spec.title}' if len(networks) > 1 else ''}")
        names.append(row)
    return names


def findings(networks: Sequence[KnownNetwork], about: str, *, dog: np.ndarray | None = None) -> list[Finding]:
    """Return what the numbers say, the predictions first; nothing that its rule takes for chance.

    The networks are asked about the same photo and breed. `about` is the place of what compares maps; `dog` bool[H,W] a mask
    of the dog where there is one.
    """
    found = []
    for network in networks:
        found += prediction_findings(network.spec.title, network.prediction, network.place)
    if len(networks) == 2:
        first, second = networks
        found += networks_findings(
            (first.spec.title, second.spec.title), (first.prediction, second.prediction), first.place
        )
    for network in networks:
        if network.hidden is not None:
            found += _hidden(network, network.hidden)
    return found + map_findings(networks, about, dog=dog)


def map_findings(networks: Sequence[NetworkMaps], about: str, *, dog: np.ndarray | None = None) -> list[Finding]:
    """Return what the maps and their scores and checks say, as `findings` does."""
    named = [
        (name, one)
        for network, row in zip(networks, map_names(networks), strict=True)
        for name, one in zip(row, network.maps, strict=True)
    ]
    if not named:
        return []
    breed = formatting.breed(networks[0].spec.labels[networks[0].target])
    maps = [NamedMap(name, one.explanation.values, one.place) for name, one in named]
    found = place_findings(maps[0], breed) if len(maps) == 1 else agreement_findings(maps, breed, about)
    if dog is not None:
        found += outside_findings(maps, dog, breed)
    measured = [ScoredMap(name, one.scores, one.place) for name, one in named if one.scores is not None]
    found += faithfulness_findings(measured, breed)
    checked = [CheckedMap(name, one.verdict, one.place) for name, one in named if one.verdict is not None]
    return found + trust_findings(checked, about)


def _hidden(network: KnownNetwork, hidden: Hidden) -> list[Finding]:
    region = _("the window where the maps of {network} point most").format(network=network.spec.title)
    breed = formatting.breed(network.spec.labels[network.target])
    before = float(network.prediction.probabilities[network.target])
    return masking_findings(region, breed, before, hidden.after, hidden.after_elsewhere, f"hidden-{network.place}")
