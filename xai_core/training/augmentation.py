"""New views of the training photos for every step: one affine warp a photo, other light and colours, blends of two photos.

What is random is drawn here with NumPy from (seed, step) alone, so that a run can be stopped and repeated; the pixels are
computed by TensorFlow, on a GPU where there is one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Variety:
    """How far a view may leave its photo."""

    smallest_area: float  # share of the photo that a view shows at least
    turn: float  # degrees, either way
    light: float  # share by which brightness, contrast and saturation change, either way
    blended: float  # share of the batches whose photos are blended, half of them by mixup, half by CutMix


STRONG = Variety(smallest_area=0.3, turn=12.0, light=0.25, blended=0.5)
#: Objects in crops look larger than in whole photos; a network that ends on mild crops is not misled by that
#: (Touvron 2019, arXiv:1906.06423).
MILD = Variety(smallest_area=0.7, turn=4.0, light=0.1, blended=0.0)

LARGEST_STRETCH = 4 / 3  # how far a view's sides may leave the photo's proportions, either way
MIXUP = 0.4  # both parameters of the Beta distribution that mixup's shares are drawn from


@dataclass(frozen=True)
class Views:
    """What makes one batch of views out of B photos.

    `warps` f32[B,8] lead from a view's pixel to the photo's, as TensorFlow's projective transforms do; `light` f32[B,3] are
    the factors of brightness, contrast and saturation; `partners` i32[B] and `own_share` f32[side,side] say with which
    photo of the batch each one is blended, and how much of a pixel stays its own.
    """

    warps: np.ndarray
    light: np.ndarray
    partners: np.ndarray
    own_share: np.ndarray


def draw_views(count: int, photo_side: int, side: int, variety: Variety, rng: np.random.Generator) -> Views:
    """Return random views of `count` photos: which part, mirrored or not, turned how far, in what light, blended with which.

    Random resized crops: Szegedy 2014, arXiv:1409.4842, from area and proportions; a part that is turned may reach over
    the photo's edge, where `show` reflects it.
    """
    root = np.sqrt(rng.uniform(variety.smallest_area, 1.0, count))
    stretch = np.exp(rng.uniform(-0.5, 0.5, count) * np.log(LARGEST_STRETCH))
    width, height = np.minimum(1, root * stretch), np.minimum(1, root / stretch)
    x, y = rng.uniform(-1, 1, count) * (1 - width), rng.uniform(-1, 1, count) * (1 - height)
    mirror = rng.choice((-1.0, 1.0), count)
    angle = np.radians(rng.uniform(-variety.turn, variety.turn, count))
    light = 1 + variety.light * rng.uniform(-1, 1, (count, 3))
    return Views(
        warps(photo_side, side, width, height, x, y, mirror, angle),
        light.astype(np.float32),
        rng.permutation(count).astype(np.int32),
        _own_share(side, variety, rng),
    )


def warps(
    photo_side: int,
    side: int,
    width: np.ndarray,
    height: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    mirror: np.ndarray,
    angle: np.ndarray,
) -> np.ndarray:
    """Return f32[B,8] that turn a view's pixels into a photo's.

    All lengths are shares of half the photo, from its centre: a view shows `width` by `height` around (x, y); `mirror`
    is -1 or 1; an `angle` in radians turns what is seen counter-clockwise. Both rasters count pixels by their centres,
    (pixel + 0.5) / side.
    """
    scale = photo_side / side
    across, down = width * scale, height * scale
    matrix = np.stack(
        [across * np.cos(angle) * mirror, -across * np.sin(angle), down * np.sin(angle) * mirror, down * np.cos(angle)]
    ).reshape(2, 2, -1)
    centre = (photo_side - 1) / 2 + np.stack([x, y]) * photo_side / 2
    shift = centre - (matrix * (side - 1) / 2).sum(axis=1)
    nothing = np.zeros_like(width)
    rows = (*matrix[0], shift[0], *matrix[1], shift[1], nothing, nothing)
    return np.stack(rows, axis=1).astype(np.float32)


def _own_share(side: int, variety: Variety, rng: np.random.Generator) -> np.ndarray:
    """Return f32[side,side]: ones where nothing is blended, one number everywhere for mixup, a hole of zeros for CutMix.

    mixup: Zhang 2017, arXiv:1710.09412. CutMix: Yun 2019, arXiv:1905.04899; here the hole lies inside the view, so that
    the share of its pixels is the one that was drawn.
    """
    share = np.ones((side, side), np.float32)
    kind = rng.random()
    if kind < variety.blended / 2:
        share[:] = rng.beta(MIXUP, MIXUP)
    elif kind < variety.blended:
        hole = int(side * np.sqrt(rng.random()))
        top, left = rng.integers(0, side - hole + 1, 2)
        share[top : top + hole, left : left + hole] = 0
    return share


def show(photos: "tf.Tensor", warps: "tf.Tensor", light: "tf.Tensor", side: int) -> "tf.Tensor":
    """Return the views f32[B,side,side,3] in [0, 1] of photos u8[B,S,S,3], bilinear, the photo reflected at its edges."""
    import tensorflow as tf

    rgb = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(photos, tf.float32) / 255,
        transforms=warps,
        output_shape=(side, side),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    rgb = tf.ensure_shape(rgb, (None, side, side, 3))
    brightness, contrast, saturation = (factor[:, None, None, None] for factor in tf.unstack(light, axis=1))
    rgb *= brightness
    mean = tf.reduce_mean(rgb, axis=(1, 2, 3), keepdims=True)
    rgb = (rgb - mean) * contrast + mean
    grey = tf.reduce_mean(rgb, axis=3, keepdims=True)
    return tf.clip_by_value((rgb - grey) * saturation + grey, 0, 1)


def blend(
    rgb: "tf.Tensor", wanted: "tf.Tensor", partners: "tf.Tensor", own_share: "tf.Tensor"
) -> "tuple[tf.Tensor, tf.Tensor]":
    """Return views f32[B,h,w,3] and what they show f32[B,C], each blended with its partner of the batch.

    `own_share` f32[h,w] is how much of each pixel stays; what is wanted is blended by its mean, the share of all pixels.
    """
    import tensorflow as tf

    mask, share = own_share[:, :, None], tf.reduce_mean(own_share)
    return (
        rgb * mask + tf.gather(rgb, partners) * (1 - mask),
        wanted * share + tf.gather(wanted, partners) * (1 - share),
    )
