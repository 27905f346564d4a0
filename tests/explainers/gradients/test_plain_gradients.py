"""Saliency and gradient x input on networks whose gradients are known."""

import numpy as np

from tests import fakes
from xai_core.explainers.gradients.gradient_x_input import GradientXInput
from xai_core.explainers.gradients.saliency import Saliency


def test_saliency_of_a_linear_network_is_its_largest_weight() -> None:
    """Catches a sum or a mean over the colours, and a maximum taken before the sign is dropped."""
    network = fakes.linear()
    values = Saliency().attribute(network, fakes.photo(), 1).values
    np.testing.assert_allclose(values, np.abs(network.weights[1]).max(axis=-1), rtol=1e-6)


def test_saliency_looks_at_the_photo_and_at_the_target() -> None:
    """Catches a gradient taken at another place than the photo, or of another class."""
    network = fakes.quadratic()
    values = Saliency().attribute(network, fakes.photo(), 2).values
    expected = np.abs(network.weights[2] + network.curvature[2] * fakes.photo()).max(axis=-1)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_gradient_x_input_of_a_linear_network_adds_up_to_its_logit() -> None:
    """Catches a lost sign: for a linear network the values are its terms, w x, and sum to the logit without the bias."""
    network = fakes.linear()
    values = GradientXInput().attribute(network, fakes.photo(), 1).values
    np.testing.assert_allclose(values, network.weights[1] * fakes.photo(), rtol=1e-6)
    logit = float(network.logits(fakes.photo()[np.newaxis])[0, 1])
    np.testing.assert_allclose(values.sum(dtype=np.float64), logit - network.bias, rtol=1e-4)


def test_both_ask_one_question() -> None:
    """Catches work that nobody asked for."""
    for method in (Saliency(), GradientXInput()):
        recorder = fakes.Recorder(fakes.linear())
        method.attribute(recorder, fakes.photo(), 1)
        assert [name for name, _ in recorder.passes] == ["gradients"]
        assert recorder.evaluations == 1
