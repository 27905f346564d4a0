"""The metrics SeeSpot offers, in the order in which they are shown. A new metric is its file and one line here."""

from xai_core.metrics.base import Evidence, Metric, Score
from xai_core.metrics.deletion_insertion import DELETION, INSERTION
from xai_core.metrics.trust import SANITY, STABILITY

METRICS: dict[str, Metric] = {metric.key: metric for metric in (DELETION, INSERTION, SANITY, STABILITY)}


def scores(evidence: Evidence) -> dict[str, Score]:
    """Return the score of each metric that the evidence is enough for, in the order of the registry."""
    return {key: metric.score(evidence) for key, metric in METRICS.items() if metric.applies(evidence)}
