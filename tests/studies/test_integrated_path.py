"""The path of Integrated Gradients on networks whose answers along it are known."""

import numpy as np
import pytest
from scipy.special import expit

from tests import fakes
from xai_core.classifiers.base import softmax
from xai_core.errors import CancelledError
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.studies.integrated_path import IntegratedPath, IntegratedPathResult, PathCurve
from xai_core.types import Attribution, StudyOutput

TARGET = 1


class Saturating(fakes.Linear):
    """A linear network whose logit for the target levels off: 4 sigmoid(12 (w x - 0.3))."""

    def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
        return 4 * expit(12 * (super().logits(rgb) - 0.3))

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: str = "plain", low_precision: bool = False
    ) -> np.ndarray:
        level = super().logits(rgb)[:, target, np.newaxis, np.newaxis, np.newaxis]
        slope = expit(12 * (level - 0.3)) * (1 - expit(12 * (level - 0.3)))
        return (48 * slope * self.weights[target]).astype(np.float32)


def rising() -> Saturating:
    """Return such a network whose w x goes from 0 (black) to 1 (the photo) for each class but at another speed."""
    shares = np.stack([fakes.photo() * factor for factor in (0.2, 1.0, 0.4)])
    return Saturating(shares / float((fakes.photo().astype(np.float64) ** 2).sum()))


def walk(network: fakes.Quadratic, **settings: object) -> IntegratedPathResult:
    return IntegratedPath(**settings).run(network, fakes.photo()[np.newaxis], TARGET)


@pytest.mark.parametrize("baseline", ["black", "grey", "blurred", "noise"])
@pytest.mark.parametrize("steps", [1, 7, 23])
def test_the_running_sum_ends_at_the_explainer_s_map(baseline: str, steps: int) -> None:
    """Catches another empty picture, another spacing or another seed than the method's own."""
    network = fakes.quadratic()
    result = walk(network, baseline=baseline, steps=steps, seed=3)
    method = IntegratedGradients(baseline=baseline, steps=steps, seed=3).attribute(network, fakes.photo(), TARGET)
    np.testing.assert_allclose(result.sums[-1], method.values.sum(axis=-1), rtol=1e-3, atol=1e-6)
    assert result.collected[-1] == pytest.approx(method.values.sum(dtype=np.float64), rel=1e-4)
    expected = {name: number for name, number in method.diagnostics.items() if name != "reliability"}
    assert result.diagnostics == pytest.approx(expected, abs=1e-5)


def test_the_running_sum_follows_the_logit() -> None:
    """Catches sums that lag a step behind: midpoints are exact on a quadratic network, at every place of the path."""
    network = fakes.quadratic()
    result = walk(network, baseline="grey", steps=20)
    np.testing.assert_allclose(result.collected, result.logits - result.logits[0], atol=2e-5)
    np.testing.assert_allclose(result.sums.sum(axis=(1, 2)), result.collected[result.shown], atol=1e-4)
    assert not result.sums[0].any()


def test_photos_and_gradients_are_those_of_the_places_on_the_path() -> None:
    """Catches pictures of the midpoints, which never show the empty picture or the photo itself."""
    network = fakes.quadratic()
    result = walk(network, steps=40)
    assert list(result.shown) == list(range(0, 41, 4))
    np.testing.assert_allclose(result.positions, np.linspace(0, 1, 41), atol=1e-6)
    for place, photo, gradient in zip(result.shown, result.photos, result.gradients, strict=True):
        here = fakes.photo() * (place / 40)
        assert np.abs(photo / 255 - here).max() <= 0.5 / 255 + 1e-6
        expected = Saliency().attribute(network, here.astype(np.float32), TARGET).values
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)


def test_logits_and_probabilities_are_the_network_s_own() -> None:
    """Catches the curve of another class, or one that starts at the photo."""
    network = fakes.quadratic()
    result = walk(network, steps=10)
    path = fakes.photo() * (np.arange(11) / 10)[:, np.newaxis, np.newaxis, np.newaxis].astype(np.float32)
    np.testing.assert_allclose(result.logits, network.logits(path)[:, TARGET], atol=1e-5)
    np.testing.assert_allclose(result.probabilities, softmax(network.logits(path))[:, TARGET], atol=1e-5)


def test_a_score_that_levels_off_is_seen_along_the_path_and_not_in_the_photo_s_gradient() -> None:
    """Catches a "convinced" counted from the end, or read off the wrong curve."""
    result = walk(rising(), steps=40)
    curve = result.probabilities
    place = round(result.convinced * 40)
    assert curve[place] >= 0.9 * curve[-1] > curve[place - 1]
    assert 0.1 < result.convinced < 0.7
    sizes = result.gradients.mean(axis=(1, 2))
    assert sizes[-1] < 0.01 * sizes.max()
    assert result.diagnostics["relative_delta"] < 0.01


def test_fewer_steps_than_pictures_show_each_place_once() -> None:
    """Catches doubled pictures on the slider."""
    assert list(walk(fakes.linear(), steps=4).shown) == [0, 1, 2, 3, 4]


def test_progress_shows_the_curve_first_and_ends_at_one() -> None:
    """Catches a bar that jumps back, and a page that waits for all gradients before it shows anything."""
    reports: list[tuple[float, Attribution | StudyOutput | None]] = []
    result = IntegratedPath(steps=30).run(
        fakes.quadratic(), fakes.photo()[np.newaxis], TARGET, lambda *now: reports.append((now[0], (*now, None)[1]))
    )
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and fractions.count(1) == 1
    firsts = [partial for _, partial in reports[:-1] if isinstance(partial, PathCurve)]
    for curve in firsts:
        assert not isinstance(curve, IntegratedPathResult)
        np.testing.assert_array_equal(curve.logits, result.logits[: len(curve.logits)])
    assert [len(curve.positions) for curve in firsts] == [8, 16, 24, 31]
    assert reports[-1][1] is result


def test_a_cancel_ends_the_passes_and_nothing_is_written_into_the_photo() -> None:
    """Catches a study that goes on after its cancel, and one that works in the visitor's own photo."""
    recorder = fakes.Recorder(fakes.quadratic())
    photos = fakes.photo()[np.newaxis].copy()

    def cancel(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        IntegratedPath().run(recorder, photos, TARGET, cancel)
    assert recorder.evaluations <= 8
    np.testing.assert_array_equal(photos[0], fakes.photo())
