"""Gradient methods beside the package `saliency` of their authors (PAIR), on networks of a few lines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from tests import fakes
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.explainers.gradients.smooth_grad import SmoothGrad

saliency = pytest.importorskip("saliency.core", reason="the package saliency is what is compared with")
TARGET = 1


class Curved(fakes.Linear):
    """logit_c = 3 sigmoid(4 w_c x): its gradient changes its size along a path and under noise, and never vanishes."""

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return (3 * expit(4 * super().logits(rgb))).astype(np.float32)

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: str = "plain", low_precision: bool = False
    ) -> np.ndarray:
        level = expit(4 * super().logits(rgb)[:, target, np.newaxis, np.newaxis, np.newaxis])
        return (12 * level * (1 - level) * self.weights[target]).astype(np.float32)


def curved() -> Curved:
    return Curved(np.random.default_rng(4).normal(size=(fakes.CLASSES, *fakes.SIZE, 3)) / 150)


def as_called(network: fakes.Quadratic) -> Callable[..., Any]:
    def call(photos: np.ndarray, call_model_args: object = None, expected_keys: object = None) -> dict[str, np.ndarray]:
        return {saliency.INPUT_OUTPUT_GRADIENTS: network.gradients(np.asarray(photos, np.float32), TARGET)}

    return call


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


@pytest.mark.parametrize("network", [fakes.quadratic(), curved()])
def test_saliency_is_the_size_of_their_gradient(network: fakes.Quadratic) -> None:
    """Catches a saliency that differs from the largest colour of PAIR's gradient."""
    theirs = saliency.GradientSaliency().GetMask(fakes.photo(), as_called(network))
    ours = Saliency().attribute(network, fakes.photo(), TARGET).values
    np.testing.assert_allclose(ours, np.abs(theirs).max(axis=-1), rtol=1e-5)


@pytest.mark.parametrize("network", [fakes.quadratic(), curved()])
@pytest.mark.parametrize("baseline", ["black", "grey"])
def test_integrated_gradients_agree(network: fakes.Quadratic, baseline: str) -> None:
    """Catches another integral: theirs is a mean over points that include both ends, ours over midpoints."""
    empty = np.full(fakes.photo().shape, {"black": 0.0, "grey": 0.5}[baseline], np.float32)
    theirs = saliency.IntegratedGradients().GetMask(
        fakes.photo(), as_called(network), x_baseline=empty, x_steps=400, batch_size=50
    )
    ours = IntegratedGradients(baseline=baseline, steps=100).attribute(network, fakes.photo(), TARGET).values
    assert correlation(ours, theirs) > 0.9999
    assert np.abs(ours).sum() == pytest.approx(np.abs(theirs).sum(), rel=0.01)


@pytest.mark.parametrize("network", [fakes.quadratic(), curved()])
@pytest.mark.parametrize(("form", "magnitude"), [("mean", False), ("squared", True)])
def test_smooth_grad_agrees(network: fakes.Quadratic, form: str, magnitude: bool) -> None:
    """Catches noise of another size: both take it as a share of the photo's range, and draw it differently."""
    state = np.random.get_state()  # theirs draws from the global generator, which is not ours to change
    try:
        np.random.seed(5)
        theirs = saliency.GradientSaliency().GetSmoothedMask(
            fakes.photo(), as_called(network), stdev_spread=0.2, nsamples=400, magnitude=magnitude
        )
    finally:
        np.random.set_state(state)
    ours = SmoothGrad(noise=20, samples=400, form=form).attribute(network, fakes.photo(), TARGET).values
    assert correlation(ours, theirs) > 0.99
    assert np.abs(ours).sum() == pytest.approx(np.abs(theirs).sum(), rel=0.03)
