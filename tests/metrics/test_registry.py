"""Metrics as the registry offers them: what each needs, and which apply to what was computed."""

import math

import numpy as np
import pytest

from tests import fakes
from xai_core.metrics.against_chance import AgainstChance, against_chance
from xai_core.metrics.base import Evidence, Score
from xai_core.metrics.registry import METRICS, scores

FALLING = np.array([0.8, 0.4, 0.0], np.float32)
VALUES = fakes.photo()[..., 0]
WHOLE = Evidence(
    VALUES, {"deletion": FALLING, "insertion": FALLING[::-1]}, {6: VALUES[::-1]}, {"noise": VALUES, "seed": VALUES}
)

every_metric = pytest.mark.parametrize("key", METRICS)


def test_the_catalogue_says_which_way_is_better() -> None:
    """Catches a metric under another key than its own, and one whose direction was turned round."""
    assert [(key, metric.key, metric.better) for key, metric in METRICS.items()] == [
        ("deletion", "deletion", "lower"),
        ("insertion", "insertion", "higher"),
        ("sanity", "sanity", "lower"),
        ("stability", "stability", "higher"),
    ]


@every_metric
def test_every_metric_describes_itself(key: str) -> None:
    """Catches an entry without the texts that pages and reports draw."""
    metric = METRICS[key]
    assert metric.title and metric.paper and metric.url.startswith("https://")
    assert metric.sentence[0].isupper() and metric.sentence.endswith(".")


@every_metric
def test_every_metric_scores_what_it_applies_to_and_refuses_the_rest(key: str) -> None:
    """Catches a metric that reads more than it declares, and a value that is no plain float."""
    metric = METRICS[key]
    enough = Evidence(**{need: getattr(WHOLE, need) for need in metric.needs})
    score = metric.score(enough)
    assert (score.metric, score.better, type(score.value)) == (key, metric.better, float)
    assert math.isfinite(score.value)
    assert not metric.applies(Evidence())
    with pytest.raises(ValueError, match=key):
        metric.score(Evidence())


def test_scores_are_those_that_the_evidence_is_enough_for() -> None:
    """Catches a page that would have to name each metric, and one metric's lack that hides the others."""
    assert list(scores(WHOLE)) == list(METRICS)
    assert list(scores(Evidence(curves=WHOLE.curves))) == ["deletion", "insertion"]
    assert list(scores(Evidence(VALUES, variants=WHOLE.variants))) == ["stability"]
    assert scores(Evidence(VALUES)) == {}


def test_a_map_is_compared_with_the_mean_of_random_orders() -> None:
    """Catches a gain of the wrong sign, and a comparison with one random order alone."""
    flat = np.full(3, 0.8, np.float32)
    found = against_chance(WHOLE.curves, [{"deletion": flat, "insertion": flat}, WHOLE.curves])
    assert found.scores.keys() == {"deletion", "insertion"}
    assert (found.deletion.value, found.insertion.value) == (pytest.approx(0.5), pytest.approx(0.5))
    assert found.chance("deletion") == found.random_deletion == pytest.approx(0.75)
    np.testing.assert_allclose(found.chance_curve("deletion"), [0.8, 0.6, 0.4])
    assert found.gain == pytest.approx(0) and found.spread == pytest.approx(0)
    better = {key: Score(key, value, "higher") for key, value in (("deletion", 0.1), ("insertion", 0.9))}
    assert AgainstChance(better, found.random).gain == pytest.approx(0.8)


def test_without_random_orders_nothing_is_compared() -> None:
    """Catches a gain over zero random orders that looks like a number."""
    alone = against_chance(WHOLE.curves, [])
    assert math.isnan(alone.gain) and math.isnan(alone.spread) and math.isnan(alone.chance("deletion"))
    assert alone.chance_curve("deletion") is None
