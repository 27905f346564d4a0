"""How far an estimate from random questions can be relied on, judged by two halves of them, and when it is enough."""

from collections.abc import Callable

import numpy as np

from xai_core.explainers.base import Progress
from xai_core.explainers.shared.batches import batches
from xai_core.maps.agreement import rank_correlation
from xai_core.types import Attribution

#: An estimate is settled from here on: the estimated rank correlation with what endless questions would give. The estimate
#: is noisy, and questions end where it happens to be high: the true correlation is then about 0.02 lower.
SETTLED = 0.98

#: A map is worth its (small) cost only after as many answers as this, and again after as many more.
_REFRESH = 40


def reliability(first: np.ndarray, second: np.ndarray) -> float:
    """Return the estimated rank correlation, in [0, 1], of the mean of two estimates with what both of them estimate.

    The two come from independent halves of the questions and agree to a rank correlation r. Their mean then has the
    reliability 2r / (1 + r) (Spearman 1910, Brown 1910), and the square root of it correlates with the truth. 0 where the
    halves contradict each other or have no order.
    """
    agreement = rank_correlation(first, second)
    return float(np.sqrt(2 * agreement / (1 + agreement))) if agreement > 0 else 0.0


def ask_until_settled(
    count: int,
    ask: Callable[[slice], None],
    attribution: Callable[[int], Attribution],
    progress: Progress,
    *,
    first: int = 0,
    least: int = 0,
    stop: bool = True,
) -> Attribution:
    """Ask `count` questions in batches and return the attribution from those asked.

    `ask` gets the numbers of the next questions. `attribution` makes a map, with "reliability" among its diagnostics, of so
    many answers: after `first` of them at the earliest, then regularly, told to `progress`. With `stop`, the first of these
    maps after `least` answers that is settled ends the questions.
    """
    shown = 0
    for part in batches(count):
        ask(part)
        last = part.stop == count
        if not last and (part.stop < first or part.stop - shown < _REFRESH):
            progress(part.stop / count)
            continue
        shown = part.stop
        result = attribution(part.stop)
        if last or (stop and part.stop >= least and result.diagnostics["reliability"] >= SETTLED):
            break
        progress(part.stop / count, result)
    progress(1.0, result)
    return result
