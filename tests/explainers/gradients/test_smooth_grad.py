"""SmoothGrad: what it is without noise, and what its forms must be on a quadratic network, whose gradient is w + q x."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import ParameterError
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.explainers.gradients.smooth_grad import SmoothGrad


def smooth(network: fakes.Quadratic, **settings: object) -> np.ndarray:
    return SmoothGrad(**settings).attribute(network, fakes.photo(), 1).values.astype(np.float64)


def gradient(network: fakes.Quadratic) -> np.ndarray:
    return network.gradients(fakes.photo()[np.newaxis], 1)[0]


def spread(noise: int) -> float:
    """Return the noise's standard deviation: a share of the photo's own range, not of [0, 1]."""
    return noise / 100 * float(np.ptp(fakes.photo()))


def test_without_noise_it_is_the_gradient() -> None:
    """Catches noise that is added anyway, and a network that is asked the same thing again and again."""
    network = fakes.Recorder(fakes.quadratic())
    np.testing.assert_allclose(smooth(network, noise=0, form="mean"), gradient(network.inner), rtol=1e-6)
    assert network.evaluations == 1
    saliency = Saliency().attribute(network.inner, fakes.photo(), 1).values
    np.testing.assert_allclose(smooth(network.inner, noise=0), saliency, rtol=1e-6)
    np.testing.assert_allclose(smooth(network.inner, noise=0, form="squared"), gradient(network.inner) ** 2, rtol=1e-5)
    assert not smooth(network.inner, noise=0, form="variance").any()


def test_the_noise_has_the_share_of_the_photo_s_range_and_mean_zero() -> None:
    """Catches a share of [0, 1], a variance in the place of a deviation, one draw for all samples, and clipping."""
    network = fakes.Recorder(fakes.linear())
    smooth(network, noise=20, samples=40)
    noise = np.concatenate([rgb for _, rgb in network.passes]) - fakes.photo()
    assert noise.shape[0] == 40
    assert noise.std() == pytest.approx(spread(20), rel=0.01)
    assert abs(noise.mean()) < 0.002
    assert noise.max() > 4 * spread(20)  # of 122,880 draws; clipped at the photo's range there would be none
    assert noise.std(axis=0).min() > 0.3 * spread(20)


def test_mean_and_magnitude_come_near_the_gradient_of_a_quadratic_network() -> None:
    """Catches a sum instead of a mean: the gradient is linear in x, so that its mean over the noise is itself."""
    network = fakes.quadratic()
    error = smooth(network, samples=400, form="mean") - gradient(network)
    expected = np.abs(network.curvature[1]) * spread(15) / 400**0.5
    assert np.sqrt(np.mean(error**2)) == pytest.approx(np.sqrt(np.mean(expected**2)), rel=0.1)
    mean = smooth(network, samples=40, form="mean")
    np.testing.assert_allclose(smooth(network, samples=40), np.abs(mean).max(axis=-1), rtol=1e-6)


def test_variance_of_a_quadratic_network_is_its_curvature() -> None:
    """Catches VarGrad without its mean taken off: Var(w + q (x + e)) = q^2 sigma^2, whatever w and x are."""
    network = fakes.quadratic()
    expected = (network.curvature[1] * spread(15)) ** 2
    found = smooth(network, samples=500, form="variance")
    ratio = found / expected  # chi-squared with 499 degrees of freedom, over 499: deviation sqrt(2 / 499) = 0.063
    assert ratio.mean() == pytest.approx(1, abs=0.01)
    assert ratio.std() == pytest.approx((2 / 499) ** 0.5, rel=0.1)
    few = smooth(network, samples=2, form="variance") / expected  # the divisor is samples - 1, or this would be 0.5
    assert few.mean() == pytest.approx(1, abs=0.1)


def test_squared_is_variance_plus_the_square_of_the_mean() -> None:
    """Catches squares taken after the mean."""
    network = fakes.quadratic()
    mean, squared, variance = (smooth(network, samples=60, form=form) for form in ("mean", "squared", "variance"))
    np.testing.assert_allclose(squared, mean**2 + variance * 59 / 60, rtol=1e-4)


def test_only_the_mean_has_a_direction() -> None:
    """Catches a legend with "speaks against" under a map of squares."""
    assert SmoothGrad(form="mean").signed
    assert not any(SmoothGrad(form=form).signed for form in ("magnitude", "squared", "variance"))


def test_negative_noise_is_refused_in_one_sentence() -> None:
    """Catches a standard deviation below zero, and a message without the range."""
    with pytest.raises(ParameterError, match="Noise must lie between 0 and 50 %, not -1"):
        SmoothGrad(noise=-1)
