"""Statistics over the rows of an audit: accuracy, confusions, and where the evidence lies."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai_core.audit.plan import Plan
from xai_core.audit.row import Row

#: Photos that each of two groups needs for a comparison.
FEWEST = 8
#: The significance level of a comparison, before it is divided by the number of methods (Bonferroni).
LEVEL = 0.05
_CONFUSIONS = 10


@dataclass(frozen=True)
class Comparison:
    """The share of the evidence on the dog, in [0, 1], for right and for wrong answers by one method; None: unknown."""

    right: int  # photos with a known share
    wrong: int
    right_median: float | None
    wrong_median: float | None
    higher: float | None  # probability that a right answer has a larger share than a wrong one; 0.5 is chance
    p: float | None  # of the two-sided Mann-Whitney test; None where there are too few
    level: float  # of significance

    @property
    def differs(self) -> bool:
        """Whether the difference is significant."""
        return self.p is not None and self.p < self.level


@dataclass(frozen=True)
class Confusion:
    """A breed that was mistaken for another one."""

    truth: int
    answer: int
    count: int


@dataclass(frozen=True)
class Summary:
    """The statistics of an audit."""

    photos: int  # finished ones
    labelled: int  # of these, with a known true breed
    right: int  # of the labelled ones
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None  # 95 % interval (Wilson 1927)
    unfamiliar: int  # photos unlike those the network knows
    cropped: int  # photos of which a part was looked at alone
    outlined: int  # photos with a reliable outline of the dog
    dog: float | None  # median of its share of the photo
    on_dog: Mapping[str, float | None]  # by method: median share of the evidence on the dog, over all photos
    agreement: float | None  # median over the photos
    comparisons: Mapping[str, Comparison]  # by method
    confusions: tuple[Confusion, ...]  # the most frequent ones first


def is_right(plan: Plan, row: Row) -> bool | None:
    """Return whether the answer is the true breed; None where that is not known."""
    truth = plan.photos[row.number].truth
    return None if truth is None else row.answer == truth


def summarise(plan: Plan, rows: Sequence[Row]) -> Summary:
    """Return the statistics over these rows of a plan."""
    verdicts = {row.number: is_right(plan, row) for row in rows}
    labelled = [row for row in rows if verdicts[row.number] is not None]
    right = sum(verdicts[row.number] is True for row in labelled)
    methods = [explainer.info.key for explainer in plan.explainers]
    wrong = Counter((plan.photos[row.number].truth, row.answer) for row in labelled if not verdicts[row.number])
    return Summary(
        photos=len(rows),
        labelled=len(labelled),
        right=right,
        accuracy=right / len(labelled) if labelled else None,
        accuracy_interval=wilson_interval(right, len(labelled)) if labelled else None,
        unfamiliar=sum(not row.familiar for row in rows),
        cropped=sum(row.crop is not None for row in rows),
        outlined=sum(row.dog is not None for row in rows),
        dog=_median(row.dog for row in rows),
        on_dog={key: _median(row.maps[key].on_dog for row in rows) for key in methods},
        agreement=_median(row.agreement for row in rows),
        comparisons={key: _compared(key, rows, verdicts, LEVEL / len(methods)) for key in methods},
        confusions=tuple(
            Confusion(truth, answer, count)
            for (truth, answer), count in sorted(wrong.items(), key=lambda item: -item[1])[:_CONFUSIONS]
            if truth is not None
        ),
    )


def wrong_first(plan: Plan, rows: Iterable[Row]) -> list[Row]:
    """Return the rows sorted for display: wrong, then unlabelled, then right answers, each by falling probability."""
    order = {False: 0, None: 1, True: 2}
    return sorted(rows, key=lambda row: (order[is_right(plan, row)], -row.probability, row.number))


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a proportion (Wilson 1927, DOI 10.1080/01621459.1927.10502953)."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def _compared(key: str, rows: Sequence[Row], verdicts: Mapping[int, bool | None], level: float) -> Comparison:
    """Return one method's comparison by the test of Mann and Whitney 1947 (DOI 10.1214/aoms/1177730491)."""
    groups: dict[bool, list[float]] = {True: [], False: []}
    for row in rows:
        verdict, share = verdicts[row.number], row.maps[key].on_dog
        if verdict is not None and share is not None:
            groups[verdict].append(share)
    right, wrong = groups[True], groups[False]
    higher, p = None, None
    if min(len(right), len(wrong)) >= FEWEST:
        from scipy.stats import mannwhitneyu

        test = mannwhitneyu(right, wrong, alternative="two-sided")
        higher, p = float(test.statistic) / (len(right) * len(wrong)), float(test.pvalue)
    return Comparison(len(right), len(wrong), _median(right), _median(wrong), higher, p, level)


def _median(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.median(known)) if known else None
