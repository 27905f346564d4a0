"""Alternative texts of curves, for people who do not see them."""

import math
from collections.abc import Callable, Iterable

from xai_core.i18n.catalogues import _


def curve(name: str, values: Iterable[float], to_text: Callable[[float], str]) -> str:
    """Return the text of where a curve begins and ends, and of its lowest and highest point.

    `to_text` turns a value into text; values that are not known (NaN) are left out.
    """
    numbers = [float(value) for value in values if not math.isnan(value)]
    if not numbers:
        return _("{curve}: nothing yet").format(curve=name)
    return _("{curve}: from {first} to {last}, between {least} and {most}").format(
        curve=name,
        first=to_text(numbers[0]),
        last=to_text(numbers[-1]),
        least=to_text(min(numbers)),
        most=to_text(max(numbers)),
    )
