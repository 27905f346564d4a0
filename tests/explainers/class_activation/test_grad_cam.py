"""Grad-CAM against the paper's equations, worked out by hand on a given layer."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import UnknownNameError
from xai_core.explainers.class_activation.grad_cam import GradCam


def test_a_map_worked_out_by_hand() -> None:
    """Catches weights that are summed instead of averaged (eq. 1) and a missing ReLU (eq. 2)."""
    activations = np.array([[[1, 0], [2, 4]], [[0, 1], [3, 3]]])  # 2 x 2 places, 2 channels
    gradients = np.array([[[4, -1], [0, -1]], [[0, -1], [0, -1]]])  # means: 1 and -1
    result = GradCam().attribute(fakes.HandMadeLayer(activations, gradients), fakes.photo(), 0)
    np.testing.assert_allclose(result.values, [[1, 0], [0, 0]])
    # Before the ReLU: 1, -2, -1, 0.
    assert result.diagnostics == {"positive_share": 0.25, "all_negative": 0.0}


def test_equations_1_and_2_on_random_layers() -> None:
    """Catches a swapped axis, which a square hand-made layer could hide."""
    generator = np.random.default_rng(0)
    activations, gradients = generator.normal(size=(3, 5, 7)), generator.normal(size=(3, 5, 7))
    expected = np.zeros((3, 5))
    for channel in range(7):
        expected += gradients[:, :, channel].sum() / 15 * activations[:, :, channel]
    result = GradCam().attribute(fakes.HandMadeLayer(activations, gradients), fakes.photo(), 0)
    np.testing.assert_allclose(result.values, np.maximum(expected, 0), rtol=1e-5, atol=1e-6)


def test_nothing_left_by_the_relu_is_said() -> None:
    """Catches a blank map without a word, which looks like a broken page."""
    activations, gradients = np.ones((2, 3, 4)), -np.ones((2, 3, 4))
    result = GradCam().attribute(fakes.HandMadeLayer(activations, gradients), fakes.photo(), 0)
    assert not result.values.any()
    assert result.diagnostics == {"positive_share": 0.0, "all_negative": 1.0}


def test_a_dead_layer_gives_a_zero_map() -> None:
    """Catches the division by zero where neither for nor against is found."""
    result = GradCam().attribute(fakes.HandMadeLayer(np.zeros((2, 3, 4)), np.ones((2, 3, 4))), fakes.photo(), 0)
    assert not result.values.any()
    assert result.diagnostics["positive_share"] == 0


def test_one_pass_is_all_it_costs() -> None:
    """Catches a second pass for the activations, which would double the time."""
    network = fakes.Recorder(fakes.HandMadeLayer(np.ones((2, 2, 1)), np.ones((2, 2, 1))))
    GradCam().attribute(network, fakes.photo(), 0)
    assert [name for name, _ in network.passes] == ["layer_gradients"]
    assert network.evaluations == 1


def test_a_block_s_name_stands_for_its_layer_and_an_unknown_one_is_refused() -> None:
    """Catches a layer parameter that is not resolved."""
    network = fakes.HandMadeLayer(np.ones((2, 2, 1)), np.ones((2, 2, 1)))
    assert GradCam(layer="block1").attribute(network, fakes.photo(), 0).values.all()
    with pytest.raises(UnknownNameError, match="block1_conv1"):
        GradCam(layer="block9").attribute(network, fakes.photo(), 0)
