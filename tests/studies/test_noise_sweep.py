"""The sweep over SmoothGrad's noise against the method itself."""

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.base import softmax
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.explainers.gradients.smooth_grad import SmoothGrad
from xai_core.studies.noise_sweep import LEVELS, NoiseSweep, NoiseSweepResult
from xai_core.types import Attribution, StudyOutput

TARGET = 1


def sweep(network: fakes.Quadratic) -> NoiseSweepResult:
    return NoiseSweep(samples=20, seed=2).run(network, fakes.photo()[np.newaxis], TARGET)


def test_each_map_is_the_method_s_own_and_the_first_is_saliency() -> None:
    """Catches a sweep with other noise, other samples or another form than the method that it is about."""
    network = fakes.quadratic()
    result = sweep(network)
    assert list(result.levels) == list(LEVELS) and LEVELS[0] == 0 and LEVELS[-1] == 50
    for level, drawn in zip(LEVELS, result.maps, strict=True):
        method = SmoothGrad(noise=level, samples=20, seed=2)
        np.testing.assert_array_equal(drawn, method.attribute(network, fakes.photo(), TARGET).values)
    np.testing.assert_allclose(result.maps[0], Saliency().attribute(network, fakes.photo(), TARGET).values, rtol=1e-6)


def test_the_pictures_are_copies_that_the_network_was_given() -> None:
    """Catches pictures with noise of their own, and probabilities of the clipped picture instead of the copy."""
    recorder = fakes.Recorder(fakes.quadratic())
    result = sweep(recorder)
    [(_, copies)] = [entry for entry in recorder.passes if entry[0] == "logits"]
    batches = [rgb for name, rgb in recorder.passes if name == "gradients"]
    for number, copy in enumerate(copies):
        assert any(np.array_equal(copy, batch[0]) for batch in batches), LEVELS[number]
    assert copies[-1].max() > 1 and copies[-1].min() < 0
    np.testing.assert_allclose(result.photos / 255, copies.clip(0, 1), atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(result.probabilities, softmax(recorder.inner.logits(copies))[:, TARGET], rtol=1e-5)


def test_progress_brings_one_map_after_the_other() -> None:
    """Catches a bar that starts again at each level."""
    reports: list[tuple[float, int]] = []

    def progress(fraction: float, partial: Attribution | StudyOutput | None = None) -> None:
        reports.append((fraction, len(partial.maps) if isinstance(partial, NoiseSweepResult) else 0))

    NoiseSweep(samples=20).run(fakes.quadratic(), fakes.photo()[np.newaxis], TARGET, progress)
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(fractions) and fractions.count(1) == 1 and fractions[-1] == pytest.approx(1)
    assert [count for _, count in reports if count] == list(range(1, len(LEVELS) + 1))
