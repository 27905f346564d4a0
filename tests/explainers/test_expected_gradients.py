"""Expected gradients: closed forms, completeness, and how the samples are laid out."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.expected_gradients import ExpectedGradients
from xai_core.types import Attribution


def test_a_linear_network_gets_weights_times_distance_to_the_mean_reference() -> None:
    """Catches references that are drawn unequally often (5 references, 40 samples)."""
    network = fakes.linear()
    values = ExpectedGradients(samples=40).attribute(network, fakes.photo(), 2).values
    expected = network.weights[2] * (fakes.photo() - network.background().mean(axis=0))
    np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-6)


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
    """Catches a delta against other references than those that were sampled."""
    network = fakes.quadratic()
    result = ExpectedGradients(samples=200).attribute(network, fakes.photo(), 1)
    logit = float(network.logits(fakes.photo()[None])[0, 1])
    reference = float(network.logits(network.background())[:, 1].mean())
    delta = float(result.values.sum(dtype=np.float64)) - (logit - reference)
    assert result.diagnostics["logit"] == pytest.approx(logit)
    assert result.diagnostics["reference_logit"] == pytest.approx(reference, abs=1e-5)
    assert result.diagnostics["completeness_delta"] == pytest.approx(delta, abs=1e-4)
    assert result.diagnostics["relative_delta"] == pytest.approx(abs(delta) / abs(logit - reference), rel=0.02)
    assert abs(delta) < 0.02 * abs(logit - reference)


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


def test_no_more_references_are_asked_about_than_allowed() -> None:
    """Catches forward passes over all the references of a network that has many."""
    network = fakes.Recorder(fakes.linear())
    ExpectedGradients(samples=16, references=3).attribute(network, fakes.photo(), 0)
    asked = {name: [rgb for other, rgb in network.questions if other == name] for name, _ in network.questions}
    assert asked.keys() == {"logits", "background_logits", "gradients"}
    assert len(np.unique(np.concatenate(asked["background_logits"]), axis=0)) == 3
    assert sum(map(len, asked["logits"])) == 1 and sum(map(len, asked["gradients"])) == 16


def test_any_number_of_samples_is_compared_with_the_same_references() -> None:
    """Catches a warm-up of few samples that asks about other references than the page will."""
    designs = [ExpectedGradients(samples=samples)._design(120)[1] for samples in (28, 100)]
    assert {*designs[0]} == {*designs[1]} and len({*designs[0]}) == 25


def test_a_first_map_comes_after_ten_samples_with_the_references_it_was_compared_with() -> None:
    """Catches references that are all asked about before anything is shown, and a delta against others than were sampled."""
    network = fakes.Recorder(fakes.quadratic())
    seen: list[tuple[int, Attribution]] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        if partial is not None:
            seen.append((sum(len(rgb) for name, rgb in network.questions if name == "gradients"), partial))

    ExpectedGradients(samples=80).attribute(network, fakes.photo(), 0, progress)
    asked, first = seen[0]
    assert asked <= 10
    assert first.diagnostics["relative_delta"] < 0.2


def test_each_batch_is_spread_over_the_whole_path() -> None:
    """Catches first maps that know only the end or the beginning of the path: alphas of the first 8 of 80 samples."""
    reference = np.zeros((1, *fakes.SIZE, 3), np.float32)
    network = fakes.Recorder(fakes.Linear(fakes.linear().weights, background=reference))
    ExpectedGradients(samples=80).attribute(network, fakes.photo(), 0)
    asked = next(rgb for name, rgb in network.questions if name == "gradients")
    alphas = np.sort(asked.mean(axis=(1, 2, 3)) / fakes.photo().mean())
    np.testing.assert_array_equal((alphas * 8).astype(int), np.arange(8))
