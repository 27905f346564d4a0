"""Which maps failed the sanity check or the stability check. The thresholds are those of metrics/trust.py."""

from collections.abc import Sequence

from xai_core.findings.maps import CheckedMap
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding


def trust_findings(maps: Sequence[CheckedMap], anchor: str) -> list[Finding]:
    """Return one finding for each map that failed a check, and one with the number of those that passed both.

    Numbers: "sanity" and "stability" (metrics.trust.Verdict), or the counts "passed" and "checked".
    """
    findings = []
    for checked in maps:
        verdict = checked.verdict
        if verdict.reason == "survives":
            sentence = _(
                "{map} looks much the same on a network of random weights (agreement {sanity}), so it does not show what "
                "the network has learned."
            )
        elif verdict.reason == "unsteady":
            sentence = _(
                "{map} changes with noise that nobody sees or with another seed (agreement {stability}), so do not rely on "
                "its details."
            )
        else:
            continue
        text = sentence.format(
            map=checked.name,
            sanity=formatting.number(verdict.sanity, 2),
            stability=formatting.number(verdict.stability, 2),
        )
        findings.append(Finding(text, {"sanity": verdict.sanity, "stability": verdict.stability}, checked.anchor))
    passed = [checked for checked in maps if checked.verdict.reason == "passed"]
    if passed:
        text = _(
            "{passed} of {checked} maps passed both checks: they change when the network forgets, and stay when only "
            "invisible noise changes. That does not prove them right."
        ).format(passed=len(passed), checked=len(maps))
        findings.append(Finding(text, {"passed": len(passed), "checked": len(maps)}, anchor))
    return findings
