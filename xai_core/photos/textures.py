"""Photos of textures, drawn from a seed, so that everybody tests the same stripes and no licence applies.

Every photo of a texture has its own colours, scale, direction and light: what the photos of one texture share is the
texture alone. Sizes are given as shares of the photo's shorter side, so that small previews look like the real ones.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from xai_core.errors import UnknownNameError
from xai_core.i18n.catalogues import N_

Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Texture:
    """A built-in concept: its names, what its photos show and how they are drawn."""

    key: str
    title: str
    noun: str  # inside a sentence: "moving towards stripes"
    sentence: str
    draw: Callable[[np.random.Generator, Size], np.ndarray]  # f64[h,w,3], before light and clipping


def texture_photos(key: str, count: int, size: Size, seed: int = 0) -> np.ndarray:
    """Return `count` photos of a texture, f32[N,h,w,3] in [0, 1]. Raises UnknownNameError, which lists the textures.

    Photo number n is the same whatever `count` is.
    """
    if key not in TEXTURES:
        raise UnknownNameError(
            "There is no texture “{key}”; choose one of {names}.", key=key, names=", ".join(TEXTURES)
        )
    return seeded_photos(TEXTURES[key].draw, key, count, size, seed)


def seeded_photos(
    draw: Callable[[np.random.Generator, Size], np.ndarray], name: str, count: int, size: Size, seed: int
) -> np.ndarray:
    """Return `count` photos f32[N,h,w,3] in [0, 1] by `draw`, each under different light; `name` is part of the seed."""
    photos = np.empty((count, *size, 3), np.float32)
    for number in range(count):
        generator = np.random.default_rng([seed, number, zlib.crc32(name.encode())])
        photos[number] = _with_light(draw(generator, size), generator)
    return photos


def waves_noise(generator: np.random.Generator, size: Size, power: float) -> np.ndarray:
    """Return noise f64[h,w] of mean 0 and deviation 1 whose amplitude falls as 1 / frequency ** power, as in photos."""
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    waves = np.fft.rfft2(generator.standard_normal(size)) / frequency**power
    noise = np.fft.irfft2(waves, s=size)
    deviation = noise.std()
    return noise / deviation if deviation else noise


def _stripes(generator: np.random.Generator, size: Size) -> np.ndarray:
    across, _ = _turned_grid(generator, size, generator.uniform(0, np.pi))
    bend = generator.uniform(0, 0.12) * waves_noise(generator, size, 2.5)
    return _two_colours(generator, _square_wave(across + bend, generator.uniform(0.35, 0.65)))


def _checks(generator: np.random.Generator, size: Size) -> np.ndarray:
    across, along = _turned_grid(generator, size, generator.uniform(0, np.pi / 2))
    first, second = _square_wave(across, 0.5), _square_wave(along, 0.5)
    return _two_colours(generator, first * second + (1 - first) * (1 - second))


def _dots(generator: np.random.Generator, size: Size) -> np.ndarray:
    across, along = _turned_grid(generator, size, generator.uniform(0, np.pi / 2))
    row = np.floor(along)
    # Every second row is shifted by half a step, and every dot differs a little in position and size.
    across = across + 0.5 * (row % 2)
    column = np.floor(across)
    offsets = generator.uniform(-0.12, 0.12, (64, 64, 2))
    radii = generator.uniform(0.22, 0.36) * generator.uniform(0.8, 1.2, (64, 64))
    cell = (row.astype(int) % 64, column.astype(int) % 64)
    distance = np.hypot(across - column - 0.5 - offsets[cell][..., 0], along - row - 0.5 - offsets[cell][..., 1])
    return _two_colours(generator, 1 / (1 + np.exp((distance - radii[cell]) / 0.03)))


def _fur(generator: np.random.Generator, size: Size) -> np.ndarray:
    direction = generator.uniform(0, 2 * np.pi) + generator.uniform(0.3, 0.8) * waves_noise(generator, size, 2.0)
    tone = np.array(_COATS[generator.integers(len(_COATS))]) * generator.uniform(0.8, 1.2)
    colours = tone * generator.uniform(0.55, 1.35, (_STROKES, 1)) + generator.normal(0, 0.02, (_STROKES, 3))
    return _strokes(generator, size, direction, colours, length=generator.uniform(0.05, 0.11), width=0.008)


def _grass(generator: np.random.Generator, size: Size) -> np.ndarray:
    direction = -np.pi / 2 + generator.uniform(-0.2, 0.2) + np.zeros(size)
    green = np.array([generator.uniform(0.2, 0.42), generator.uniform(0.38, 0.5), generator.uniform(0.1, 0.22)])
    colours = green * generator.uniform(0.4, 1.45, (_STROKES // 3, 1)) + generator.normal(0, 0.03, (_STROKES // 3, 3))
    return _strokes(
        generator, size, direction, colours, length=generator.uniform(0.14, 0.3), width=0.012, spread=0.35, sorted_by=0
    )


def _plain(generator: np.random.Generator, size: Size) -> np.ndarray:
    return np.broadcast_to(generator.uniform(0.05, 0.95, 3), (*size, 3))


#: Coats of dogs, rgb in [0, 1].
_COATS = (
    (0.12, 0.11, 0.11),
    (0.42, 0.27, 0.16),
    (0.66, 0.46, 0.27),
    (0.82, 0.72, 0.55),
    (0.9, 0.88, 0.85),
    (0.5, 0.5, 0.52),
)
_STROKES = 6000
_SUPERSAMPLING = 2  # strokes are drawn at twice the size, so that their edges are soft

TEXTURES: dict[str, Texture] = {
    texture.key: texture
    for texture in (
        Texture(
            "stripes", N_("Stripes"), N_("stripes"), N_("Parallel bands in two colours, straight or bent."), _stripes
        ),
        Texture("dots", N_("Dots"), N_("dots"), N_("Round spots in rows on a plain ground."), _dots),
        Texture("checks", N_("Checks"), N_("checks"), N_("A chessboard in two colours, turned at any angle."), _checks),
        Texture(
            "fur", N_("Fur"), N_("fur"), N_("Short hairs that lie side by side, in the colours of dogs' coats."), _fur
        ),
        Texture("grass", N_("Grass"), N_("grass"), N_("Long blades in greens, upright and crossing."), _grass),
        Texture("plain", N_("Plain colours"), N_("plain colours"), N_("A single colour with nothing on it."), _plain),
    )
}


def _turned_grid(generator: np.random.Generator, size: Size, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two coordinates f64[h,w] at right angles, turned and shifted; 1 is one repeat of the pattern."""
    height, width = size
    rows, columns = np.mgrid[:height, :width] / (min(size) * generator.uniform(0.07, 0.2))
    shift = generator.uniform(0, 1, 2)
    cosine, sine = np.cos(angle), np.sin(angle)
    return cosine * columns + sine * rows + shift[0], cosine * rows - sine * columns + shift[1]


