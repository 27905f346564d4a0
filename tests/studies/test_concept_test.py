"""The two-sided t-test of concepts on known numbers."""

import numpy as np
import pytest
from scipy import stats

from xai_core.studies.concept_test import concept_test

SCORES = np.array([0.9, 0.8, 1.0, 0.7, 0.9, 0.8])
RANDOM = np.array([0.5, 0.2, 0.8, 0.4, 0.6, 0.9, 0.1, 0.5])


def test_without_overlap_it_is_welch_s_test() -> None:
    """Catches a one-sided test, a pooled variance or wrong degrees of freedom."""
    for scores in (SCORES, 1 - SCORES):
        expected = stats.ttest_ind(scores, RANDOM, equal_var=False)
        assert concept_test(scores, RANDOM, overlap=0, concepts=1).p_value == pytest.approx(expected.pvalue)


def test_by_hand() -> None:
    """Means 0.5 and 0, variances 1/4 and 0: with overlap 1/4 - 1/7 the variance of the mean is 1/16, so that t is 2."""
    scores = np.array([0, 0, 0, 1, 1, 1, 0.5])
    result = concept_test(scores, np.zeros(5), overlap=1 / 4 - 1 / 7, concepts=1)
    assert scores.var(ddof=1) == pytest.approx(0.25)
    half = stats.t.ppf(0.975, 6) * np.sqrt(0.25 / 4)
    assert result.score == 0.5
    assert (result.low, result.high) == (max(0.5 - half, 0), min(0.5 + half, 1))
    assert result.p_value == pytest.approx(2 * stats.t.sf(2, 6))


def test_both_sides_count_and_swapping_them_changes_nothing() -> None:
    """Catches a one-sided test, and intervals that are cut on one side only."""
    above = concept_test(SCORES, np.full(8, 0.5), overlap=1, concepts=1)
    below = concept_test(1 - SCORES, np.full(8, 0.5), overlap=1, concepts=1)
    assert above.p_value == pytest.approx(below.p_value)
    assert (below.low, below.high) == pytest.approx((1 - above.high, 1 - above.low))


def test_overlap_makes_the_test_stricter() -> None:
    """Catches an overlap that is ignored or subtracted."""
    p_values = [concept_test(SCORES, RANDOM, overlap=overlap, concepts=1).p_value for overlap in (0, 1, 4)]
    assert p_values == sorted(p_values)
    assert p_values[0] < 0.05 < p_values[2]


def test_more_concepts_at_once_need_more_evidence() -> None:
    """Catches a missing Bonferroni correction: the same p-value passes alone and not among ten."""
    alone = concept_test(SCORES, RANDOM, overlap=0, concepts=1)
    assert 0.005 < alone.p_value < 0.05
    assert alone.passed
    assert not concept_test(SCORES, RANDOM, overlap=0, concepts=10).passed


@pytest.mark.parametrize(("score", "p_value", "passed"), [(1.0, 0.0, True), (0.5, 1.0, False)])
def test_scores_without_any_spread(score: float, p_value: float, passed: bool) -> None:
    """Catches a division by 0 where every split says the same."""
    result = concept_test(np.full(5, score), np.full(5, 0.5), overlap=1, concepts=2)
    assert (result.p_value, result.passed) == (p_value, passed)
    assert (result.low, result.high) == (score, score)
