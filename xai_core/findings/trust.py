"""What the sanity check and the stability check mean for maps. Their thresholds are those of metrics/trust.py."""

from collections.abc import Sequence

from xai_core.findings.maps import Checked
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding


def trust_findings(maps: Sequence[Checked], about: str) -> list[Finding]:
    """Return why maps fail or are unsteady, each in a finding of its own, and how many passed both checks.

    Numbers: "sanity", the largest agreement with a random network's map beyond chance, and "stability", the lowest one with
    a map of what should not matter; or "passed" and "checked", how many maps.
    """
    findings = []
    for one in maps:
        if one.verdict.reason == "survives":
            text = _(
                "{map} looks much the same on a network of random weights (agreement {sanity}), so it does not show what "
                "the network has learned."
            )
        elif one.verdict.reason == "unsteady":
            text = _(
                "{map} changes with noise that nobody sees or with another seed (agreement {stability}), so do not rely on "
                "its details."
            )
        else:
            continue
        found = one.verdict
        said = text.format(
            map=one.name, sanity=formatting.number(found.sanity, 2), stability=formatting.number(found.stability, 2)
        )
        findings.append(Finding(said, {"sanity": found.sanity, "stability": found.stability}, one.about))
    passed = [one for one in maps if one.verdict.reason == "passed"]
    if passed:
        text = _(
            "{passed} of {checked} maps passed both checks: they change when the network forgets, and stay when only "
            "invisible noise changes. That does not prove them right."
        ).format(passed=len(passed), checked=len(maps))
        findings.append(Finding(text, {"passed": len(passed), "checked": len(maps)}, about))
    return findings
