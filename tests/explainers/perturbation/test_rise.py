"""RISE: the paper's masks and the paper's estimate, less the mean logit."""

import numpy as np
import pytest

from tests import fakes
from xai_core.explainers.perturbation.rise import Rise, mask_maker
from xai_core.maps.agreement import rank_correlation

SMALL = (12, 9)


def white(size: tuple[int, int]) -> np.ndarray:
    """Return a photo through which the masks can be seen as they are."""
    return np.ones((*size, 3), np.float32)


def test_masks_are_grids_enlarged_as_in_the_paper() -> None:
    """Catches another enlargement or cut: some 0/1 grid, enlarged by scikit-image, must hold the mask somewhere."""
    import itertools

    from skimage.transform import resize

    masks = mask_maker(*SMALL, 2, 0.5, np.random.default_rng(0))(12)
    # Cells of 6 x 5 pixels, enlarged to one cell more than the photo has.
    grids = [np.reshape(one, (2, 2)).astype(float) for one in itertools.product([0, 1], repeat=4)]
    larger = [resize(grid, (18, 15), order=1, mode="edge", anti_aliasing=False) for grid in grids]
    cuts = [one[top : top + 12, left : left + 9] for one in larger for top in range(6) for left in range(5)]
    for mask in masks:
        assert min(np.abs(cut - mask).max() for cut in cuts) < 1e-5
    assert len({mask.tobytes() for mask in masks}) > 6


@pytest.mark.parametrize("visible", [0.2, 0.5])
def test_every_pixel_is_visible_equally_often(visible: float) -> None:
    """Catches edges that are seen less than the middle, which would show on every map."""
    masks = mask_maker(*SMALL, 4, visible, np.random.default_rng(1))(8000)
    assert masks.dtype == np.float32
    assert masks.min() >= 0
    assert masks.max() <= 1
    np.testing.assert_allclose(masks.mean(axis=0), visible, atol=0.03)


@pytest.mark.parametrize("visible", [0.2, 0.5])
def test_each_mask_by_itself_is_the_paper_s(visible: float) -> None:
    """Catches balance that changes what a mask is: how often a cell and its neighbour are visible, alone and together."""
    masks = np.concatenate([mask_maker(4, 4, 4, visible, np.random.default_rng(seed))(8) for seed in range(1500)])
    # Cells of one pixel: the mask is cut from the grid, enlarged from 4 to 5 pixels, always at its corner.
    enlarged = np.array([np.interp((np.arange(4) + 0.5) * 0.8 - 0.5, np.arange(4), one) for one in np.eye(4)]).T
    grids = np.linalg.inv(enlarged) @ masks @ np.linalg.inv(enlarged).T
    np.testing.assert_allclose(grids, grids.round(), atol=1e-4)
    np.testing.assert_allclose(grids.mean(axis=0), visible, atol=0.02)
    assert (grids[:, 0, 0] * grids[:, 0, 1]).mean() == pytest.approx(visible**2, abs=0.02)
    assert (grids[:, 0, 0] * grids[:, 1, 1] * grids[:, 2, 3]).mean() == pytest.approx(visible**3, abs=0.02)


def test_by_half_two_masks_in_succession_are_complements() -> None:
    """Catches opposites that are cut at different places."""
    masks = mask_maker(*SMALL, 3, 0.5, np.random.default_rng(2))(20)
    np.testing.assert_allclose(masks[::2] + masks[1::2], 1, atol=1e-6)


