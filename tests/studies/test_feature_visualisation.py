"""Feature visualisation on networks whose best picture is known."""

from typing import Any

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import CancelledError, UnknownNameError
from xai_core.studies.feature_visualisation import CANVAS, FeatureVisualisation, FeatureVisualisationResult
from xai_core.types import Attribution, StudyOutput

PHOTOS = np.zeros((1, *fakes.SIZE, 3), np.float32)
#: Nothing that pulls the picture away from the optimum.
BARE: dict[str, Any] = {"jitter": 0, "blur": 0.0, "decay": 0.0, "smoothness": 0.0}


def test_the_climb_reaches_the_best_picture_of_a_linear_network() -> None:
    """Catches a step in the wrong direction, and a picture that leaves [0, 1]."""
    network = fakes.linear()
    result = FeatureVisualisation(steps=120, step_size=0.3, **BARE).run(network, PHOTOS, 1)
    weights = network.weights[1]
    picture = result.picture
    best = np.maximum(weights, 0).sum() + network.bias
    assert result.after == pytest.approx(best, rel=2e-3)
    clear = np.abs(weights) > 0.002
    np.testing.assert_allclose(picture[clear], weights[clear] > 0, atol=0.02)


def test_the_climb_stops_at_the_top_of_a_hill_inside_the_range() -> None:
    """Catches steps that do not shrink and so jump over the top for ever."""
    generator = np.random.default_rng(2)
    top = generator.uniform(0.3, 0.7, (fakes.CLASSES, *fakes.SIZE, 3))
    curvature = -np.full_like(top, 0.1)
    network = fakes.Quadratic(-curvature * top, curvature)
    result = FeatureVisualisation(steps=200, step_size=0.05, **BARE).run(network, PHOTOS, 2)
    np.testing.assert_allclose(result.picture, top[2], atol=0.02)


def test_the_activations_are_the_network_s_own() -> None:
    """Catches an activation reported for the shifted picture, or for one step earlier."""
    network = fakes.quadratic()
    result = FeatureVisualisation(steps=7).run(network, PHOTOS, 0)
    assert result.after == pytest.approx(network.logits(result.picture[np.newaxis])[0, 0])
    grey = FeatureVisualisation(steps=1, start="grey").run(network, PHOTOS, 0)
    assert grey.before == pytest.approx(network.logits(np.full_like(PHOTOS, 0.5))[0, 0], rel=1e-5)


def test_a_channel_is_climbed_instead_of_the_breed() -> None:
    """Catches a channel that is ignored for the breed; the fake's channel 5 is its class 2."""
    network = fakes.Complete()
    channel = FeatureVisualisation(channel=5).run(network, PHOTOS, 0)
    breed = FeatureVisualisation().run(network, PHOTOS, 2)
    np.testing.assert_array_equal(channel.picture, breed.picture)
    assert (channel.before, channel.after, channel.steps) == (breed.before, breed.after, breed.steps)
    with pytest.raises(UnknownNameError):
        FeatureVisualisation(channel=0, layer="mixed7").run(network, PHOTOS, 0)


def test_the_gradient_is_shifted_back_to_where_it_belongs() -> None:
    """Catches jitter that smears the picture: for a linear network one step is its weights, rolled by the jitter."""
    network = fakes.linear()
    settings = {**BARE, "jitter": 5}
    picture = FeatureVisualisation(start="grey", steps=1, step_size=0.05, seed=3, **settings).run(network, PHOTOS, 0)
    moved = picture.picture - 0.5
    weights = network.weights[0]
    expected = 0.05 * weights / np.sqrt(np.mean(weights.astype(np.float64) ** 2))
    shifts = [(down, right) for down in range(-5, 6) for right in range(-5, 6)]
    fits = [shift for shift in shifts if np.allclose(moved, np.roll(expected, shift, (0, 1)), atol=1e-5)]
    assert len(fits) == 1


def test_decay_balances_the_step() -> None:
    """Catches decay towards black: on a linear network step and decay balance where both are equal."""
    network = fakes.linear()
    settings = {**BARE, "decay": 0.1}
    result = FeatureVisualisation(start="grey", steps=2, step_size=0.02, **settings).run(network, PHOTOS, 0)
    direction = network.weights[0] / np.sqrt(np.mean(network.weights[0].astype(np.float64) ** 2))
    first = 0.9 * 0.02 * direction
    np.testing.assert_allclose(result.picture - 0.5, 0.9 * (first + 0.01 * direction), atol=1e-5)


def roughness(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=0)).mean() / picture.std())


@pytest.mark.parametrize("setting", [{"blur": 2.0}, {"smoothness": 1.5}])
def test_blur_and_smoothness_take_fine_noise_away(setting: dict[str, float]) -> None:
    """Catches a regulariser that is declared and not used."""
    network = fakes.linear()
    plain = FeatureVisualisation(steps=9, **BARE).run(network, PHOTOS, 0).picture
    regularised = FeatureVisualisation(steps=9, **{**BARE, **setting}).run(network, PHOTOS, 0)
    assert roughness(regularised.picture) < 0.7 * roughness(plain)
    assert regularised.after > regularised.before


def test_a_silent_filter_leaves_the_picture_alone() -> None:
    """Catches a division by a gradient of length 0."""
    network = fakes.Linear(np.zeros((fakes.CLASSES, *fakes.SIZE, 3)), bias=1.0)
    result = FeatureVisualisation(steps=3, start="grey").run(network, PHOTOS, 0)
    np.testing.assert_array_equal(result.picture, 0.5)
    assert result.before == result.after == 1


def test_the_seed_decides_and_numpy_s_generator_is_left_alone() -> None:
    """Catches draws from NumPy's global generator, and a seed that is ignored."""
    np.random.seed(1)
    pictures = [
        FeatureVisualisation(steps=4, seed=seed).run(fakes.quadratic(), PHOTOS, 0).picture for seed in (0, 0, 1)
    ]
    assert np.random.random_sample() == np.random.RandomState(1).random_sample()
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_it_shows_the_picture_while_it_climbs_and_can_be_stopped() -> None:
    """Catches a picture that is shown only at the end, one outside [0, 1], and a study that goes on after its cancel."""
    reports: list[tuple[float, Attribution | StudyOutput | None]] = []

    def progress(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        reports.append((fraction, partial))
        if fraction > 0.6:
            raise CancelledError("cancelled")

    recorder = fakes.Recorder(fakes.linear())
    with pytest.raises(CancelledError):
        FeatureVisualisation(steps=30).run(recorder, PHOTOS, 0, progress)
    assert [round(fraction * 30) for fraction, _ in reports] == [0, 5, 10, 15, 20]
    afters = [partial.after for _, partial in reports if isinstance(partial, FeatureVisualisationResult)]
    assert afters == sorted(afters)
    assert len([name for name, _ in recorder.passes if name == "gradients"]) == 20
    assert all(rgb.min() >= 0 and rgb.max() <= 1 and rgb.dtype == np.float32 for _, rgb in recorder.passes)


def test_the_canvas_is_one_photo_for_everybody() -> None:
    """Catches a digest that changes with each start, so that nothing is found in the store again."""
    assert CANVAS.digest == "bd724c65d1ae73db8ab90fce38e0d27028b2ce45cabdcca9e42774871ebce58c"
