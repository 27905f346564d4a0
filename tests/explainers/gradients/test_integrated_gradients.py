"""Integrated Gradients: the axioms of the paper and closed forms."""

import numpy as np
import pytest
from scipy.special import expit

from tests import fakes
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients, quadrature


def attribute(network: fakes.Quadratic, **settings: object) -> tuple[np.ndarray, dict[str, float]]:
    result = IntegratedGradients(**settings).attribute(network, fakes.photo(), 1)
    return result.values, dict(result.diagnostics)


@pytest.mark.parametrize(("baseline", "level"), [("black", 0.0), ("grey", 0.5)])
@pytest.mark.parametrize("rule", ["secant", "gauss-legendre", "midpoint", "riemann"])
def test_a_linear_network_gets_weights_times_difference(baseline: str, level: float, rule: str) -> None:
    """Catches a missing (x - x') and weights that do not sum to one."""
    network = fakes.linear()
    values, _ = attribute(network, baseline=baseline, rule=rule, steps=11)
    np.testing.assert_allclose(values, network.weights[1] * (fakes.photo() - level), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("baseline", ["black", "grey", "blurred", "noise"])
def test_a_quadratic_network_has_a_closed_form(baseline: str) -> None:
    """Catches a baseline that differs between path and factor: w (x - x') + q (x² - x'²) / 2, pixel by pixel."""
    network = fakes.Recorder(fakes.quadratic())
    result = IntegratedGradients(baseline=baseline, steps=3).attribute(network, fakes.photo(), 1)
    rgb, start = (one.astype(np.float64) for one in network.passes[0][1])
    np.testing.assert_array_equal(rgb, fakes.photo())
    expected = network.inner.weights[1] * (rgb - start) + network.inner.curvature[1] * (rgb**2 - start**2) / 2
    np.testing.assert_allclose(result.values, expected, rtol=1e-3, atol=1e-6)
    assert abs(result.diagnostics["convergence_delta"]) < 1e-5
    assert result.diagnostics["logit"] == pytest.approx(float(network.inner.logits(fakes.photo()[None])[0, 1]))


def test_the_error_falls_with_the_steps() -> None:
    """Catches a delta that is not the quadrature's: right sums err by exactly half as much with twice the steps."""
    deltas = [
        attribute(fakes.quadratic(), rule="riemann", steps=steps)[1]["convergence_delta"] for steps in (8, 16, 32)
    ]
    assert abs(deltas[0]) > 1e-3
    np.testing.assert_allclose([deltas[0] / deltas[1], deltas[1] / deltas[2]], 2, rtol=1e-2)


def test_relative_delta_is_a_share_of_the_difference() -> None:
    """Catches a share taken of the logit itself."""
    _, found = attribute(fakes.quadratic(), rule="riemann", steps=8)
    share = abs(found["convergence_delta"]) / abs(found["logit"] - found["baseline_logit"])
    assert found["relative_delta"] == pytest.approx(share)


@pytest.mark.parametrize("rule", ["gauss-legendre", "midpoint", "riemann"])
@pytest.mark.parametrize("steps", [1, 7, 32])
def test_quadratures_stay_on_the_path_and_weigh_one(rule: str, steps: int) -> None:
    """Catches points outside of [0, 1], where no photo is."""
    positions, weights = quadrature(rule, steps)
    assert positions.shape == weights.shape == (steps,)
    assert positions.min() > 0
    assert positions.max() <= 1
    assert weights.sum() == pytest.approx(1)


def test_smooth_slopes_need_fewer_points() -> None:
    """Catches a Gauss-Legendre rule with misplaced nodes: a steep sigmoid on the path, against its exact integral."""

    def error(rule: str, steps: int) -> float:
        positions, weights = quadrature(rule, steps)
        slope = 12 * expit(12 * (positions - 0.4)) * (1 - expit(12 * (positions - 0.4)))
        return abs(float(weights @ slope) - float(expit(12 * 0.6) - expit(-12 * 0.4)))

    assert error("gauss-legendre", 32) < 1e-6
    assert error("midpoint", 40) < error("riemann", 51) / 10


@pytest.mark.parametrize("steps", [1, 2, 7, 16])
def test_secants_are_exact_where_each_relu_is_met_once(steps: int) -> None:
    """Catches secants of the wrong two points: with one layer of ReLUs any number of them gives the integral itself."""
    network, rgb = fakes.rectified(), fakes.photo()
    values, found = attribute(network, steps=steps, baseline="grey")
    positions = ((np.arange(4000) + 0.5) / 4000)[:, np.newaxis, np.newaxis, np.newaxis].astype(np.float32)
    difference = rgb - np.float32(0.5)
    integral = network.gradients(0.5 + positions * difference, 1).mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(values, difference * integral, atol=2e-3 * np.abs(values).max())
    assert found["relative_delta"] < 1e-5
    assert np.abs(integral - network.gradients(rgb[np.newaxis], 1)[0]).max() > 0.05 * np.abs(integral).max()


def test_halves_that_agree_are_steady_and_halves_that_do_not_are_told() -> None:
    """Catches a reliability that is 1 whatever happens: a network that answers with noise has none."""

    class Noise(fakes.Linear):
        generator = np.random.default_rng(0)

        def path_multipliers(self, path: np.ndarray, target: int) -> np.ndarray:
            return self.generator.normal(size=path[1:].shape).astype(np.float32)

    assert attribute(fakes.linear())[1]["reliability"] == pytest.approx(1)
    assert abs(attribute(Noise(fakes.linear().weights))[1]["reliability"]) < 0.5
    assert "reliability" not in attribute(fakes.linear(), steps=1)[1]


def test_questions_are_two_forward_passes_and_the_steps() -> None:
    """Catches work that the user did not ask for."""
    for rule in ("secant", "midpoint"):
        network = fakes.Recorder(fakes.linear())
        IntegratedGradients(steps=19, rule=rule).attribute(network, fakes.photo(), 1)
        assert network.evaluations == 2 + 19