def _square_wave(phase: np.ndarray, filled: float) -> np.ndarray:
    """Return a wave in [0, 1] of period 1 that is 1 for the share `filled` of it, with soft edges."""
    return 1 / (1 + np.exp((np.cos(np.pi * filled) - np.cos(2 * np.pi * phase)) / 0.12))


def _two_colours(generator: np.random.Generator, share: np.ndarray) -> np.ndarray:
    """Return f64[h,w,3] with one colour where `share` is 1 and a clearly lighter or darker one where it is 0."""
    dark, light = generator.uniform(0, 0.4, 3), generator.uniform(0.6, 1, 3)
    first, second = (dark, light) if generator.random() < 0.5 else (light, dark)
    return share[..., np.newaxis] * first + (1 - share[..., np.newaxis]) * second


def _strokes(
    generator: np.random.Generator,
    size: Size,
    direction: np.ndarray,
    colours: np.ndarray,
    *,
    length: float,
    width: float,
    spread: float = 0.15,
    sorted_by: int | None = None,
) -> np.ndarray:
    """Return f64[h,w,3] covered with straight strokes that follow `direction` f64[h,w] (radians, from the right, downwards).

    `colours` f64[n,3] gives each its colour, `length` and `width` are shares of the shorter side, `spread` is the
    deviation of a stroke's direction. With `sorted_by`, strokes with less of that colour lie below the others.
    """
    height, width_px = size
    side = min(size)
    if sorted_by is not None:
        colours = colours[np.argsort(colours[:, sorted_by])]
    count = len(colours)
    top, left = generator.uniform(-0.1, 1.1, (2, count)) * np.array([[height], [width_px]])
    inside = top.astype(int).clip(0, height - 1), left.astype(int).clip(0, width_px - 1)
    angles = direction[inside] + generator.normal(0, spread, count)
    lengths = side * length * generator.uniform(0.6, 1.3, count)
    ends = (
        np.stack([left, top, left + lengths * np.cos(angles), top + lengths * np.sin(angles)], axis=-1) * _SUPERSAMPLING
    )
    ground = tuple(int(255 * value) for value in (0.6 * colours.mean(axis=0)).clip(0, 1))
    sheet = Image.new("RGB", (width_px * _SUPERSAMPLING, height * _SUPERSAMPLING), ground)
    draw = ImageDraw.Draw(sheet)
    thickness = max(1, round(side * width * _SUPERSAMPLING))
    for end, colour in zip(ends.tolist(), (255 * colours.clip(0, 1)).astype(int).tolist(), strict=True):
        draw.line(end, fill=tuple(colour), width=thickness)
    return np.asarray(sheet.resize((width_px, height), Image.Resampling.BOX), np.float64) / 255


def _with_light(colours: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return colours f64[h,w,3] under uneven light, with a little of a camera's noise, f32 in [0, 1]."""
    height, width = colours.shape[:2]
    rows, columns = np.mgrid[:height, :width] / max(height, width) - 0.5
    slope = generator.uniform(-0.25, 0.25, 2)
    light = 1 + slope[0] * rows + slope[1] * columns
    noise = generator.normal(0, 0.01, colours.shape)
    return (colours * light[..., np.newaxis] + noise).clip(0, 1).astype(np.float32)
