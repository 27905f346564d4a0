"""Gives a Keras network random weights under which its activations neither vanish nor explode."""

import keras
import numpy as np
import tensorflow as tf

from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.engines.graph import Graph, affine, by_rule

_SEED = 20181002

#: Pictures on which batch normalisation takes its statistics, and those of them that suffice for the scale of a kernel.
_PICTURES = 12
_FEWER = 4

#: Discs in a picture: they leave next to nothing of what lies under them visible.
_DISCS = 400


def randomise(model: keras.Model, spec: ModelSpec, parts: int) -> None:
    """Replace the weights of the last `parts` parts of the model (see randomised.py), in place and always in the same way.

    Kernels are normally distributed and scaled so that the layer's outputs on random pictures have variance 1 (Mishkin
    and Matas 2015, arXiv:1511.06422, without the orthogonal start); biases are 0; batch normalisation takes its
    statistics from the same pictures. Trained scales would be unfit: they belong to the weights that are gone.
    """
    names = [layer.name for layer in model.layers]
    kept = 0 if parts > len(spec.cam_layers) else names.index(spec.cam_layers[-parts]) + 1
    chosen = {layer.name: position for position, layer in enumerate(model.layers) if position >= kept and layer.weights}
    plain = by_rule("plain")

    def apply(layer: keras.Layer, inputs: list[tf.Tensor]) -> tf.Tensor:
        if layer.name in chosen:
            # Each layer draws for itself, so that what is random already stays the same when more becomes random.
            _renew(layer, inputs, np.random.default_rng([_SEED, chosen[layer.name]]))
        return plain(layer, inputs)

    pictures = dead_leaves(_PICTURES, spec.input_size, np.random.default_rng(_SEED))
    Graph(model).run(tf.constant(spec.preprocessing.forward(pictures)), apply)


def dead_leaves(count: int, size: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Return pictures f32[count,h,w,3] in [0, 1] of discs that lie on each other, each picture in a light of its own.

    They share with photos what the scales of a network depend on: edges, flat parts, detail of every size (Lee, Mumford and
    Huang 2001, DOI 10.1023/A:1011109015675). On statistics from plain noise, activations of photos grow from block to block.
    """
    height, width = size
    rows, columns = np.ogrid[:height, :width]
    pictures = np.empty((count, height, width, 3), np.float32)
    for picture in pictures:
        picture[:] = generator.random(3)
        for radius in min(size) / 2 * 0.01 ** generator.random(_DISCS):
            row, column = generator.uniform(0, height), generator.uniform(0, width)
            box = np.s_[
                max(int(row - radius), 0) : int(row + radius) + 2,
                max(int(column - radius), 0) : int(column + radius) + 2,
            ]
            inside = (rows[box[0]] - row) ** 2 + (columns[:, box[1]] - column) ** 2 < radius**2
            picture[box][inside] = generator.random(3)
        contrast = generator.uniform(0.3, 1)
        picture *= contrast
        picture += generator.uniform(0, 1 - contrast)
    return pictures


def _renew(layer: keras.Layer, inputs: list[tf.Tensor], generator: np.random.Generator) -> None:
    if isinstance(layer, keras.layers.BatchNormalization):
        mean, variance = tf.nn.moments(inputs[0], axes=list(range(len(inputs[0].shape) - 1)))
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        if layer.beta is not None:
            layer.beta.assign(tf.zeros_like(mean))
        if layer.gamma is not None:
            layer.gamma.assign(tf.ones_like(mean))
        return
    if layer.bias is not None:
        layer.bias.assign(np.zeros(layer.bias.shape, np.float32))
    layer.kernel.assign(generator.standard_normal(layer.kernel.shape, dtype=np.float32))
    layer.kernel.assign(layer.kernel / tf.math.reduce_std(affine(layer, [one[:_FEWER] for one in inputs])))
