"""How reliable an estimate from random samples is, judged by two halves of them, and when they are enough."""

from collections.abc import Callable
from typing import Any

import numpy as np

from xai_core import params
from xai_core.explainers.base import Progress
from xai_core.explainers.shared.batches import batches
from xai_core.i18n.catalogues import N_
from xai_core.maps.agreement import rank_correlation
from xai_core.types import Attribution

#: An estimate is settled from here on: its estimated rank correlation with the limit of endless samples. That estimate is
#: noisy, and sampling ends where it happens to be high: the true correlation is then about 0.02 lower.
SETTLED = 0.98

#: Evaluations between two partial maps, each of which has a small cost.
_REFRESH = 40


def reliability(first: np.ndarray, second: np.ndarray) -> float:
    """Return the estimated rank correlation, in [0, 1], of the mean of two estimates with what both of them estimate.

    The two come from independent halves of the samples and agree to a rank correlation r. Their mean then has the
    reliability 2r / (1 + r) (Spearman 1910, Brown 1910), whose square root is the correlation with the truth. 0 where the
    halves contradict each other or have no order.
    """
    agreement = rank_correlation(first, second)
    return float(np.sqrt(2 * agreement / (1 + agreement))) if agreement > 0 else 0.0


def most_samples(default: int) -> Any:
    """Declare the parameter with the number of evaluations at which `sample_until_settled` ends."""
    return params.integer(
        default,
        20,
        5000,
        N_("Samples at most"),
        N_("Partly hidden photos that the network is asked about; more of them are slower and steadier."),
        step=10,
    )


def stop_when_settled() -> Any:
    """Declare the parameter that lets `sample_until_settled` end early."""
    return params.flag(
        True,
        N_("Stop when settled"),
        N_("Ask no further once two halves of the answers order the patches nearly alike."),
    )


def sample_until_settled(
    count: int,
    evaluate: Callable[[slice], None],
    attribution: Callable[[int], Attribution],
    progress: Progress,
    *,
    first: int = 0,
    least: int = 0,
    stop: bool = True,
) -> Attribution:
    """Evaluate up to `count` samples in batches and return the attribution made of them.

    `evaluate` gets the numbers of the next samples. `attribution` makes a map of the samples so far, with "reliability"
    among its diagnostics; `progress` gets one after `first` samples at the earliest, then regularly. With `stop`, the first
    of these maps after `least` samples that is settled ends the sampling.
    """
    shown = 0
    for part in batches(count):
        evaluate(part)
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
