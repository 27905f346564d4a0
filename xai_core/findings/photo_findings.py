"""All findings about one photo, from the results that are available so far."""

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
class MapResult:
    """A map with its scores and its verdict, and the anchor where they are shown."""

    explanation: Explanation
    anchor: str
    scores: AgainstChance | None = None
    verdict: Verdict | None = None

    @property
    def title(self) -> str:
        """The method's title, in the current language."""
        return _(EXPLAINERS[self.explanation.method].info.title)


@dataclass(frozen=True, eq=False)
class NetworkMaps:
    """One network's maps of one breed."""

    spec: ModelSpec
    target: int
    maps: tuple[MapResult, ...]


@dataclass(frozen=True, eq=False)
class MaskingResult:
    """A breed's probability with one window of the photo hidden, and with each of some windows elsewhere hidden.

    Windows are (x, y, size) as for perturbations.occlude, filled with the blurred photo.
    """

    window: tuple[float, float, float]
    after: float
    elsewhere: tuple[tuple[float, float, float], ...]
    after_elsewhere: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class NetworkResult(NetworkMaps):
    """A network's maps with its prediction, and the anchor where that is shown."""

    prediction: Prediction
    anchor: str
    masking: MaskingResult | None = None  # of the window where its maps point most


def map_names(networks: Sequence[NetworkMaps]) -> list[list[str]]:
    """Return unique names for each network's maps: the method, with a number and the network where needed."""
    names = []
    for network in networks:
        counts = Counter(map_.title for map_ in network.maps)
        numbers: Counter[str] = Counter()
        row = []
        for map_ in network.maps:
            numbers[map_.title] += 1
            number = f" {numbers[map_.title]}" if counts[map_.title] > 1 else ""
            row.append(f"{map_.title}{number}{f', {network.spec.title}' if len(networks) > 1 else ''}")
        names.append(row)
    return names


def all_findings(networks: Sequence[NetworkResult], anchor: str, *, dog: np.ndarray | None = None) -> list[Finding]:
    """Return all findings about a photo, those about the predictions first.

    All networks explain the same breed. `anchor` is where maps are compared with each other; `dog` bool[H,W] is a mask of
    the dog, if there is one.
    """
    findings = []
    for network in networks:
        findings += prediction_findings(network.spec.title, network.prediction, network.anchor)
    if len(networks) == 2:
        first, second = networks
        findings += networks_findings(
            (first.spec.title, second.spec.title), (first.prediction, second.prediction), first.anchor
        )
    for network in networks:
        findings += _masking_findings(network)
    return findings + map_findings(networks, anchor, dog=dog)


def map_findings(networks: Sequence[NetworkMaps], anchor: str, *, dog: np.ndarray | None = None) -> list[Finding]:
    """Return the findings about maps, their scores and their verdicts; arguments as for all_findings."""
    named = [
        (name, map_)
        for network, row in zip(networks, map_names(networks), strict=True)
        for name, map_ in zip(row, network.maps, strict=True)
    ]
    if not named:
        return []
    breed = formatting.breed(networks[0].spec.labels[networks[0].target])
    maps = [NamedMap(name, map_.explanation.values, map_.anchor) for name, map_ in named]
    findings = place_findings(maps[0], breed) if len(maps) == 1 else agreement_findings(maps, breed, anchor)
    if dog is not None:
        findings += outside_findings(maps, dog, breed)
    scored = [ScoredMap(name, map_.scores, map_.anchor) for name, map_ in named if map_.scores is not None]
    findings += faithfulness_findings(scored, breed)
    checked = [CheckedMap(name, map_.verdict, map_.anchor) for name, map_ in named if map_.verdict is not None]
    return findings + trust_findings(checked, anchor)


def _masking_findings(network: NetworkResult) -> list[Finding]:
    masking = network.masking
    if masking is None:
        return []
    region = _("the window where the maps of {network} point most").format(network=network.spec.title)
    breed = formatting.breed(network.spec.labels[network.target])
    before = float(network.prediction.probabilities[network.target])
    anchor = f"hidden-{network.anchor}"
    return masking_findings(region, breed, before, masking.after, masking.after_elsewhere, anchor)
