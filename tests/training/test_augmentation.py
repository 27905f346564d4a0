"""Views are the parts of the photos that were drawn, and what a blend is wanted to be is what its pixels show."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core.training.augmentation import MILD, STRONG, blend, draw_views, show, warps

#: The whole photo as it is; a test changes one thing.
WHOLE = {"width": 1.0, "height": 1.0, "x": 0.0, "y": 0.0, "mirror": 1.0, "angle": 0.0}
AS_IT_IS = np.ones((1, 3), np.float32)


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)


def seen(photo, side=16, light=AS_IT_IS, **changes):
    part = {name: np.array([value]) for name, value in {**WHOLE, **changes}.items()}
    return np.asarray(show(photo, warps(photo.shape[1], side, **part), light, side))


def test_the_whole_photo_is_shown_as_it_is(photo):
    """Catches a warp that is half a pixel off."""
    np.testing.assert_allclose(seen(photo), photo / 255, atol=1e-6)


def test_a_mirrored_view_is_the_photo_from_right_to_left(photo):
    """Catches a mirror about another line than the middle, or of rows instead of columns."""
    np.testing.assert_allclose(seen(photo, mirror=-1.0), photo[:, :, ::-1] / 255, atol=1e-5)


def test_a_quarter_turn_and_a_corner_are_where_they_belong(photo):
    """Catches x and y taken for each other, and a part that is cut at half its distance from the centre."""
    turned = seen(photo, angle=np.pi / 2)
    np.testing.assert_allclose(turned, np.rot90(photo, 1, (1, 2)) / 255, atol=1e-4)
    corner = seen(photo, side=8, width=0.5, height=0.5, x=0.5, y=-0.5)
    np.testing.assert_allclose(corner, photo[:, :8, 8:] / 255, atol=1e-5)


def test_beyond_the_edge_the_photo_is_reflected(photo):
    """Catches black corners in turned views."""
    shifted = seen(photo, x=0.25)
    np.testing.assert_allclose(shifted[:, :, 14:], photo[:, :, :13:-1] / 255, atol=1e-5)


def test_light_changes_what_it_should_and_stays_in_range(photo):
    """Catches contrast about black, a saturation of rows, and colours above white."""
    plain = photo / 255
    np.testing.assert_allclose(seen(photo, light=np.float32([[0.5, 1, 1]])), plain / 2, atol=1e-5)
    np.testing.assert_allclose(seen(photo, light=np.float32([[1, 0, 1]])), np.full_like(plain, plain.mean()), atol=1e-5)
    grey = np.broadcast_to(plain.mean(axis=3, keepdims=True), plain.shape)
    np.testing.assert_allclose(seen(photo, light=np.float32([[1, 1, 0]])), grey, atol=1e-5)
    assert seen(photo, light=np.float32([[9, 1, 1]])).max() == 1


def test_views_depend_on_their_random_numbers_alone():
    """Catches a stopped run that goes on with other views."""
    first, again, other = (draw_views(4, 16, 8, STRONG, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.warps, again.warps)
    np.testing.assert_array_equal(first.own_share, again.own_share)
    assert not np.allclose(first.warps, other.warps)


def test_parts_have_the_areas_and_proportions_of_their_variety():
    """Catches crops smaller than wanted, and mild views that are not mild."""
    for variety in (STRONG, MILD):
        views = draw_views(4000, 100, 100, replace(variety, blended=0), np.random.default_rng(0))
        a, b, _, c, d = views.warps[:, :5].T
        areas = np.abs(a * d - b * c)
        # A part as wide or as high as the photo is cut there, which takes up to a part of its area.
        assert variety.smallest_area * np.sqrt(3 / 4) - 1e-3 < areas.min() < variety.smallest_area + 0.05
        assert areas.max() <= 1 + 1e-5
        assert np.degrees(np.abs(np.arctan2(-b, np.abs(a)))).max() < variety.turn * 1.4
        assert (a < 0).mean() == pytest.approx(0.5, abs=0.05)
        assert views.light.min() == pytest.approx(1 - variety.light, abs=1e-3)


def test_half_of_the_batches_are_blended_a_quarter_each_way():
    """Catches blends in all batches or none, and in the last stretch."""
    shares = [draw_views(2, 8, 16, STRONG, np.random.default_rng(seed)).own_share for seed in range(2000)]
    mixed = np.mean([share.min() == share.max() < 1 for share in shares])
    cut = np.mean([share.min() < share.max() for share in shares])
    assert mixed == pytest.approx(0.25, abs=0.03)
    assert cut == pytest.approx(0.25, abs=0.04)
    assert all(draw_views(2, 8, 16, MILD, np.random.default_rng(seed)).own_share.min() == 1 for seed in range(200))


def test_a_blend_is_wanted_to_be_what_its_pixels_show():
    """Photo n is n everywhere. Catches labels that do not sum to one or that miss the pixels' shares in CutMix."""
    import tensorflow as tf

    rgb = np.ones((3, 8, 8, 3), np.float32) * np.arange(3, dtype=np.float32)[:, None, None, None]
    hole = np.ones((8, 8), np.float32)
    hole[2:5, 1:4] = 0
    for own_share in (hole, np.full((8, 8), 0.3, np.float32)):
        views, wanted = blend(tf.constant(rgb), tf.one_hot([0, 1, 2], 3), np.array([1, 2, 0]), own_share)
        np.testing.assert_allclose(np.sum(wanted, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(
            np.mean(views, axis=(1, 2, 3)), np.asarray(wanted) @ np.arange(3, dtype=np.float32), rtol=1e-5
        )
    _, wanted = blend(tf.constant(rgb), tf.one_hot([0, 1, 2], 3), [1, 2, 0], hole)
    assert float(wanted[0, 1]) == pytest.approx(9 / 64)
