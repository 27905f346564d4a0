"""The metrics SeeSpot offers, in the order in which they are shown. A new metric is its file and one line here."""

from xai_core.metrics import deletion_insertion, trust
from xai_core.metrics.base import MetricInfo

METRICS: dict[str, MetricInfo] = {
    info.key: info
    for info in (deletion_insertion.DELETION, deletion_insertion.INSERTION, trust.SANITY, trust.STABILITY)
}
