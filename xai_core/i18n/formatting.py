"""Numbers as sentences: what a method measured about itself, and how long something takes; names that tell breeds apart.

All of it is said in the current language (see language.py): numbers with its marks, breeds by its names.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from xai_core.explainers.base import Family
from xai_core.i18n.catalogues import N_, _, current_language, ngettext, number_separators
from xai_core.types import Explanation, Label

#: The families of methods by what they are called.
FAMILY_TITLES: dict[Family, str] = {
    "class activation": N_("By class activation"),
    "gradients": N_("By gradients"),
    "perturbation": N_("By perturbation"),
}

#: How the methods of a family ask the network, for people who do not code.
FAMILIES: dict[Family, str] = {
    "class activation": N_(
        "They look at what a layer inside the network responds to, and weigh that by what it does for the breed. "
        "That is quick and calm to look at, but shows areas rather than details."
    ),
    "gradients": N_(
        "They follow the score back through the network to the pixels: which of them would move it if they changed a "
        "little? One question gives a first map; steadier maps take the mean of many."
    ),
    "perturbation": N_(
        "They change the photo, for instance by hiding parts of it, and note how the score of the breed changes. "
        "That is easy to follow and works with any network, but takes hundreds of questions."
    ),
}

_PATCHY_FIT = 0.5
_LARGE_DELTA = 0.05
_STEADY = 0.9


def diagnostics(numbers: Mapping[str, float]) -> list[str]:
    """Return what is worth knowing about a map, one sentence each, for the diagnostics that have words."""
    return [say(numbers) for name, say in _SAYINGS.items() if name in numbers]


def breed(label: Label) -> str:
    """Return what a class is called."""
    return _name(label, current_language())


def breed_names(labels: Sequence[Label]) -> list[str]:
    """Return one name a class; classes of the same name, such as ImageNet's two cranes, get their WordNet ids as well."""
    language = current_language()  # asked once: there may be a thousand classes
    names = [_name(label, language) for label in labels]
    often = Counter(names)
    return [f"{name} ({one.wnid})" if often[name] > 1 else name for name, one in zip(names, labels, strict=True)]


def _name(label: Label, language: str) -> str:
    return label.french if language == "fr" else label.english


def number(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """Return a number with so many decimals: "1,234.5", in French "1\u202f234,5"; with `signed`, "+" before positive ones."""
    rounded = round(value, digits) + 0.0  # what rounds to nothing has no sign: "-0.000" would look like a loss
    written = f"{rounded:+,.{digits}f}" if signed else f"{rounded:,.{digits}f}"
    point, comma = number_separators()
    return written.translate({ord("."): point, ord(","): comma})


def significant(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with so many digits that say something: "0.0123", "4.57", "1,230"; zeros at its end are left out."""
    shown = float(f"{value:.{digits}g}")
    decimals = -int(Decimal(repr(shown)).normalize().as_tuple().exponent)
    return number(shown, max(decimals, 0), signed=signed)


def separators() -> str:
    """Return the marks in numbers as plotly's layout takes them: the one before the decimals, the one between thousands."""
    return "".join(number_separators())


def share(part: float) -> str:
    """Return a part in [0, 1] as people read it; what is tiny is not said to be nothing."""
    if 0 < part < 0.001:
        return _("under {share}").format(share=f"{number(0.1, 1)}\u00a0%")
    whole = round(float(part) * 100, 1)
    return f"{number(whole, 0 if whole.is_integer() else 1)}\u00a0%"


def duration(seconds: float) -> str:
    """Return a time as people say it: "0.4 s", "12 s", "2 min 5 s"."""
    if seconds < 9.95:
        return f"{number(seconds, 1)}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{rest}\u00a0s"


def effort(explanation: Explanation) -> str:
    """Return how often the network was asked and how long that took."""
    asked = ngettext(
        "Asked the network once, in {time}.", "Asked the network {count} times, in {time}.", explanation.evaluations
    )
    return asked.format(count=number(explanation.evaluations), time=duration(explanation.seconds))


def about(seconds: float) -> str:
    """Return how long something will take, as roughly as that is known: "about 12 s", "about 2 min 10 s"."""
    return _("about {time}").format(time=_roughly(seconds)) if _known(seconds) else _("about a second")


def takes(seconds: float | None) -> str:
    """Return "It takes about 12 s." or nothing where that is not known."""
    return "" if seconds is None else _("It takes {about}.").format(about=about(seconds))


def time_left(seconds: float | None) -> str:
    """Return how long someone still has to wait, roughly."""
    if seconds is None:
        return _("Working")
    if seconds < 1:
        return _("Almost done")
    return _("About {time} left").format(time=_roughly(seconds)) if _known(seconds) else _("About a second left")


def _known(seconds: float) -> bool:
    return seconds >= 1.5


def _roughly(seconds: float) -> str:
    step = 1 if seconds < 60 else 10 if seconds < 600 else 60
    minutes, rest = divmod(step * round(seconds / step), 60)
    return "\u00a0".join(f"{count}\u00a0{unit}" for count, unit in ((minutes, "min"), (rest, "s")) if count)


def _fit(numbers: Mapping[str, float]) -> str:
    patches = _("patches")
    if "superpixels" in numbers:
        count = round(numbers["superpixels"])
        patches = ngettext("{count} patch", "{count} patches", count).format(count=number(count))
    sentence = _("Fit: a simple sum over {patches} accounts for {share} of how the score changes.")
    if numbers["fit"] < _PATCHY_FIT:
        sentence = _(
            "Fit: a simple sum over {patches} accounts for {share} of how the score changes; read it with care."
        )
    return sentence.format(patches=patches, share=share(max(numbers["fit"], 0)))


def _positive_share(numbers: Mapping[str, float]) -> str:
    if numbers.get("all_negative"):
        return _(
            "This layer holds no evidence for the breed, so the map is empty. "
            "On the page Explain, Grad-CAM's setting “Show evidence against” shows what lowers the score."
        )
    return _("Evidence: {share} of what this layer says speaks for the breed.").format(
        share=share(numbers["positive_share"])
    )


def _delta(numbers: Mapping[str, float]) -> str:
    large = numbers["relative_delta"] > _LARGE_DELTA
    if "convergence_delta" not in numbers:
        sentence = (
            _("The colours add up to the change of the score to within {share}; more steps or samples make it smaller.")
            if large
            else _("The colours add up to the change of the score to within {share}.")
        )
        return sentence.format(share=share(numbers["relative_delta"]))
    sentence = (
        _(
            "Convergence delta {delta}: the colours add up to the change of the score to within {share}; "
            "more steps or samples make it smaller."
        )
        if large
        else _("Convergence delta {delta}: the colours add up to the change of the score to within {share}.")
    )
    return sentence.format(
        delta=number(numbers["convergence_delta"], 3, signed=True), share=share(numbers["relative_delta"])
    )


def _reliability(numbers: Mapping[str, float]) -> str:
    sentence = (
        _(
            "Reliability {reliability}: how alike this map and one from endless questions would order the places, "
            "by estimate (1 = the same); more steps or samples raise it."
        )
        if numbers["reliability"] < _STEADY
        else _(
            "Reliability {reliability}: how alike this map and one from endless questions would order the places, "
            "by estimate (1 = the same)."
        )
    )
    return sentence.format(reliability=number(numbers["reliability"], 2))


_SAYINGS: dict[str, Callable[[Mapping[str, float]], str]] = {
    "fit": _fit,
    "positive_share": _positive_share,
    "relative_delta": _delta,
    "reliability": _reliability,
}
