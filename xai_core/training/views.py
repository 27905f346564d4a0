"""The views of a training photo whose features are cached: augmentation that is paid for once."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image

SMALLEST_AREA = 0.4  # share of the photo that a zoomed view shows at least
LARGEST_STRETCH = 1.33  # how far its sides may leave the photo's proportions, either way
LARGEST_LIGHT_CHANGE = 0.3  # of brightness and of contrast, either way


def zoomed(rgb: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Return a random part of photo f32[h,w,3] at the photo's size, mirrored half of the time, in another light.

    The part depends on the seed and on the photo's number alone (random resized crops, Szegedy 2014, arXiv:1409.4842).
    """
    rng = np.random.default_rng([seed, number])
    height, width = rgb.shape[:2]
    area = rng.uniform(SMALLEST_AREA, 1.0)
    stretch = np.exp(rng.uniform(-1, 1) * np.log(LARGEST_STRETCH))
    tall = min(height, round(height * np.sqrt(area * stretch)))
    wide = min(width, round(width * np.sqrt(area / stretch)))
    top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
    part = rgb[top : top + tall, left : left + wide]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    brightness, contrast = 1 + LARGEST_LIGHT_CHANGE * rng.uniform(-1, 1, 2)
    lit = np.clip((part - part.mean()) * contrast + part.mean() * brightness, 0, 1)
    picture = Image.fromarray(np.rint(lit * 255).astype(np.uint8))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255


#: name -> (rgb f32[h,w,3] in [0, 1], the photo's number) -> what the frozen part sees in its place, the same shape.
VIEWS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "plain": lambda rgb, number: rgb,
    "mirrored": lambda rgb, number: rgb[:, ::-1],
    **{f"zoomed-{seed}": partial(zoomed, seed=seed) for seed in range(1, 5)},
}
