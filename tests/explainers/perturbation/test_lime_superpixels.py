"""LIME: recovers what is additive, draws its masks as it says, and is honest about photos it cannot cut."""

import itertools

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.perturbation.lime_sampling import draw_masks, kernel, number_distinct, weights_of
from xai_core.explainers.perturbation.lime_superpixels import LimeSuperpixels
from xai_core.explainers.perturbation.linear_models import REGRESSORS, new_regressor
from xai_core.explainers.shared.reliability import SETTLED
from xai_core.photos.superpixels import superpixels_of
from xai_core.types import Attribution


class Tanh(fakes.Linear):
    """logit_c = tanh of a linear network, so that all superpixels act together, in odd numbers too."""

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return np.tanh(super().logits(rgb))


class Noise(fakes.Linear):
    """A network whose answers are random numbers, another one for each question."""

    def __init__(self, seed: int) -> None:
        super().__init__(np.zeros((fakes.CLASSES, 48, 48, 3)))
        self._generator = np.random.default_rng(seed)

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return self._generator.normal(size=(len(rgb), fakes.CLASSES)).astype(np.float32)


def tanh_network(segmentation: str) -> Tanh:
    """Return a network on the superpixels of `textured`, half of the way into saturation."""
    segments = superpixels_of(textured(), segmentation)
    contributions = np.random.default_rng(0).normal(size=segments.max() + 1)
    return Tanh(
        fakes.additive(textured(), segments, contributions / np.linalg.norm(contributions) * 2).weights, bias=0.2
    )


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
@pytest.mark.parametrize("sampling", ["balanced", "independent"])
@pytest.mark.parametrize("regressor", ["Ridge", "BayesianRidge", "Lasso"])
def test_an_additive_network_is_recovered(segmentation: str, sampling: str, regressor: str) -> None:
    """Catches a superpixel that is never hidden (SLIC numbered from 1) and weights on the wrong superpixels."""
    segments = segments_of(segmentation)
    contributions = np.linspace(-2, 3, segments.max() + 1)
    network = fakes.additive(textured(), segments, contributions, target=1)
    explainer = LimeSuperpixels(
        segmentation=segmentation,
        sampling=sampling,
        regressor=regressor,
        hidden="black",
        samples=400,
        until_settled=False,
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
    explainer = LimeSuperpixels(
        segmentation="slic", regressor=regressor, hidden="black", samples=400, until_settled=False
    )
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
    asked = np.concatenate([rgb for _, rgb in network.passes])
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


def test_each_balanced_mask_by_itself_is_a_coin_for_each_superpixel() -> None:
    """Catches another estimand than the package's: sizes of 24 superpixels over 300 seeds against the binomial law."""
    masks = np.concatenate([draw_masks("balanced", 49, 24, np.random.RandomState(seed)) for seed in range(300)])
    masks = masks[~masks.all(axis=1)]
    sizes = masks.sum(axis=1)
    assert len(masks) == 300 * 48
    assert sizes.mean() == pytest.approx(12, abs=1e-9)
    assert sizes.var() == pytest.approx(6, rel=0.05)
    assert np.mean((sizes - 12.0) ** 4) == pytest.approx(3 * 36 - 2 * 24 / 16, rel=0.1)
    np.testing.assert_allclose(masks.mean(axis=0), 0.5)


def test_all_combinations_are_listed_once_where_they_are_few() -> None:
    """Catches a sample where the answer could be exact, a combination that is missing, and the photo not in front."""
    masks = draw_masks("balanced", 40, 5, np.random.RandomState(0))
    assert len(masks) == len({mask.tobytes() for mask in masks}) == 32
    assert masks[0].all()
    assert len(draw_masks("balanced", 31, 5, np.random.RandomState(0))) == 31


def test_independent_masks_and_their_kernel_are_those_of_the_package() -> None:
    """Catches a difference from the package's own sampling or weights, compared with the package itself."""
    from lime.lime_image import LimeImageExplainer
    from sklearn.metrics import pairwise_distances

    segments = np.arange(6).reshape(2, 3)
    image = np.ones((2, 3, 3), np.float32)
    lime = LimeImageExplainer(random_state=np.random.RandomState(4))
    theirs, _ = lime.data_labels(image, image * 0, segments, lambda rgb: np.zeros((len(rgb), 2)), 30)
    masks = draw_masks("independent", 30, 6, np.random.RandomState(4))
    np.testing.assert_array_equal(masks, theirs == 1)
    distances = pairwise_distances(theirs, theirs[:1], metric="cosine").ravel()
    np.testing.assert_allclose(kernel(masks), lime.base.kernel_fn(distances))


def test_independent_sampling_gives_the_package_s_own_weights() -> None:
    """Catches any step between masks and map that is not the package's: `explain_instance` with the same draws."""
    from lime.lime_image import LimeImageExplainer
    from sklearn.linear_model import Ridge

    network = tanh_network("watershed")
    segments = segments_of("watershed")
    lime = LimeImageExplainer(random_state=np.random.RandomState(3))
    theirs = lime.explain_instance(
        textured().astype(np.float64),
        lambda rgb: network.logits(rgb.astype(np.float32)),
        labels=(0,),
        top_labels=None,
        hide_color=0,
        num_features=100,
        num_samples=120,
        segmentation_fn=lambda _: segments,
        model_regressor=Ridge(alpha=0.1),
        random_seed=0,  # otherwise it draws one from the generator that draws the masks
    )
    explainer = LimeSuperpixels(
        segmentation="watershed", sampling="independent", hidden="black", samples=120, until_settled=False, seed=3
    )
    values = explainer.attribute(network, textured(), 0).values
    expected = np.array([dict(theirs.local_exp[0])[one] for one in range(segments.max() + 1)])
    np.testing.assert_allclose(values, expected[segments], atol=1e-5)


def test_balanced_masks_tend_to_what_independent_ones_tend_to_with_less_error() -> None:
    """Catches another estimand, and balance that gains nothing: 24 superpixels act together, above all in twos."""
    strengths = np.random.default_rng(0).normal(size=24) / 2

    def weights(sampling: str, count: int, seed: int) -> np.ndarray:
        masks = draw_masks(sampling, count, 24, np.random.RandomState(seed))
        return weights_of(masks, np.logaddexp(0, 2 * (masks - 0.5) @ strengths), 24, new_regressor("Ridge", 0))[0]

    reference = np.mean([weights("independent", 20_000, seed) for seed in range(50, 60)], axis=0)
    balanced = np.mean([weights("balanced", 20_000, seed) for seed in range(50, 54)], axis=0)
    np.testing.assert_allclose(balanced, reference, atol=0.02 * reference.std())
    error = {
        sampling: np.mean([np.abs(weights(sampling, 97, seed) - reference).mean() for seed in range(12)])
        for sampling in ("balanced", "independent")
    }
    assert error["balanced"] < 0.6 * error["independent"]


def test_few_superpixels_get_the_closed_form_over_all_combinations() -> None:
    """Catches combinations asked twice or weighted otherwise: the weighted least squares of all of them, written out."""
    tiles = np.kron(np.random.default_rng(5).uniform(0.2, 1, (2, 2, 3)), np.ones((16, 16, 1))).astype(np.float32)
    segments = superpixels_of(tiles, "felzenszwalb")
    superpixels = int(segments.max()) + 1
    assert 4 <= superpixels <= 8
    every = 2**superpixels
    contributions = np.linspace(-1, 2, superpixels)
    weights = fakes.additive(tiles, segments, contributions).weights
    network = fakes.Recorder(fakes.Squared(weights, bias=0.4))
    explainer = LimeSuperpixels(segmentation="felzenszwalb", hidden="black", samples=260)
    result = explainer.attribute(network, tiles, 0)
    assert network.evaluations == len({rgb.tobytes() for _, asked in network.passes for rgb in asked}) == every
    assert result.diagnostics["samples"] == every
    assert result.diagnostics["reliability"] == 1

    masks = np.array(list(itertools.product([0.0, 1.0], repeat=superpixels)))
    answers = (masks @ contributions + 0.4) ** 2
    importance = np.exp(-((1 - np.sqrt(masks.mean(axis=1))) ** 2) / (2 * 0.25**2))
    table = np.column_stack([np.ones(every), masks])
    squares = (table.T * importance) @ table + np.diag([0, *[0.1] * superpixels])
    expected = np.linalg.solve(squares, (table.T * importance) @ answers)[1:]
    np.testing.assert_allclose(result.values, expected[segments], atol=1e-4)


def test_questions_end_when_the_order_has_settled_and_the_bar_is_full() -> None:
    """Catches a stop that comes too late for an additive network, and a bar that stays where the questions ended."""
    segments = segments_of("slic")
    network = fakes.Recorder(fakes.additive(textured(), segments, np.linspace(-2, 3, segments.max() + 1)))
    told: list[float] = []
    explainer = LimeSuperpixels(segmentation="slic", hidden="black", samples=2000)
    result = explainer.attribute(network, textured(), 0, lambda fraction, partial=None: told.append(fraction))
    assert told[-1] == 1
    assert max(told[:-1]) < 0.2
    assert 2 * segments.max() < network.evaluations == result.diagnostics["samples"] < 200
    assert result.diagnostics["reliability"] >= SETTLED


@pytest.mark.parametrize("seed", range(5))
def test_questions_never_end_early_on_answers_that_are_noise(seed: int) -> None:
    """Catches a stop by chance: a network whose logit has nothing to do with the photo."""
    network = Noise(seed)
    result = LimeSuperpixels(segmentation="slic", samples=400, seed=seed).attribute(network, textured(), 0)
    assert result.diagnostics["samples"] == 400
    assert result.diagnostics["reliability"] < SETTLED
    assert result.diagnostics["fit"] < 0.1


def test_a_mask_that_comes_twice_is_evaluated_once_and_counts_twice() -> None:
    """Catches logits on the wrong rows where masks repeat: 60 tosses of 4 coins."""
    masks = draw_masks("independent", 60, 4, np.random.RandomState(0))
    numbers = number_distinct(masks)
    assert numbers.max() + 1 == len({mask.tobytes() for mask in masks}) == len(np.unique(numbers)) < 17
    assert numbers[0] == 0
    for number in np.unique(numbers):
        assert len(np.unique(masks[numbers == number], axis=0)) == 1


@pytest.mark.parametrize("segmentation", ["quickshift", "slic", "watershed"])
def test_a_flat_photo_whose_superpixels_are_their_own_mean_gets_no_weights(segmentation: str) -> None:
    """Catches NaN from a fit to answers that are all the same."""
    flat = np.full((32, 32, 3), 0.4, np.float32)
    result = LimeSuperpixels(segmentation=segmentation, samples=20).attribute(fakes.linear(), flat, 0)
    np.testing.assert_allclose(result.values, 0, atol=1e-5)
    assert np.isfinite(list(result.diagnostics.values())).all()


def test_first_maps_are_shown_early_and_regularly() -> None:
    """Catches a first map after a minute only, and a fit after each batch, which costs more than it shows."""
    recorder = fakes.Recorder(fakes.linear(size=(48, 48)))
    shown: list[int] = []

    def progress(fraction: float, partial: Attribution | None = None) -> None:
        if partial is not None:
            shown.append(recorder.evaluations)

    explainer = LimeSuperpixels(segmentation="slic", samples=250, until_settled=False)
    explainer.attribute(recorder, textured(), 0, progress)
    assert shown[0] <= 60
    assert shown[-1] == 250
    assert 40 <= max(np.diff(shown)) <= 50
    assert len(shown) <= 7
