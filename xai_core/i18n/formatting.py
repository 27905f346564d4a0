"""Numbers, durations and breed names as text in the current language (see catalogues.py)."""

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from xai_core.i18n.catalogues import _, current_language, ngettext, number_separators
from xai_core.types import Explanation, Label, StudyOutput

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

#: Estimates below this many seconds are all called "about a second".
_SHORTEST_ESTIMATE = 1.5


def breed(label: Label) -> str:
    """Return the name of a class."""
    return _name(label, current_language())


def names_of(label: Label) -> tuple[str, ...]:
    """Return all that a class may be called by: WordNet id, English, French and the current language's name."""
    return label.wnid, label.english, label.french, breed(label)


def breed_names(labels: Sequence[Label]) -> list[str]:
    """Return one unique name per class: ImageNet's two cranes, which share a name, get their WordNet ids as well."""
    language = current_language()  # looked up once: there may be a thousand classes
    names = [_name(label, language) for label in labels]
    counts = Counter(names)
    return [f"{name} ({label.wnid})" if counts[name] > 1 else name for name, label in zip(names, labels, strict=True)]


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Return a number with a fixed count of decimals: "1,234.5", in French "1\u202f234,5"; `signed` adds "+" from 0 on."""
    rounded = round(value, decimals) + 0.0  # adding 0 removes the sign of -0.0, which would look like a decrease
    if not math.isfinite(rounded):
        return f"{rounded:+f}" if signed else f"{rounded:f}"
    pattern, locale = _number_pattern(current_language(), decimals, signed)
    # Babel rounds the shortest decimal form of a float, Python its exact value: rounded here, both give the same digits.
    return pattern.apply(Decimal(f"{rounded:.{decimals}f}"), locale)


def significant(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with so many significant digits, trailing zeros removed: "0.0123", "4.57", "1,230"."""
    rounded = float(f"{value:.{digits}g}")
    decimals = -int(Decimal(repr(rounded)).normalize().as_tuple().exponent)
    return number(rounded, max(decimals, 0), signed=signed)


def separators() -> str:
    """Return the decimal and the thousands separator as plotly's `layout.separators` expects them."""
    return "".join(number_separators())


def share(part: float) -> str:
    """Return a part in [0, 1] as a percentage with at most one decimal; "under 0.1 %" for a positive part below that."""
    if 0 < part < 0.001:
        return _("under {share}").format(share=f"{number(0.1, 1)}\u00a0%")
    percent = round(float(part) * 100, 1)
    return f"{number(percent, 0 if percent.is_integer() else 1)}\u00a0%"


def duration(seconds: float) -> str:
    """Return a measured time: "0.4 s", "12 s", "2 min 5 s"."""
    if seconds < 9.95:
        return f"{number(seconds, 1)}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{rest}\u00a0s"


def effort(answer: Explanation | StudyOutput) -> str:
    """Return how often the network was evaluated and how long that took."""
    sentence = ngettext(
        "Asked the network once, in {time}.", "Asked the network {count} times, in {time}.", answer.evaluations
    )
    return sentence.format(count=number(answer.evaluations), time=duration(answer.seconds))


def about(seconds: float) -> str:
    """Return an estimated time, coarsely rounded: "about 12 s", "about 2 min 10 s"."""
    if seconds < _SHORTEST_ESTIMATE:
        return _("about a second")
    return _("about {time}").format(time=_rounded_duration(seconds))


def takes(seconds: float | None) -> str:
    """Return "It takes about 12 s.", or an empty string where no estimate is available."""
    return "" if seconds is None else _("It takes {about}.").format(about=about(seconds))


def time_left(seconds: float | None) -> str:
    """Return the estimated remaining time of a running job; None where no estimate is available."""
    if seconds is None:
        return _("Working")
    if seconds < 1:
        return _("Almost done")
    if seconds < _SHORTEST_ESTIMATE:
        return _("About a second left")
    return _("About {time} left").format(time=_rounded_duration(seconds))


def _name(label: Label, language: str) -> str:
    # The French names come with the classes; those of further languages stand in their catalogues.
    return label.french if language == "fr" else _(label.english)


@cache
def _number_pattern(language: str, decimals: int, signed: bool) -> "tuple[NumberPattern, Locale]":
    """Return Babel's parsed pattern: parsing it each time would take most of the time that `number` needs."""
    from babel import Locale
    from babel.numbers import parse_pattern

    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    return parse_pattern(f"+{digits};-{digits}" if signed else digits), Locale.parse(language)


def _rounded_duration(seconds: float) -> str:
    step = 1 if seconds < 60 else 10 if seconds < 600 else 60
    minutes, rest = divmod(step * round(seconds / step), 60)
    return "\u00a0".join(f"{count}\u00a0{unit}" for count, unit in ((minutes, "min"), (rest, "s")) if count)
