"""What a method reports about its own map, in sentences: fit, evidence, convergence delta, reliability."""

from collections.abc import Callable, Mapping

from xai_core.i18n.catalogues import _, ngettext
from xai_core.i18n.formatting import number, share

#: A surrogate model that explains less than half of the score's variance is called a poor fit.
_POOR_FIT = 0.5
#: A convergence delta above this share of the score's change is called large.
_LARGE_DELTA = 0.05
#: Below this estimated reliability more steps or samples are recommended.
_HIGH_RELIABILITY = 0.9


def diagnostic_sentences(diagnostics: Mapping[str, float]) -> list[str]:
    """Return one sentence for each diagnostic of an explanation that is meant for users."""
    return [sentence(diagnostics) for name, sentence in _SENTENCES.items() if name in diagnostics]


def _fit(diagnostics: Mapping[str, float]) -> str:
    patches = _("patches")
    if "superpixels" in diagnostics:
        count = round(diagnostics["superpixels"])
        patches = ngettext("{count} patch", "{count} patches", count).format(count=number(count))
    sentence = _("Fit: a simple sum over {patches} accounts for {share} of how the score changes.")
    if diagnostics["fit"] < _POOR_FIT:
        sentence = _(
            "Fit: a simple sum over {patches} accounts for {share} of how the score changes; read it with care."
        )
    return sentence.format(patches=patches, share=share(max(diagnostics["fit"], 0)))


def _positive_share(diagnostics: Mapping[str, float]) -> str:
    if diagnostics.get("all_negative"):
        return _(
            "This layer holds no evidence for the breed, so the map is empty. "
            "On the page Explain, Grad-CAM's setting “Show evidence against” shows what lowers the score."
        )
    return _("Evidence: {share} of what this layer says speaks for the breed.").format(
        share=share(diagnostics["positive_share"])
    )


def _delta(diagnostics: Mapping[str, float]) -> str:
    large = diagnostics["relative_delta"] > _LARGE_DELTA
    if "convergence_delta" not in diagnostics:
        sentence = (
            _("The colours add up to the change of the score to within {share}; more steps or samples make it smaller.")
            if large
            else _("The colours add up to the change of the score to within {share}.")
        )
        return sentence.format(share=share(diagnostics["relative_delta"]))
    sentence = (
        _(
            "Convergence delta {delta}: the colours add up to the change of the score to within {share}; "
            "more steps or samples make it smaller."
        )
        if large
        else _("Convergence delta {delta}: the colours add up to the change of the score to within {share}.")
    )
    return sentence.format(
        delta=number(diagnostics["convergence_delta"], 3, signed=True), share=share(diagnostics["relative_delta"])
    )


def _reliability(diagnostics: Mapping[str, float]) -> str:
    sentence = (
        _(
            "Reliability {reliability}: how alike this map and one from endless questions would order the places, "
            "by estimate (1 = the same); more steps or samples raise it."
        )
        if diagnostics["reliability"] < _HIGH_RELIABILITY
        else _(
            "Reliability {reliability}: how alike this map and one from endless questions would order the places, "
            "by estimate (1 = the same)."
        )
    )
    return sentence.format(reliability=number(diagnostics["reliability"], 2))


_SENTENCES: dict[str, Callable[[Mapping[str, float]], str]] = {
    "fit": _fit,
    "positive_share": _positive_share,
    "relative_delta": _delta,
    "reliability": _reliability,
}
