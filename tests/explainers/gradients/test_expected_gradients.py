"""Expected gradients: closed forms, completeness, and how the samples are laid out."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.gradients.expected_gradients import ExpectedGradients
from xai_core.types import Attribution


def test_a_linear_network_gets_weights_times_distance_to_the_mean_reference() -> None:
    """Catches references that count unequally: 5 references, 200 samples, whose weights balance to 1 %."""
    network = fakes.linear()
    values = ExpectedGradients(samples=200).attribute(network, fakes.photo(), 2).values
    expected = network.weights[2] * (fakes.photo() - network.background().mean(axis=0))
    assert np.linalg.norm(values - expected) < 0.015 * np.linalg.norm(expected)


def test_a_single_reference_is_integrated_gradients_from_it() -> None:
    """Catches a path that does not run from the reference to the photo: closed form on a quadratic network."""
    reference = np.random.default_rng(5).random((1, *fakes.SIZE, 3)).astype(np.float32)
    source = fakes.quadratic()
    network = fakes.Quadratic(source.weights, source.curvature, background=reference)
    values = ExpectedGradients(samples=1000).attribute(network, fakes.photo(), 0).values
    rgb, start = fakes.photo().astype(np.float64), reference[0].astype(np.float64)
    expected = source.weights[0] * (rgb - start) + source.curvature[0] * (rgb**2 - start**2) / 2
    np.testing.assert_allclose(values, expected, atol=2e-5)


def test_completeness_error_is_small_and_true() -> None:
    """Catches a delta that is not the sum's, and samples so uneven that they miss the difference of the logits."""
    network = fakes.quadratic()
    result = ExpectedGradients(samples=200).attribute(network, fakes.photo(), 1)
    logit = float(network.logits(fakes.photo()[None])[0, 1])
    reference = result.diagnostics["reference_logit"]
    delta = float(result.values.sum(dtype=np.float64)) - (logit - reference)
    assert result.diagnostics["logit"] == pytest.approx(logit)
    assert reference == pytest.approx(float(network.logits(network.background())[:, 1].mean()), abs=0.005)
    assert result.diagnostics["completeness_delta"] == pytest.approx(delta, abs=1e-4)
    assert result.diagnostics["relative_delta"] == pytest.approx(abs(delta) / abs(logit - reference), rel=0.02)
    assert abs(delta) < 0.02 * abs(logit - reference)


@pytest.mark.parametrize("samples", [8, 30])
def test_a_linear_network_s_values_add_up_with_few_samples(samples: int) -> None:
    """Catches a delta against other references, or other weights of them, than were sampled."""
    result = ExpectedGradients(samples=samples).attribute(fakes.linear(), fakes.photo(), 0)
    assert result.diagnostics["relative_delta"] < 1e-5


def test_stratified_samples_err_less_than_independent_ones() -> None:
    """Catches a layout that is no better than what shap draws: same network, same number of questions, 20 seeds."""
    network = fakes.quadratic()
    background = network.background()
    exact = np.mean(
        [
            network.weights[0] * (fakes.photo() - one) + network.curvature[0] * (fakes.photo() ** 2 - one**2) / 2
            for one in background
        ],
        axis=0,
    )
    ours, independent = [], []
    for seed in range(20):
        values = ExpectedGradients(samples=40, seed=seed).attribute(network, fakes.photo(), 0).values
        ours.append(np.abs(values - exact).mean())
        generator = np.random.default_rng(seed)
        differences = fakes.photo() - background[generator.integers(0, 5, 40)]
        between = fakes.photo() - generator.random((40, 1, 1, 1)) * differences
        independent.append(np.abs((differences * network.gradients(between, 0)).mean(axis=0) - exact).mean())
    assert np.mean(ours) < np.mean(independent) / 3


@pytest.mark.parametrize("samples", [60, 120, 240])
def test_references_are_taken_evenly_and_each_part_of_the_path_meets_dark_and_bright_ones(samples: int) -> None:
    """Catches a pairing in which some references are left out, or seen only far from the photo or close to it."""
    brightness = np.random.default_rng(3).permutation(120)
    for seed in range(5):
        alphas, _, drawn = ExpectedGradients(samples=samples, seed=seed)._design(brightness)
        assert np.bincount(drawn, minlength=120).max() <= np.ceil(samples / 120)
        quarters = np.array_split(brightness[drawn][np.argsort(alphas)], 4)
        for quarter in quarters:  # independent draws would miss the mean of 0 to 119 by 540 / samples and more
            assert abs(quarter.mean() - 59.5) < 480 / samples + 0.5


def test_weights_are_the_inverse_of_how_often_a_part_of_the_path_is_met() -> None:
    """Catches weights of another density than alphas are drawn by: moments of alpha, uniform on [0, 1]."""
    alphas, weights, _ = ExpectedGradients(samples=1000)._design(np.arange(120))
    assert alphas.min() >= 0 and alphas.max() <= 1
    for power in range(4):
        assert np.mean(weights * alphas**power) == pytest.approx(1 / (power + 1), abs=1e-3)


def test_a_first_map_comes_after_ten_samples_with_the_references_it_was_compared_with() -> None:
    """Catches references that are all asked about before anything is shown, and a delta against others than were sampled."""
    network = fakes.Recorder(fakes.quadratic())
    seen: list[tuple[int, Attribution]] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        if partial is not None:
            seen.append((sum(len(rgb) for name, rgb in network.passes if name == "gradients"), partial))

    ExpectedGradients(samples=80).attribute(network, fakes.photo(), 0, progress)
    asked, first = seen[0]
    assert asked <= 10
    assert first.diagnostics["relative_delta"] < 0.2


def test_each_batch_is_spread_over_the_whole_path() -> None:
    """Catches first maps that know only the end or the beginning of the path: alphas of the first 8 of 80 samples."""
    reference = np.zeros((1, *fakes.SIZE, 3), np.float32)
    network = fakes.Recorder(fakes.Linear(fakes.linear().weights, background=reference))
    ExpectedGradients(samples=80).attribute(network, fakes.photo(), 0)
    asked = next(rgb for name, rgb in network.passes if name == "gradients")
    alphas = np.sort(asked.mean(axis=(1, 2, 3)) / fakes.photo().mean())
    np.testing.assert_array_equal((8 * (1.5 * alphas - alphas**2 / 2)).astype(int), np.arange(8))
