"""Drawn textures and the random photos that they are compared with."""

from itertools import combinations

import numpy as np
import pytest

from xai_core.errors import UnknownNameError
from xai_core.photos.synthetic import random_photos
from xai_core.photos.textures import TEXTURES, texture_photos

SIZE = (96, 80)
every_texture = pytest.mark.parametrize("key", TEXTURES)


def energies(photos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much each photo's light changes from pixel to pixel, and how far that has one direction (0 to 1)."""
    light = photos.mean(axis=-1)
    down, right = np.diff(light, axis=1)[:, :, 1:], np.diff(light, axis=2)[:, 1:]
    squares = [(one * other).mean(axis=(1, 2)) for one, other in ((down, down), (right, right), (down, right))]
    total = squares[0] + squares[1]
    return total, np.hypot(squares[0] - squares[1], 2 * squares[2]) / total


@every_texture
def test_a_seed_draws_the_same_photos_whatever_their_number(key: str) -> None:
    """Catches a global random state, and a photo that depends on how many are drawn."""
    np.random.seed(1)
    photos = texture_photos(key, 3, SIZE, seed=4)
    assert np.random.random_sample() == np.random.RandomState(1).random_sample()
    assert photos.shape == (3, *SIZE, 3) and photos.dtype == np.float32
    assert photos.min() >= 0 and photos.max() <= 1
    np.testing.assert_array_equal(photos[:2], texture_photos(key, 2, SIZE, seed=4))
    other = texture_photos(key, 3, SIZE, seed=5)
    pairs = combinations([*photos, *other], 2)
    assert all(np.abs(one - two).mean() > 0.01 for one, two in pairs)


def test_textures_look_like_their_names() -> None:
    """Catches two textures that are drawn alike, or stripes without a direction."""
    measured = {key: energies(texture_photos(key, 12, (128, 128))) for key in TEXTURES}
    total = {key: np.median(value[0]) for key, value in measured.items()}
    directed = {key: np.median(value[1]) for key, value in measured.items()}
    assert total["plain"] < 0.05 * min(value for key, value in total.items() if key != "plain")
    assert directed["stripes"] > 0.75
    assert max(directed["dots"], directed["checks"]) < 0.3
    assert directed["grass"] > 0.4
    red, green, blue = texture_photos("grass", 12, SIZE).mean(axis=(0, 1, 2))
    assert green > 1.2 * red and green > 1.5 * blue
    colours = texture_photos("plain", 12, SIZE).mean(axis=(1, 2))
    assert colours.std(axis=0).min() > 0.1


def test_dots_are_round_and_apart() -> None:
    """Catches dots that run into each other: the ground stays one piece and the dots are many."""
    from scipy.ndimage import label

    for photo in texture_photos("dots", 6, (160, 160)):
        light = photo.mean(axis=-1)
        inside = light > (light.min() + light.max()) / 2
        pieces = {value: label(inside == value)[1] for value in (False, True)}
        assert max(pieces.values()) > 12
        assert min(pieces.values()) <= 3


def test_the_error_for_an_unknown_texture_lists_the_known_ones() -> None:
    """Catches a KeyError that reaches the user, and an error without a way out."""
    with pytest.raises(UnknownNameError, match="stripes, dots"):
        texture_photos("plaid", 1, SIZE)


def test_half_of_the_random_photos_are_windows_of_the_real_ones() -> None:
    """Catches random photos that are all drawn although real photos were given."""
    blue = np.zeros((2, *SIZE, 3), np.float32)
    blue[..., 2] = 0.8
    photos = random_photos(20, SIZE, 0, blue)
    from_real = (photos[..., :2] < 0.1).all(axis=(1, 2, 3)) & (photos[..., 2] > 0.3).all(axis=(1, 2))
    assert from_real.sum() == 10
    np.testing.assert_array_equal(photos, random_photos(20, SIZE, 0, blue))
    assert not np.array_equal(photos, random_photos(20, SIZE, 1, blue))


def test_without_real_photos_all_are_dead_leaves() -> None:
    """Catches a division by the number of real photos, flat pictures and the same picture drawn twice."""
    photos = random_photos(6, SIZE, 0, np.empty((0, *SIZE, 3), np.float32))
    assert photos.shape == (6, *SIZE, 3)
    assert photos.std(axis=(1, 2)).min() > 0.05
    assert all(np.abs(one - two).mean() > 0.05 for one, two in combinations(photos, 2))