def test_balanced_masks_err_less_than_the_paper_s_independent_ones() -> None:
    """Catches balance that gains nothing: what a smooth linear network says of 200 masks, 12 seeds, against 30,000."""
    rows, columns = np.mgrid[: SMALL[0], : SMALL[1]]
    weights = (np.sin(rows / 3) * np.cos(columns / 2.5)).ravel()

    def error(masks: np.ndarray, truth: np.ndarray) -> float:
        return float(np.abs(from_masks(masks) - truth).mean())

    def from_masks(masks: np.ndarray) -> np.ndarray:
        logits = masks.reshape(len(masks), -1) @ weights
        estimate: np.ndarray = np.tensordot(logits - logits.mean(), masks, axes=1) / (0.5 * len(masks))
        return estimate

    def drawn(count: int, *seed: int) -> np.ndarray:
        return mask_maker(*SMALL, 5, 0.5, np.random.default_rng(seed))(count)

    truth = np.mean([from_masks(drawn(5000, seed)) for seed in range(100, 106)], axis=0)
    balanced = np.mean([error(drawn(200, seed), truth) for seed in range(12)])
    # The first masks of as many makers: nothing ties one to another.
    independent = [np.concatenate([drawn(1, seed, number) for number in range(200)]) for seed in range(12)]
    assert balanced < 0.8 * np.mean([error(masks, truth) for masks in independent])


def test_reliability_is_about_the_agreement_with_many_masks() -> None:
    """Catches halves that share masks, whose agreement would promise too much."""
    network, rgb = fakes.quadratic(size=SMALL), fakes.photo(SMALL)
    truth = Rise(samples=10000, cells=3).attribute(network, rgb, 0).values
    maps = [Rise(samples=60, cells=3, seed=seed).attribute(network, rgb, 0) for seed in range(1, 13)]
    agreement = np.mean([rank_correlation(one.values, truth) for one in maps])
    assert np.mean([one.diagnostics["reliability"] for one in maps]) == pytest.approx(agreement, abs=0.12)


def test_the_map_and_the_mean_logit_are_the_paper_s_estimate() -> None:
    """Catches a wrong normalisation: sum of f M / (p N) from the questions that were really asked (equation 6)."""
    network = fakes.Recorder(fakes.quadratic(size=SMALL))
    result = Rise(samples=30, cells=3, visible=40).attribute(network, white(SMALL), 1)
    asked = np.concatenate([rgb for _, rgb in network.passes])
    np.testing.assert_array_equal(asked[0], white(SMALL))
    masks, logits = asked[1:, ..., 0].astype(np.float64), network.inner.logits(asked[1:])[:, 1].astype(np.float64)
    papers = np.tensordot(logits, masks, axes=1) / (0.4 * 30)
    ours = result.values + logits.mean() * masks.mean(axis=0) / 0.4
    np.testing.assert_allclose(ours, papers, atol=1e-5)
    assert result.diagnostics["mean_logit"] == pytest.approx(logits.mean())
    assert result.diagnostics["logit"] == pytest.approx(float(network.inner.logits(white(SMALL)[np.newaxis])[0, 1]))


def test_a_linear_network_gets_what_each_pixel_s_visibility_brings_with_it() -> None:
    """Catches a bias: the expectation is the sum of w x cov(M(other), M(pixel)) / p, known from where masks can lie."""
    cells, visible = 3, 0.5
    network = fakes.linear(size=SMALL)
    rgb = fakes.photo(SMALL)

    def together(side: int) -> np.ndarray:
        """Return f64[side,side]: how much two pixels of a line share their cells, averaged over all cuts."""
        cell = -(-side // cells)
        places = (np.arange((cells + 1) * cell) + 0.5) * cells / ((cells + 1) * cell) - 0.5
        parts = np.array([np.interp(places, np.arange(cells), one) for one in np.eye(cells)]).T
        return np.mean([parts[top : top + side] @ parts[top : top + side].T for top in range(cell)], axis=0)

    products = (network.weights[2].astype(np.float64) * rgb).sum(axis=2)
    expected = (1 - visible) * together(SMALL[0]) @ products @ together(SMALL[1])
    values = Rise(samples=10000, cells=cells, visible=50).attribute(network, rgb, 2).values
    np.testing.assert_allclose(values, expected, atol=0.06 * np.abs(expected).max())


def test_a_network_that_looks_at_nothing_gets_an_empty_map() -> None:
    """Catches the pattern of chance that the paper's form leaves: a high logit that no pixel has a part in."""
    network = fakes.Linear(np.zeros((3, *SMALL, 3)), bias=20)
    values = Rise(samples=20, cells=3).attribute(network, white(SMALL), 0).values
    np.testing.assert_allclose(values, 0, atol=1e-4)
