"""Whether a concept's TCAV score is more than chance: a two-sided t-test, corrected for scores that share photos."""

from dataclasses import dataclass

import numpy as np

#: Significance level, shared among all concepts that are tested at once (Bonferroni).
LEVEL = 0.05


@dataclass(frozen=True)
class ConceptTest:
    """A concept's scores compared with those of random concepts."""

    score: float  # mean of the concept's scores, in [0, 1]
    low: float  # 95 % interval of the score, inside [0, 1]
    high: float
    p_value: float  # of this concept alone
    passed: bool  # whether p_value times the number of concepts stays within LEVEL


def concept_test(scores: np.ndarray, random_scores: np.ndarray, *, overlap: float, concepts: int) -> ConceptTest:
    """Return the two-sided t-test of scores f[n] against random_scores f[m], for one of `concepts` tested at once.

    Kim 2018, section 3.4, with Welch's form of the test (the two kinds of scores do not vary alike). With `overlap` 0 it is
    Welch's test exactly. Otherwise the concept's scores come from splits of the same few photos and resemble each other
    more than new photos would allow; by Nadeau and Bengio 2003 (Machine Learning 52, section 3) the variance of their mean
    is then (1/n + overlap) s², where `overlap` is the ratio of photos held out to photos trained on. Random scores come from
    other photos each time. Bonferroni's correction is the paper's.
    """
    from scipy.stats import t as student

    scores, random_scores = np.asarray(scores, np.float64), np.asarray(random_scores, np.float64)
    own = scores.var(ddof=1) * (1 / len(scores) + overlap)
    others = random_scores.var(ddof=1) / len(random_scores)
    score, difference = float(scores.mean()), float(scores.mean() - random_scores.mean())
    half = float(student.ppf(1 - LEVEL / 2, len(scores) - 1) * np.sqrt(own))
    variance = own + others
    if variance == 0:  # scores without any spread differ for certain or not at all
        p_value = 0.0 if difference else 1.0
    else:
        freedom = variance**2 / (own**2 / (len(scores) - 1) + others**2 / (len(random_scores) - 1))
        p_value = float(2 * student.sf(abs(difference) / np.sqrt(variance), freedom))
    return ConceptTest(score, max(score - half, 0.0), min(score + half, 1.0), p_value, p_value * concepts <= LEVEL)
