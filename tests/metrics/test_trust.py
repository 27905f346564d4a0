"""The sanity check and stability on networks and maps whose answer is known."""

import numpy as np
import pytest
from scipy.ndimage import sobel

from tests import fakes
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.metrics import trust


def edges(rgb: np.ndarray) -> np.ndarray:
    """Return an edge detector's map f32[h,w]: it never asks a network."""
    light = rgb.mean(axis=-1)
    return np.hypot(sobel(light, 0), sobel(light, 1)).astype(np.float32)


def test_an_edge_detector_fails_however_steady_it_is() -> None:
    """Catches a check that a map passes which never looked at the network."""
    values = edges(fakes.photo((64, 64)))
    found = trust.verdict(trust.sanity(values, {6: values}), trust.stability(values, {"noise": values}))
    assert (found.mark, found.reason) == ("failed", "survives")
    assert found.sanity == found.stability == pytest.approx(1)


def test_a_map_that_is_the_weights_passes() -> None:
    """Catches a sanity check that refuses a map of what the network learned."""
    network, other = fakes.linear(0, (64, 64)), fakes.linear(9, (64, 64))
    rgb = fakes.photo((64, 64))
    values, changed = (Saliency().attribute(one, rgb, 0).values for one in (network, other))
    survived = trust.sanity(values, {6: changed})
    assert abs(survived.value) < 0.1
    assert trust.verdict(survived, trust.stability(values, {"noise": values})).mark == "trusted"


def test_the_step_that_a_map_survives_best_counts() -> None:
    """Catches a verdict from the last step alone: some maps ignore the upper half of a network and not its beginning."""
    values, unlike = edges(fakes.photo((64, 64))), fakes.photo((64, 64), seed=1)[..., 0]
    found = trust.sanity(values, {6: unlike, 2: values})
    assert found.value == pytest.approx(1)
    np.testing.assert_allclose(found.curve[:2], 1)  # type: ignore[index]
    assert found.curve[2] < 0.9  # type: ignore[index]


def test_coarse_maps_that_agree_by_chance_pass() -> None:
    """Catches a fixed limit alone: two unrelated blobs of a coarse map overlap easily."""
    rows, columns = np.mgrid[:14, :14]
    blob = np.exp(-((rows - 6) ** 2 + (columns - 6) ** 2) / 40).astype(np.float32)
    other = np.exp(-((rows - 7) ** 2 + (columns - 9) ** 2) / 40).astype(np.float32)
    found = trust.sanity(blob, {1: other})
    assert found.curve[1] > trust.SURVIVES  # type: ignore[index]
    assert found.value == 0
    assert trust.sanity(blob, {1: blob}).value == pytest.approx(1)


def test_the_least_stable_map_counts_and_its_sign_too() -> None:
    """Catches a mean over the variants, and an agreement of strengths that ignores signs."""
    values = edges(fakes.photo((64, 64)))
    found = trust.stability(values, {"noise": values, "seed": -values})
    assert found.value == pytest.approx(-1)
    verdict = trust.verdict(trust.sanity(values, {1: fakes.linear(3, (64, 64)).weights[0]}), found)
    assert (verdict.mark, verdict.reason) == ("doubtful", "unsteady")


def test_of_an_empty_map_nothing_is_claimed() -> None:
    """Catches NaN that passes as "no agreement"."""
    empty, other = np.zeros((8, 8), np.float32), edges(fakes.photo((64, 64)))
    verdict = trust.verdict(trust.sanity(empty, {1: other}), trust.stability(empty, {"noise": empty}))
    assert (verdict.mark, verdict.reason) == ("doubtful", "empty")


def test_a_map_of_which_nothing_is_left_has_passed() -> None:
    """Catches a Grad-CAM that is refused because the random network finds no evidence at all."""
    empty, values = np.zeros((8, 8), np.float32), edges(fakes.photo((64, 64)))
    survived = trust.sanity(values, {1: empty, 2: empty})
    assert survived.value == 0
    assert trust.verdict(survived, trust.stability(values, {"noise": values})).mark == "trusted"


def test_noise_is_small_everywhere_and_stays_in_range() -> None:
    """Catches noise that people could see, that wraps around at black or white, or that has a bias."""
    photo = np.array([0, 1, 128, 254, 255], np.uint8).repeat(300).reshape(5, 100, 3)
    noisy = trust.imperceptibly_noisy(photo).astype(int)
    moved = np.abs(noisy - photo)
    assert moved.max() == 2
    assert set(np.unique(moved[1:4])) <= {1, 2}
    assert noisy.min() >= 0
    assert noisy.max() <= 255
    assert abs((noisy - photo)[2].mean()) < 0.3
    np.testing.assert_array_equal(trust.imperceptibly_noisy(photo, 4), trust.imperceptibly_noisy(photo, 4))
