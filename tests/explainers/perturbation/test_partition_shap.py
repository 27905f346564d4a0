"""Partition SHAP: sums to the difference, finds what is linear exactly, and agrees with shap's own explainer."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.perturbation.partition_shap import PartitionShap

#: So few pixels that the whole tree of 24 values can be asked about: at most 23 x 24 questions.
TINY = (4, 2)


@pytest.mark.parametrize("hidden", ["blur", "inpaint"])
@pytest.mark.parametrize("evaluations", [20, 301])
def test_values_sum_to_the_difference_for_every_budget(hidden: str, evaluations: int) -> None:
    """Catches groups that the budget left open and whose share is lost."""
    network = fakes.Recorder(fakes.quadratic())
    result = PartitionShap(evaluations=evaluations, hidden=hidden).attribute(network, fakes.photo(), 1)
    hidden_photo, whole = (network.passes[number][1][0] for number in (0, 1))
    np.testing.assert_allclose(whole, fakes.photo(), atol=0.5 / 255 + 1e-6 if hidden == "inpaint" else 0)
    assert hidden_photo.std() < whole.std()
    logits = network.inner.logits(np.stack([hidden_photo, whole]))[:, 1]
    assert result.values.sum(dtype=np.float64) == pytest.approx(float(logits[1] - logits[0]), abs=1e-5)
    assert result.diagnostics["logit"] == pytest.approx(float(logits[1]))
    assert result.diagnostics["reference_logit"] == pytest.approx(float(logits[0]))
    assert abs(result.diagnostics["completeness_delta"]) < 1e-6
    assert evaluations - 9 <= network.evaluations <= evaluations + 1


def test_a_linear_network_is_recovered_pixel_by_pixel() -> None:
    """Catches values at the wrong pixels and colours summed wrongly: w (x - hidden x), enough questions for all."""
    network = fakes.Recorder(fakes.Linear(fakes.linear(size=TINY).weights * 30))
    rgb = np.random.default_rng(1).random((*TINY, 3)).astype(np.float32)
    values = PartitionShap(evaluations=1000).attribute(network, rgb, 0).values
    hidden_photo = network.passes[0][1][0]
    np.testing.assert_allclose(values, (network.inner.weights[0] * (rgb - hidden_photo)).sum(axis=2), atol=1e-4)


@pytest.mark.parametrize("evaluations", [20, 100, 1000])
def test_it_agrees_with_shap_s_own_explainer(evaluations: int) -> None:
    """Catches a wrong Owen recursion: pixels that act together, same budget and batch as the package."""
    import shap

    rgb = np.random.default_rng(1).random((*TINY, 3)).astype(np.float32)
    network = fakes.Squared(fakes.linear(size=TINY).weights * 30, bias=0.5)
    masker = shap.maskers.Image("blur(1,2)", rgb.shape)
    theirs = shap.PartitionExplainer(lambda masked: network.logits(masked)[:, 2].astype(np.float64), masker)
    expected = theirs(rgb[np.newaxis], max_evals=evaluations, batch_size=8, silent=True).values[0].sum(axis=2)
    values = PartitionShap(evaluations=evaluations).attribute(network, rgb, 2).values
    np.testing.assert_allclose(values, expected, atol=1e-5 * np.abs(expected).max())


def test_equally_important_groups_have_a_fixed_order() -> None:
    """Catches ties broken by the global generator: a network of equal weights on an even pattern, small budget."""
    network = fakes.Linear(np.ones((3, 16, 16, 3)))
    rgb = np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((2, 2)))[..., np.newaxis].repeat(3, 2).astype(np.float32)
    maps = []
    for seed in (0, 1):
        np.random.seed(seed)
        maps.append(PartitionShap(evaluations=50).attribute(network, rgb, 0).values)
    np.testing.assert_array_equal(*maps)
