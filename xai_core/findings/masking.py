"""What hiding a region does to a breed's probability, against hiding as much elsewhere."""

from collections.abc import Sequence

from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding

#: A change of the probability that people would call one; networks move by a few hundredths whatever is hidden.
LEAST_CHANGE = 0.1
#: As few places elsewhere as can stand for chance: the region must do more than each of them.
LEAST_ELSEWHERE = 4


def hiding_findings(
    region: str, breed: str, before: float, after: float, elsewhere: Sequence[float], about: str
) -> list[Finding]:
    """Return what hiding a region does, where it lowers the probability by more than hiding any of the other places did.

    `region` is a part of a sentence ("the head"); `elsewhere` are the probabilities with regions of the same size hidden at
    other places. Numbers: "before", "after", and "elsewhere", the mean of these.
    """
    if len(elsewhere) < LEAST_ELSEWHERE or before - after < LEAST_CHANGE or after >= min(elsewhere):
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
    return [Finding(text, {"before": before, "after": after, "elsewhere": mean}, about)]
