"""Curves in words, for who does not see them."""

import math
from collections.abc import Callable, Iterable

from xai_core.i18n.catalogues import _


def curve(name: str, values: Iterable[float], say: Callable[[float], str]) -> str:
    """Return where a curve begins and ends, and its lowest and highest point; `say` turns a value into text.

    Values that are not known (NaN) are left out.
    """
    known = [float(value) for value in values if not math.isnan(value)]
    if not known:
        return _("{curve}: nothing yet").format(curve=name)
    return _("{curve}: from {first} to {last}, between {least} and {most}").format(
        curve=name, first=say(known[0]), last=say(known[-1]), least=say(min(known)), most=say(max(known))
    )
