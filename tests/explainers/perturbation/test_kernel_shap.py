"""Kernel SHAP on superpixels: exact where it can be, complete always, and hiding what it says it hides."""

import itertools
import math

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.perturbation.kernel_shap import KernelShap
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of


def textured() -> np.ndarray:
    """Return rgb f32[48,48,3] of nine tiles in clearly different colours."""
    colours = np.random.default_rng(2).uniform(0.2, 1, (3, 3, 3))
    return np.kron(colours, np.ones((16, 16, 1))).astype(np.float32)


def test_an_additive_network_is_recovered_exactly() -> None:
    """Catches weights on the wrong superpixels, or a penalty in the regression."""
    segments = superpixels_of(textured(), "slic")
    contributions = np.random.default_rng(0).normal(size=segments.max() + 1)
    network = fakes.additive(textured(), segments, contributions, target=1)
    result = KernelShap(samples=160, hidden="black").attribute(network, textured(), 1)
    np.testing.assert_array_equal(result.segments, segments)
    np.testing.assert_allclose(result.values, contributions[segments], atol=1e-4)


def test_it_equals_the_mean_over_all_orders_on_few_superpixels() -> None:
    """Catches anything between photo and map: tanh of sums, where all superpixels act together, hidden as asked."""

    class Saturating(fakes.Linear):
        """logit_c = tanh of a linear network."""

        def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
            return np.tanh(super().logits(rgb))

    rgb = textured()
    segments = superpixels_of(rgb, "watershed", count=6)
    superpixels = int(segments.max()) + 1
    assert 4 <= superpixels <= 8
    network = Saturating(fakes.additive(rgb, segments, np.linspace(-1, 2, superpixels)).weights, bias=0.3)
    hidden = filled(rgb, "grey")
    game = {}
    for visible in itertools.product([False, True], repeat=superpixels):
        shown = np.array(visible)[segments][..., np.newaxis]
        game[visible] = float(network.logits(np.where(shown, rgb, hidden)[np.newaxis])[0, 0])
    expected = np.zeros(superpixels)
    for visible, before in game.items():
        for joining in np.flatnonzero(~np.array(visible)):
            after = game[tuple(one or number == joining for number, one in enumerate(visible))]
            expected[joining] += (after - before) / superpixels / math.comb(superpixels - 1, sum(visible))
    result = KernelShap(segmentation="watershed", patches=6, samples=300, hidden="grey").attribute(network, rgb, 0)
    np.testing.assert_allclose(result.values, expected[segments], atol=1e-5)
    assert result.diagnostics["samples"] == 2**superpixels
    assert result.diagnostics["superpixels"] == superpixels


def test_pairs_of_opposites_recover_superpixels_that_act_in_twos_exactly() -> None:
    """Catches pairs that are torn apart or weighted differently: (sum of c + b)² has the values c² + 2bc + c (C - c)."""
    segments = superpixels_of(textured(), "watershed")
    contributions = np.random.default_rng(1).normal(size=segments.max() + 1)
    network = fakes.Squared(fakes.additive(textured(), segments, contributions).weights, bias=1.5)
    result = KernelShap(segmentation="watershed", samples=160, hidden="black").attribute(network, textured(), 0)
    expected = contributions**2 + 3 * contributions + contributions * (contributions.sum() - contributions)
    np.testing.assert_allclose(result.values, expected[segments], atol=2e-3)


@pytest.mark.parametrize("hidden", ["blurred", "mean", "grey", "black"])
def test_values_sum_to_the_difference_and_photos_are_made_of_old_and_hidden_pixels(hidden: str) -> None:
    """Catches a sum that is lost between superpixels and pixels, and a fill that is not the one asked for."""
    network = fakes.Recorder(fakes.quadratic(size=(48, 48)))
    result = KernelShap(samples=60, hidden=hidden).attribute(network, textured(), 2)
    assert result.segments is not None
    asked = np.concatenate([rgb for _, rgb in network.passes])
    assert len(asked) == result.diagnostics["samples"] == 60
    replacement = filled(textured(), hidden, result.segments)
    np.testing.assert_array_equal(asked[0], replacement)
    np.testing.assert_array_equal(asked[1], textured())
    assert ((asked == textured()) | (asked == replacement)).all()
    sizes = np.bincount(result.segments.ravel())
    reference, logit = network.inner.logits(asked[:2])[:, 2]
    total = (result.values / sizes[result.segments]).sum(dtype=np.float64)
    assert total == pytest.approx(float(logit - reference), abs=1e-4)
    assert abs(result.diagnostics["completeness_delta"]) < 1e-8


def test_it_stops_when_the_order_has_settled_and_still_sums_exactly() -> None:
    """Catches a stop that leaves the bar half full or the values incomplete, and one before three answers a superpixel."""
    segments = superpixels_of(textured(), "slic")
    contributions = np.random.default_rng(0).normal(size=segments.max() + 1)
    network = fakes.Recorder(fakes.additive(textured(), segments, contributions))
    told: list[float] = []
    explainer = KernelShap(samples=2000, hidden="black")
    result = explainer.attribute(network, textured(), 0, lambda fraction, partial=None: told.append(fraction))
    assert told[-1] == 1
    assert 3 * len(contributions) <= network.evaluations == result.diagnostics["samples"] < 300
    assert abs(result.diagnostics["completeness_delta"]) < 1e-8
    np.testing.assert_allclose(result.values, contributions[segments], atol=1e-4)


def test_it_never_stops_early_on_answers_that_are_noise() -> None:
    """Catches a stop by chance: a network whose logit has nothing to do with the photo."""

    class Noise(fakes.Linear):
        def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
            return self._generator.normal(size=(len(rgb), fakes.CLASSES)).astype(np.float32)

    network = Noise(np.zeros((fakes.CLASSES, 48, 48, 3)))
    for seed in range(4):
        network._generator = np.random.default_rng(seed)
        result = KernelShap(samples=300, seed=seed).attribute(network, textured(), 0)
        assert result.diagnostics["samples"] == 300
        assert result.diagnostics["reliability"] < 0.9
