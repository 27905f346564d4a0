"""Fills have the colours that their names promise."""

import numpy as np

from tests import fakes
from xai_core.photos.fills import filled


def test_mean_is_the_photo_s_or_each_superpixel_s() -> None:
    """Catches means over the wrong pixels or mixed colour channels."""
    rgb = fakes.photo()
    np.testing.assert_allclose(filled(rgb, "mean")[5, 9], rgb.mean(axis=(0, 1)), rtol=1e-5)
    segments = np.random.default_rng(0).integers(0, 4, rgb.shape[:2])
    means = filled(rgb, "mean", segments)
    for segment in range(4):
        inside = segments == segment
        np.testing.assert_allclose(means[inside], np.broadcast_to(rgb[inside].mean(axis=0), (inside.sum(), 3)), 1e-5)


def test_flat_fills_are_in_the_photo_s_range() -> None:
    """Catches a grey of 128, and black and grey exchanged."""
    assert (filled(fakes.photo(), "black") == 0).all()
    assert (filled(fakes.photo(), "grey") == 0.5).all()


def test_blurred_keeps_the_light_and_loses_the_edges() -> None:
    """Catches a blur across colour channels, and one so weak that the quarters of the photo stay apart."""
    rgb = np.zeros((64, 64, 3), np.float32)
    rgb[:, 32:, 0] = 1
    blurred = filled(rgb, "blurred")
    assert not blurred[..., 1:].any()
    assert np.abs(blurred.mean() - rgb.mean()) < 1e-3
    assert np.abs(np.diff(blurred[..., 0], axis=1)).max() < 0.1
