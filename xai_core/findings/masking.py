"""Whether hiding a region lowers the breed's probability more than hiding regions of the same size elsewhere."""

from collections.abc import Sequence

from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding

#: The smallest drop of the probability that is reported; networks change by a few hundredths whatever is hidden.
LEAST_DROP = 0.1
#: The fewest regions elsewhere that stand for chance: hiding the region must lower the probability more than each of them.
LEAST_ELSEWHERE = 4


def masking_findings(
    region: str, breed: str, before: float, after: float, elsewhere: Sequence[float], anchor: str
) -> list[Finding]:
    """Return the effect of hiding a region where it is larger than that of each region elsewhere.

    `region` is part of a sentence ("the head"); `elsewhere` holds the probabilities with a region of the same size hidden
    somewhere else. Numbers: "before", "after", and "elsewhere", the mean of those.
    """
    if len(elsewhere) < LEAST_ELSEWHERE or before - after < LEAST_DROP or after >= min(elsewhere):
        return []
    mean = sum(elsewhere) / len(elsewhere)
    text = _(
        "Hiding {region} takes the probability of {breed} from {before} to {after}; hiding as much elsewhere leaves "
        "{elsewhere} on average."
    ).format(
        region=region,
        breed=breed,
        before=formatting.number(before, 2),
        after=formatting.number(after, 2),
        elsewhere=formatting.number(mean, 2),
    )
    return [Finding(text, {"before": before, "after": after, "elsewhere": mean}, anchor)]
