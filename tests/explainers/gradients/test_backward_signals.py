"""Guided backpropagation and DeconvNet on three ReLUs: one that helps, one that hinders, one that is silent."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.gradients.backward_signals import BackwardSignal, DeconvNet, GuidedBackprop

PHOTO = np.full((2, 2, 3), 0.5, np.float32)


def network() -> fakes.Rectified:
    """Return logit 1 = 3 relu(red of (0, 0)) - 2 relu(green of (0, 1)) + 4 relu(blue of (1, 0) - 1)."""
    weights = np.zeros((3, 2, 2, 3))
    weights[0, 0, 0, 0] = weights[1, 0, 1, 1] = weights[2, 1, 0, 2] = 1
    return fakes.Rectified(weights, np.array([0, 0, -1]), np.array([[0, 0, 0], [3, -2, 4], [0, 0, 0]]))


@pytest.mark.parametrize(
    ("method", "expected"),
    [(GuidedBackprop(), [[3, 0], [0, 0]]), (DeconvNet(), [[3, 0], [4, 0]])],
)
def test_guided_asks_for_an_active_unit_and_deconvnet_for_a_positive_signal_alone(
    method: BackwardSignal, expected: list[list[int]]
) -> None:
    """Catches one rule taken for the other, or for the gradient, which would be 3 and -2."""
    result = method.attribute(network(), PHOTO, 1)
    np.testing.assert_allclose(result.values, expected, atol=1e-6)
    np.testing.assert_allclose(result.extras["signal"].sum(axis=-1), expected, atol=1e-6)


def test_the_map_is_the_size_of_the_signal_and_the_signal_keeps_its_sign() -> None:
    """Catches a sum over the colours, in which red and blue would cancel."""
    random = fakes.rectified()
    for method, rule in ((GuidedBackprop(), "guided"), (DeconvNet(), "deconvnet")):
        result = method.attribute(random, fakes.photo(), 2)
        signal = random.gradients(fakes.photo()[np.newaxis], 2, rule=rule)[0]
        np.testing.assert_array_equal(result.extras["signal"], signal)
        np.testing.assert_allclose(result.values, np.abs(signal).max(axis=-1), rtol=1e-6)
        assert signal.min() < 0 < signal.max()


def test_both_say_that_they_act_as_edge_detectors() -> None:
    """Catches a catalogue that hides the known weakness of both methods."""
    for method in (GuidedBackprop, DeconvNet):
        assert "edge detector" in method.info.limits
        assert "random weights" in method.info.limits
