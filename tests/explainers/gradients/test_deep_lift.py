"""DeepLIFT on ReLU networks of a few lines, among them the saturating one of its paper."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import UnsupportedError
from xai_core.explainers.gradients.deep_lift import DeepLift


def saturating() -> fakes.Rectified:
    """Return logit 0 = min(x1 + x2, 1) = 1 - relu(1 - x1 - x2) of the reds of two pixels (the paper's figure 1)."""
    weights = np.zeros((1, 1, 2, 3))
    weights[0, 0, :, 0] = -1
    return fakes.Rectified(weights, np.ones(1), np.array([[-1.0], [0], [0]]), offset=1.0)


def test_credit_is_shared_where_the_gradient_is_silent() -> None:
    """Catches a gradient in disguise: at x1 = x2 = 1 it is 0, while both pixels made the output rise from 0 to 1."""
    photo = np.zeros((1, 2, 3), np.float32)
    photo[..., 0] = 1
    assert not saturating().gradients(photo[np.newaxis], 0).any()
    result = DeepLift(reference="black").attribute(saturating(), photo, 0)
    np.testing.assert_allclose(result.values[..., 0], [[0.5, 0.5]], atol=1e-6)
    assert result.diagnostics["logit"] == pytest.approx(1)
    assert result.diagnostics["reference_logit"] == pytest.approx(0)


@pytest.mark.parametrize("reference", ["black", "grey", "blurred", "average dogs"])
def test_values_sum_to_what_the_logit_gained(reference: str) -> None:
    """Catches multipliers that are shown without the difference, and a delta that is told wrongly."""
    network = fakes.rectified()
    for target in range(fakes.CLASSES):
        result = DeepLift(reference=reference).attribute(network, fakes.photo(), target)
        told = result.diagnostics
        gained = told["logit"] - told["reference_logit"]
        assert result.values.sum(dtype=np.float64) == pytest.approx(gained, rel=1e-3)
        assert told["completeness_delta"] == pytest.approx(result.values.sum(dtype=np.float64) - gained, abs=1e-4)
        assert told["relative_delta"] < 1e-3
        assert told["logit"] == pytest.approx(float(network.logits(fakes.photo()[np.newaxis])[0, target]))


def test_a_linear_network_gets_weight_times_difference() -> None:
    """Catches multipliers that are not the weights where there is no ReLU."""
    network = fakes.linear()
    result = DeepLift(reference="grey").attribute(network, fakes.photo(), 1)
    np.testing.assert_allclose(result.values, network.weights[1] * (fakes.photo() - 0.5), atol=1e-6)


def test_several_references_give_the_mean_of_their_maps() -> None:
    """Catches a mean that forgets the last, shorter batch: nine references are asked in two."""
    network = fakes.rectified()
    background = np.random.default_rng(8).random((9, *fakes.SIZE, 3)).astype(np.float32)
    network._background = background
    rgb = fakes.photo()
    found = DeepLift(reference="average dogs", references=120).attribute(network, rgb, 0)
    maps = [network.multipliers(rgb[np.newaxis], one[np.newaxis], 0)[0] * (rgb - one) for one in background]
    np.testing.assert_allclose(found.values, np.mean(maps, axis=0), atol=1e-6)
    logits = network.logits(background)[:, 0]
    assert found.diagnostics["reference_logit"] == pytest.approx(float(logits.mean()), rel=1e-5)
    some = [DeepLift(reference="average dogs", references=3, seed=seed).attribute(network, rgb, 0) for seed in (0, 1)]
    assert not np.allclose(some[0].values, some[1].values)


def test_average_dogs_that_a_network_lacks_are_told() -> None:
    """Catches a mean over no reference, which would be NaN."""
    network = fakes.Linear(fakes.linear().weights, background=np.zeros((0, *fakes.SIZE, 3), np.float32))
    with pytest.raises(UnsupportedError, match="choose another reference picture"):
        DeepLift(reference="average dogs").attribute(network, fakes.photo(), 0)
