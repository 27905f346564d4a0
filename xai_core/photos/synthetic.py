"""Random photos that a concept's photos are compared with, made without a data set.

Half of them are "dead leaves": shapes of all sizes that lie over each other, in random colours, some filled with noise
that has the spectrum of photos. Such pictures share the edges, flat areas and scales of photos (Lee, Mumford and Huang
2001), and networks learn from them much of what they learn from photos (Baradad et al. 2021, arXiv:2106.05963). The other
half are windows cut out of real photos at random, mirrored and under other light: a concept made of real photos must not
differ from the random photos simply by being real. Where no real photos are given, all are dead leaves.

The dead leaves of classifiers/engines/fresh_weights.py are plain discs: random networks are scaled by them, and would
become other networks with these.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from xai_core.photos.decoding import squeeze
from xai_core.photos.textures import Size, seeded_photos, waves_noise

_LEAVES = 250
_SMALLEST, _LARGEST = 0.04, 0.6  # radius of a leaf, as a share of the shorter side
_NOISY = 0.5  # of the leaves are filled with noise
_SMALLEST_WINDOW = 0.35  # of a photo's sides


def random_photos(count: int, size: Size, seed: int, real: np.ndarray) -> np.ndarray:
    """Return `count` random photos f32[N,h,w,3] in [0, 1], half of them windows of the photos `real` f32[M,h,w,3] if M > 0."""
    from_real = count // 2 if len(real) else 0
    leaves = seeded_photos(dead_leaves, "dead leaves", count - from_real, size, seed)
    windows = seeded_photos(_window_of(real), "windows", from_real, size, seed)
    photos = np.concatenate([leaves, windows])
    order = np.random.default_rng(seed).permutation(count)
    return photos[order]


def dead_leaves(generator: np.random.Generator, size: Size) -> np.ndarray:
    """Return shapes of all sizes, each over the ones before it, f64[h,w,3]."""
    height, width = size
    side = min(size)
    flat = Image.new("RGB", (width, height), _colour(generator))
    noisy = Image.new("L", (width, height), 255)
    draw_flat, draw_noisy = ImageDraw.Draw(flat), ImageDraw.Draw(noisy)
    # Sizes as in photos: the density of radii falls with their third power.
    share = generator.random(_LEAVES)
    radii = side / np.sqrt(_LARGEST**-2 + share * (_SMALLEST**-2 - _LARGEST**-2))
    for radius in radii:
        corners = _outline(generator, radius) + generator.uniform(0, 1, 2) * (width, height)
        points = [tuple(corner) for corner in corners.tolist()]
        draw_flat.polygon(points, fill=_colour(generator))
        draw_noisy.polygon(points, fill=255 if generator.random() < _NOISY else 0)
    strength = generator.uniform(0.05, 0.2) * (np.asarray(noisy, np.float64) / 255)
    power = generator.uniform(0.5, 2.0)
    noise = np.stack([waves_noise(generator, size, power) for _ in range(3)], axis=-1)
    noise = 0.7 * noise.mean(axis=-1, keepdims=True) * np.sqrt(3) + 0.3 * noise
    return np.asarray(flat, np.float64) / 255 + strength[..., np.newaxis] * noise


def _window_of(real: np.ndarray) -> Callable[[np.random.Generator, Size], np.ndarray]:
    def draw(generator: np.random.Generator, size: Size) -> np.ndarray:
        photo = real[generator.integers(len(real))]
        share = generator.uniform(_SMALLEST_WINDOW, 1)
        height, width = (max(1, round(share * side)) for side in photo.shape[:2])
        top = generator.integers(photo.shape[0] - height + 1)
        left = generator.integers(photo.shape[1] - width + 1)
        window = photo[top : top + height, left : left + width]
        if generator.random() < 0.5:
            window = window[:, ::-1]
        light = generator.uniform(0.7, 1.3) * generator.uniform(0.9, 1.1, 3)
        resized = squeeze(np.rint(255 * window).astype(np.uint8), size)
        return resized.astype(np.float64) * light

    return draw


def _outline(generator: np.random.Generator, radius: float) -> np.ndarray:
    """Return the corners f64[n,2] (x, y) of a shape around 0: a triangle, a rectangle or an almost round one."""
    corners = int(generator.choice((3, 4, 5, 24)))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + generator.uniform(0, 2 * np.pi)
    stretch = np.array([1.0, generator.uniform(0.4, 1)])
    turn = generator.uniform(0, np.pi)
    shape = radius * stretch * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return shape @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])


def _colour(generator: np.random.Generator) -> tuple[int, int, int]:
    """Return a random colour; mostly muted ones, as in photos."""
    grey = generator.uniform(20, 235)
    red, green, blue = (grey + generator.normal(0, 28, 3)).clip(0, 255).astype(int).tolist()
    return red, green, blue
