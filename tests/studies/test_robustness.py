"""The study of changed photos on networks whose answers are known."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests import fakes
from xai_core.classifiers.base import softmax
from xai_core.errors import CancelledError, ParameterError, UnsupportedError
from xai_core.maps.grid import GRID
from xai_core.photos.perturbations import CHANGES
from xai_core.studies.robustness import METHODS, Robustness, RobustnessResult

TARGET = 1


class Straight(fakes.Complete):
    """A linear network (logit_c = w_c x + bias) with a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.curvature = np.zeros_like(self.curvature)


class Looking(Straight):
    """A network whose layer holds the photo's own brightness, one value for 2 x 2 pixels: its Grad-CAM moves with it."""

    def layer_gradients(self, rgb: np.ndarray, layer: str, target: int) -> tuple[np.ndarray, np.ndarray]:
        count, height, width, _ = rgb.shape
        light = rgb.reshape(count, height // 2, 2, width // 2, 2, 3).mean(axis=(2, 4, 5))[..., np.newaxis]
        return light, np.ones_like(light)


def dim_photo() -> np.ndarray:
    """Return a photo that stays under white at twice its brightness, smooth enough to be turned."""
    rows, columns = np.mgrid[: fakes.SIZE[0], : fakes.SIZE[1]] / fakes.SIZE[0]
    light = 0.25 + 0.12 * np.sin(5 * columns + 1) + 0.1 * np.cos(4 * rows)
    return np.stack([light, light * 0.9, light * 0.8], axis=-1).astype(np.float32)


def run(study: Robustness, network: fakes.Complete | None = None, photo: np.ndarray | None = None) -> RobustnessResult:
    return study.run(network or Straight(), (dim_photo() if photo is None else photo)[np.newaxis], TARGET)


def test_the_logit_of_a_linear_model_is_linear_in_the_light() -> None:
    """Catches light that is added instead of multiplied, amounts in another order, and another class's logit."""
    network, photo = Straight(), dim_photo()
    result = run(Robustness(change="brightness", steps=11), network, photo)
    evidence = float((network.weights[TARGET].astype(np.float64) * photo).sum())
    expected = network.bias + np.linspace(0, 2, 11) * evidence
    np.testing.assert_allclose(result.amounts, np.linspace(0, 200, 11))
    np.testing.assert_allclose(result.target_logits, expected, rtol=1e-4, atol=1e-5)
    assert result.logit == pytest.approx(network.bias + evidence, rel=1e-4)


def test_the_most_probable_classes_come_in_order_with_their_probabilities() -> None:
    """Catches classes ranked by another step's probabilities, and probabilities in another order."""
    network, photo = Straight(), dim_photo()
    result = run(Robustness(change="brightness", steps=5), network, photo)
    for factor, top, probabilities, of_target in zip(
        np.linspace(0, 2, 5),
        result.top,
        result.top_probabilities,
        result.target_probabilities,
        strict=True,
    ):
        expected = softmax(network.logits((photo * factor).astype(np.float32)[np.newaxis])[0])
        np.testing.assert_array_equal(top, np.argsort(-expected, kind="stable"))
        np.testing.assert_allclose(probabilities, np.sort(expected)[::-1], rtol=1e-4)
        assert of_target == pytest.approx(expected[TARGET], rel=1e-4)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("method", METHODS)
def test_an_unchanged_photo_agrees_with_itself(change: str, method: str) -> None:
    """Catches a neutral amount that still changes the photo or its map."""
    result = run(Robustness(change=change, steps=5, method=method), Looking())
    [unchanged] = np.flatnonzero(result.amounts == CHANGES[change].neutral)
    assert result.agreement[unchanged] == pytest.approx(1)
    assert result.shared[unchanged] == 1
    np.testing.assert_array_equal(result.maps[unchanged], result.plain_map)
    assert result.target_logits[unchanged] == pytest.approx(result.logit, rel=1e-5)


@pytest.mark.parametrize("change", ["rotation", "shift", "scale"])
def test_a_map_that_moves_with_the_photo_keeps_agreeing(change: str) -> None:
    """Catches maps compared without moving them back, and filled corners that take part."""
    result = run(Robustness(change=change, steps=9), Looking())
    assert result.agreement.min() > 0.95


def test_a_map_that_stays_where_it_is_does_not_agree_with_a_turned_photo() -> None:
    """Catches an agreement that is always high: this network's Grad-CAM does not depend on the photo at all."""
    result = run(Robustness(change="rotation", steps=5))
    agreement = result.agreement
    assert agreement[0] == agreement[4] == pytest.approx(1)
    plain = result.plain_map
    half_turn = spearmanr(plain, plain[::-1, ::-1], axis=None).statistic
    assert agreement[2] == pytest.approx(half_turn, abs=1e-4)
    assert half_turn < 0.9


def test_an_empty_map_has_no_agreement() -> None:
    """Catches the constant map of a layer without evidence that counts as perfect agreement."""
    network = Looking()
    network.layer_gradients = lambda rgb, layer, target: (np.ones((len(rgb), 4, 4, 1)), -np.ones((len(rgb), 4, 4, 1)))  # type: ignore[method-assign]
    assert np.isnan(run(Robustness(steps=3), network).agreement).all()


def test_the_shape_of_the_photo_before_it_was_squeezed_counts() -> None:
    """A shift by half of the width leaves half of the places in sight in every shape; a quarter turn does not."""
    square, wide = (run(Robustness(steps=5, aspect=aspect)).shared for aspect in (1.0, 2.0))
    assert square[1] == 1
    assert wide[1] == pytest.approx(0.5, abs=0.02)
    assert run(Robustness(change="shift", steps=3, aspect=2.0)).shared[0] == pytest.approx(0.5)


def test_first_results_are_the_beginning_of_the_last_and_progress_ends_at_one() -> None:
    """Catches rows of a first result that are mixed up or overwritten later."""
    reports: list[tuple[float, RobustnessResult | None]] = []
    result = Robustness(steps=11).run(
        Looking(), dim_photo()[np.newaxis], TARGET, lambda fraction, partial=None: reports.append((fraction, partial))
    )
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    partials = [partial for _, partial in reports if partial is not None]
    assert [len(partial.maps) for partial in partials] == list(range(1, 12))
    rows = [entry.name for entry in dataclasses.fields(result) if isinstance(getattr(result, entry.name), np.ndarray)]
    for name in rows:
        values, whole = getattr(partials[4], name), getattr(result, name)
        np.testing.assert_array_equal(values, whole if name == "plain_map" else whole[:5])
    assert result.maps.shape == (11, GRID, GRID)


def test_the_photo_and_the_network_stay_as_they_were_and_a_cancel_ends_the_passes() -> None:
    """Catches a change made in the visitor's own photo, and a study that goes on after its cancel."""
    photo, network = dim_photo(), Looking()
    recorder = fakes.Recorder(network)

    def cancel(fraction: float, partial: RobustnessResult | None = None) -> None:
        if fraction > 0:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        Robustness(steps=41).run(recorder, photo[np.newaxis], TARGET, cancel)
    assert recorder.evaluations <= 12
    np.testing.assert_array_equal(photo, dim_photo())


def test_settings_out_of_range_and_networks_without_layers_are_refused() -> None:
    """Catches parameters without their ranges, and a TypeError where Grad-CAM has no layer."""
    for wrong in ({"change": "fog"}, {"steps": 2}, {"method": "tea_leaves"}, {"aspect": 0.0}):
        with pytest.raises(ParameterError):
            Robustness(**wrong)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="choose another method"):
        Robustness(steps=3).run(fakes.linear(), dim_photo()[np.newaxis], TARGET)
