"""LIME: recovers what is additive, draws its masks as it says, and is honest about photos it cannot cut."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.lime_sampling import BatchedLime, draw_masks
from xai_core.explainers.lime_superpixels import LimeSuperpixels
from xai_core.explainers.linear_models import REGRESSORS
from xai_core.types import Attribution

ALL_SEGMENTATIONS = ["quickshift", "slic", "felzenszwalb", "watershed"]


def textured() -> np.ndarray:
    """Return rgb f32[48,48,3] of nine tiles in clearly different colours, so that each segmentation finds several."""
    colours = np.random.default_rng(2).uniform(0.2, 1, (3, 3, 3))
    return np.kron(colours, np.ones((16, 16, 1))).astype(np.float32)


def segments_of(segmentation: str) -> np.ndarray:
    result = LimeSuperpixels(segmentation=segmentation, samples=20).attribute(
        fakes.linear(size=(48, 48)), textured(), 0
    )
    assert result.segments is not None
    return result.segments


@pytest.mark.parametrize("segmentation", ALL_SEGMENTATIONS)
@pytest.mark.parametrize("sampling", ["paired", "independent"])
@pytest.mark.parametrize("regressor", ["Ridge", "BayesianRidge", "Lasso"])
def test_an_additive_network_is_recovered(segmentation: str, sampling: str, regressor: str) -> None:
    """Catches a superpixel that is never hidden (SLIC numbered from 1) and weights on the wrong superpixels."""
    segments = segments_of(segmentation)
    contributions = np.linspace(-2, 3, segments.max() + 1)
    network = fakes.additive(textured(), segments, contributions, target=1)
    explainer = LimeSuperpixels(
        segmentation=segmentation, sampling=sampling, regressor=regressor, hidden="black", samples=400
    )
    result = explainer.attribute(network, textured(), 1)
    np.testing.assert_array_equal(result.segments, segments)
    np.testing.assert_allclose(result.values, contributions[segments], atol=0.3 if regressor == "Lasso" else 0.04)
    assert result.diagnostics["fit"] > 0.98
    assert result.diagnostics["superpixels"] == len(contributions) > 4
    assert result.diagnostics["logit"] == pytest.approx(contributions.sum(), abs=1e-3)


@pytest.mark.parametrize("regressor", REGRESSORS)
def test_every_offered_regressor_recovers_an_additive_network(regressor: str) -> None:
    """Catches a regressor whose penalty leaves nothing of the weights, and one that is fitted without the kernel."""
    segments = segments_of("slic")
    contributions = np.linspace(-2, 3, segments.max() + 1)
    network = fakes.additive(textured(), segments, contributions)
    explainer = LimeSuperpixels(segmentation="slic", regressor=regressor, hidden="black", samples=400)
    found = explainer.attribute(network, textured(), 0).values
    np.testing.assert_allclose(found, contributions[segments], atol=0.35)
    assert np.corrcoef(found.ravel(), contributions[segments].ravel())[0, 1] > 0.995


def test_only_the_most_important_superpixels_are_kept() -> None:
    """Catches `kept` that is not handed on to the package."""
    segments = segments_of("slic")
    contributions = np.zeros(segments.max() + 1)
    contributions[[1, 4, 6]] = [3, -5, 2]
    network = fakes.additive(textured(), segments, contributions)
    explainer = LimeSuperpixels(segmentation="slic", hidden="black", kept=2, samples=200)
    result = explainer.attribute(network, textured(), 0)
    assert set(np.unique(segments[result.values != 0])) == {1, 4}


@pytest.mark.parametrize("hidden", ["mean", "grey", "black"])
def test_hidden_superpixels_look_as_asked(hidden: str) -> None:
    """Catches a hide colour in 0..255, and masks that hide too much: each photo is old and new pixels only."""
    network = fakes.Recorder(fakes.linear(size=(48, 48)))
    result = LimeSuperpixels(segmentation="slic", hidden=hidden, samples=20).attribute(network, textured(), 0)
    asked = np.concatenate([rgb for _, rgb in network.questions])
    np.testing.assert_array_equal(asked[0], textured())
    assert len(asked) == 20
    replacement = np.full_like(textured(), 0.5 if hidden == "grey" else 0)
    if hidden == "mean":
        assert result.segments is not None
        for superpixel in np.unique(result.segments):
            inside = result.segments == superpixel
            replacement[inside] = textured()[inside].mean(axis=0)
    shown = np.isclose(asked, textured(), atol=1e-5) | np.isclose(asked, replacement, atol=1e-5)
    assert shown.all()


def test_paired_masks_hide_each_superpixel_equally_often() -> None:
    """Catches pairs that are not opposites, and a first row that is not the whole photo, as the package needs."""
    masks = draw_masks("paired", 41, 9, np.random.RandomState(0))
    assert masks.shape == (41, 9)
    assert masks[0].all()
    np.testing.assert_array_equal(masks[1::2] + masks[2::2], 1)
    assert (masks[1:].sum(axis=0) == 20).all()
    assert set(masks[1:].sum(axis=1)) == {4, 5}


def test_independent_masks_are_those_of_the_package() -> None:
    """Catches a difference from the package's own sampling, compared with the package itself."""
    from lime.lime_image import LimeImageExplainer

    segments = np.arange(6).reshape(2, 3)
    image = np.ones((2, 3, 3), np.float32)
    lime = LimeImageExplainer(random_state=np.random.RandomState(4))
    theirs, _ = lime.data_labels(image, image * 0, segments, lambda rgb: np.zeros((len(rgb), 2)), 30)
    ours = BatchedLime("independent", lambda seen: None, np.random.RandomState(4))
    masks, answers = ours.data_labels(image, image * 0, segments, lambda rgb: rgb.sum(axis=(1, 2)), 30)
    np.testing.assert_array_equal(masks, theirs)
    np.testing.assert_allclose(answers[:, 0], masks.sum(axis=1))


