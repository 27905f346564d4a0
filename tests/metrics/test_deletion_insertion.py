"""Deletion and insertion where the right numbers are known."""

import numpy as np
import pytest
from scipy.special import softmax

from tests import fakes
from xai_core.errors import CancelledError, ParameterError
from xai_core.metrics import deletion_insertion as metric
from xai_core.photos.fills import filled
from xai_core.studies.faithfulness import Faithfulness
from xai_core.types import StudyOutput

TARGET = 0


def contributions(network: fakes.Linear, rgb: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Return what each pixel adds to each class's logit by being visible, f64[C,h,w]."""
    return (network.weights.astype(np.float64) * (rgb - hidden)).sum(axis=-1)


def test_the_curves_of_an_additive_network_follow_from_its_sums() -> None:
    """Catches pixels that go in the wrong order or number, the wrong end of a curve, and logits for probabilities."""
    network, rgb = fakes.linear(), fakes.photo()
    hidden = filled(rgb, "mean")
    values = contributions(network, rgb, hidden)
    steps = 16
    measured = Faithfulness.of(values[TARGET].astype(np.float32), fill="mean", steps=steps).run(
        network, rgb[np.newaxis], TARGET
    )
    order = np.argsort(-values[TARGET], axis=None)
    gone = np.concatenate([np.zeros((3, 1)), np.cumsum(values.reshape(3, -1)[:, order], axis=1)], axis=1)
    gone = gone[:, np.arange(steps + 1) * (order.size // steps)]
    whole = network.logits(rgb[np.newaxis])[0].astype(np.float64)
    empty = network.logits(hidden[np.newaxis])[0].astype(np.float64)
    expected_deletion = softmax(whole[:, np.newaxis] - gone, axis=0)[TARGET]
    expected_insertion = softmax(empty[:, np.newaxis] + gone, axis=0)[TARGET]
    np.testing.assert_allclose(measured.deletion, expected_deletion, rtol=1e-4)
    np.testing.assert_allclose(measured.insertion, expected_insertion, rtol=1e-4)


def test_the_right_map_of_an_additive_network_beats_all_others() -> None:
    """Catches curves in which the order makes no difference, or the weakest pixels go first."""
    network, rgb = fakes.linear(), fakes.photo()
    right = contributions(network, rgb, filled(rgb, "blurred"))[TARGET].astype(np.float32)

    def areas(values: np.ndarray) -> tuple[float, float]:
        curves = Faithfulness.of(values, steps=20).run(network, rgb[np.newaxis], TARGET)
        return metric.score("deletion", curves.deletion).value, metric.score("insertion", curves.insertion).value

    best = areas(right)
    for other in (-right, metric.random_map(0), metric.random_map(1), np.abs(right)):
        deletion, insertion = areas(other)
        assert best[0] < deletion
        assert best[1] > insertion
    assert metric.faithfulness(*best) > 0 > metric.faithfulness(*areas(-right))


def test_the_area_of_a_straight_line_is_the_mean_of_its_ends() -> None:
    """Catches sums that count the first and the last point whole, and areas that depend on how sure the network was."""
    line = np.linspace(0.8, 0.2, 25).astype(np.float32)
    assert metric.area(line) == pytest.approx(0.5)
    assert metric.score("deletion", line).value == pytest.approx(0.5 / 0.8)
    assert metric.score("insertion", line[::-1]).value == pytest.approx(0.5 / 0.8)
    assert np.isnan(metric.score("deletion", np.zeros(5, np.float32)).value)


def test_random_order_is_the_same_for_the_same_seed_and_favours_no_place() -> None:
    """Catches a baseline that changes from run to run or prefers some places of the photo."""
    np.testing.assert_array_equal(metric.random_map(3), metric.random_map(3))
    assert len(np.unique(metric.random_map(3))) == 14**2
    mean = np.mean([metric.random_map(seed) for seed in range(400)], axis=0)
    assert np.abs(mean / mean.mean() - 1).max() < 0.15


def test_the_study_evaluates_each_photo_once_and_leaves_the_photo_as_it_was() -> None:
    """Catches photos evaluated twice for both curves, large batches, and a photo that is written to."""
    network, rgb = fakes.Recorder(fakes.linear()), fakes.photo()
    seen: list[float] = []
    study = Faithfulness.of(metric.random_map(0), steps=24)
    measured = study.run(network, rgb[np.newaxis], TARGET, lambda fraction, partial=None: seen.append(fraction))
    assert network.evaluations == 48 == study.pass_counts(network.spec, 1).forward
    assert max(len(photos) for _, photos in network.passes) <= 8
    assert seen == sorted(seen)
    assert seen[-1] == 1
    np.testing.assert_array_equal(rgb, fakes.photo())
    assert measured.deletion[0] == measured.insertion[-1]
    assert measured.deletion[-1] == measured.insertion[0]


def test_a_cancel_ends_the_study() -> None:
    """Catches a study that goes on after its job was cancelled."""
    network = fakes.Recorder(fakes.linear())

    def cancel(fraction: float, partial: StudyOutput | None = None) -> None:
        if fraction > 0:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        Faithfulness.of(metric.random_map(0)).run(network, fakes.photo()[np.newaxis], TARGET, cancel)
    assert network.evaluations == 8


def test_equal_maps_are_one_question_and_others_are_not() -> None:
    """Catches a store that answers for one map with the curves of another."""
    assert Faithfulness.of(np.ones((3, 4), np.float32)) == Faithfulness.of(np.ones((3, 4), np.float32))
    others = [np.ones((4, 3), np.float32), np.zeros((3, 4), np.float32), np.ones((3, 4), np.float64)]
    studies = {Faithfulness.of(other).map_digest for other in others}
    assert len(studies) == 3
    assert Faithfulness.of(np.ones((3, 4), np.float32)).map_digest not in studies
    with pytest.raises(ParameterError, match="without its map"):
        Faithfulness("0" * 64).run(fakes.linear(), fakes.photo()[np.newaxis], TARGET)
    with pytest.raises(ParameterError):
        Faithfulness.of(np.ones((3, 4), np.float32), fill="fog")
