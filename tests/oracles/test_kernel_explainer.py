"""Kernel SHAP beside shap.KernelExplainer, on a network whose superpixels all act together."""

from collections.abc import Callable

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.perturbation.kernel_shap import KernelShap
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of

shap = pytest.importorskip("shap", reason="shap is what is compared with")
TARGET = 1


class Saturating(fakes.Linear):
    """logit_c = tanh of a linear network."""

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return np.tanh(super().logits(rgb))


def textured() -> np.ndarray:
    return np.random.default_rng(2).uniform(0.2, 1, (32, 32, 3)).astype(np.float32)


def network_for(segments: np.ndarray) -> Saturating:
    contributions = np.random.default_rng(5).normal(size=segments.max() + 1)
    return Saturating(fakes.additive(textured(), segments, contributions, TARGET).weights, bias=0.2)


def as_game(network: fakes.Linear, segments: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the target's logit as a function of which superpixels are visible f64[n,S]."""
    hidden = filled(textured(), "black")

    def answers(visible: np.ndarray) -> np.ndarray:
        shown = visible[:, segments, np.newaxis] == 1
        return network.logits(np.where(shown, textured(), hidden).astype(np.float32))[:, TARGET].astype(np.float64)

    return answers


def theirs(network: fakes.Linear, segments: np.ndarray, samples: int, seed: int = 0) -> np.ndarray:
    """Return shap's values f64[S]; it draws from the global generator, which is put back."""
    players = int(segments.max()) + 1
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        explainer = shap.KernelExplainer(as_game(network, segments), np.zeros((1, players)))
        values: np.ndarray = explainer.shap_values(np.ones(players), nsamples=samples, l1_reg=False, silent=True)
    finally:
        np.random.set_state(state)
    return values


def ours(network: fakes.Linear, segments: np.ndarray, patches: int, samples: int, seed: int = 0) -> np.ndarray:
    explainer = KernelShap(segmentation="watershed", patches=patches, samples=samples, hidden="black", seed=seed)
    values = explainer.attribute(network, textured(), TARGET).values
    return np.array([values[segments == one][0] for one in range(segments.max() + 1)])


@pytest.mark.parametrize("patches", [4, 9])
def test_values_are_theirs_where_both_ask_about_all_combinations(patches: int) -> None:
    """Catches another kernel, another constraint or another meaning of a hidden superpixel."""
    segments = superpixels_of(textured(), "watershed", count=patches)
    network = network_for(segments)
    every = 2 ** int(segments.max() + 1)
    np.testing.assert_allclose(
        ours(network, segments, patches, max(every, 20)), theirs(network, segments, every), atol=1e-5
    )


def test_a_sample_of_combinations_errs_no_more_than_theirs() -> None:
    """Catches a bias or noise of our way of drawing: 9 superpixels, 60 of 512 combinations, 12 seeds."""
    segments = superpixels_of(textured(), "watershed", count=9)
    network = network_for(segments)
    truth = theirs(network, segments, 2 ** int(segments.max() + 1))

    def error(estimates: list[np.ndarray]) -> float:
        return float(np.sqrt(np.mean((np.array(estimates) - truth) ** 2)))

    our_error = error([ours(network, segments, 9, 60, seed) for seed in range(12)])
    their_error = error([theirs(network, segments, 60, seed) for seed in range(12)])
    assert our_error < 1.1 * their_error
    assert our_error < 0.2 * truth.std()
