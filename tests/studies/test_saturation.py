"""The two-input example of the DeepLIFT paper: the numbers of its figure, and the real methods on the same network."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.gradients.gradient_x_input import GradientXInput
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.studies.saturation import output, shares

POINTS = [(0.0, 0.0), (0.3, 0.2), (0.25, 0.75), (1.0, 1.0), (0.5, 1.5), (2.0, 0.0)]


class TwoInputs(fakes.Linear):
    """The example as a network: the red and green of a single pixel are the inputs."""

    def __init__(self) -> None:
        super().__init__(np.zeros((fakes.CLASSES, 1, 1, 3)))

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        value = 1 - np.maximum(0, 1 - rgb[..., :2].sum(axis=(1, 2, 3)))
        return np.repeat(value[:, np.newaxis], fakes.CLASSES, axis=1).astype(np.float32)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: str = "plain", low_precision: bool = False
    ) -> np.ndarray:
        slope = (1 - rgb[..., :2].sum(axis=(1, 2, 3)) > 0).astype(np.float32)
        return slope[:, np.newaxis, np.newaxis, np.newaxis] * np.float32([1, 1, 0])


def test_the_output_rises_and_stays() -> None:
    """Catches an output that goes on rising past 1."""
    np.testing.assert_allclose(output(np.array([0, 0.25, 0.5, 2]), np.array([0, 0.25, 0.5, 2])), [0, 0.5, 1, 1])


def test_past_saturation_the_gradient_says_nothing_and_the_others_share_the_output() -> None:
    """Catches the example's point turned round: at (1, 1) the paper's figure has gradient 0 and halves for both inputs."""
    result = shares(1.0, 1.0)
    assert result.gradient == result.gradient_x_input == (0.0, 0.0)
    assert result.integrated_gradients == result.deep_lift == (0.5, 0.5)


@pytest.mark.parametrize("point", POINTS)
def test_integrated_gradients_and_deep_lift_add_up_to_the_output(point: tuple[float, float]) -> None:
    """Catches shares that are not complete."""
    result = shares(*point)
    assert sum(result.integrated_gradients) == pytest.approx(float(output(*point)))
    assert sum(result.deep_lift) == pytest.approx(float(output(*point)))


@pytest.mark.parametrize("point", POINTS)
def test_the_closed_forms_are_what_the_methods_give(point: tuple[float, float]) -> None:
    """Catches a closed form of another network than the one that is drawn."""
    rgb = np.array([[[*point, 0]]], np.float32)
    result = shares(*point)
    plain = GradientXInput().attribute(TwoInputs(), rgb, 0).values[0, 0, :2]
    np.testing.assert_allclose(plain, result.gradient_x_input, atol=1e-6)
    along = IntegratedGradients(steps=300).attribute(TwoInputs(), rgb, 0).values[0, 0, :2]
    np.testing.assert_allclose(along, result.integrated_gradients, atol=2 / 300)


@pytest.mark.parametrize("point", POINTS)
def test_deep_lift_s_share_is_the_rescale_rule_worked_out_neuron_by_neuron(point: tuple[float, float]) -> None:
    """Catches a rule with the reference's activation forgotten: h = max(0, 1 - i1 - i2) is 1 at the reference."""
    before, after = 1.0, 1 - sum(point)
    change = after - before
    multiplier = (max(0.0, after) - max(0.0, before)) / change if change else 0.0
    # From the inputs to the neuron the weights are -1, from the neuron to the output again -1.
    np.testing.assert_allclose(shares(*point).deep_lift, [value * -1 * multiplier * -1 for value in point])