def test_pairs_err_less_than_independent_masks() -> None:
    """Catches pairs that gain nothing: patches act together, 60 questions, 6 seeds, against 3000."""
    segments = segments_of("slic")
    contributions = np.random.default_rng(0).normal(size=segments.max() + 1)
    network = fakes.Squared(fakes.additive(textured(), segments, contributions).weights, bias=1.0)

    def weights(**settings: object) -> np.ndarray:
        return LimeSuperpixels(segmentation="slic", hidden="black", **settings).attribute(network, textured(), 0).values

    reference = weights(samples=3000, sampling="independent", seed=99)
    error = {
        sampling: np.mean([np.abs(weights(samples=60, sampling=sampling, seed=s) - reference).mean() for s in range(6)])
        for sampling in ("paired", "independent")
    }
    assert error["paired"] < error["independent"]


@pytest.mark.parametrize("segmentation", ["quickshift", "slic", "watershed"])
def test_a_flat_photo_whose_superpixels_are_their_own_mean_gets_no_weights(segmentation: str) -> None:
    """Catches NaN from a fit to answers that are all the same."""
    flat = np.full((32, 32, 3), 0.4, np.float32)
    result = LimeSuperpixels(segmentation=segmentation, samples=20).attribute(fakes.linear(), flat, 0)
    np.testing.assert_allclose(result.values, 0, atol=1e-5)
    assert np.isfinite(list(result.diagnostics.values())).all()


def test_a_first_map_is_shown_after_each_hundred_samples() -> None:
    """Catches a fit refreshed after each batch, which costs more than it shows, or never."""
    partials: list[Attribution] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        if partial is not None:
            partials.append(partial)

    LimeSuperpixels(samples=250).attribute(fakes.linear(size=(48, 48)), textured(), 0, progress)
    assert len(partials) == 3
