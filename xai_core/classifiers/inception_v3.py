"""InceptionV3 (Szegedy 2015, arXiv:1512.00567) with one dense layer over the pooled last block."""

from typing import TYPE_CHECKING

from xai_core.classifiers.base import Preprocessing
from xai_core.classifiers.imagenet import Official
from xai_core.i18n.catalogues import N_

if TYPE_CHECKING:
    import keras

#: The layer whose input side training may cache: everything up to it stays as ImageNet left it.
FROZEN_UP_TO = "mixed5"

#: Keras' "tf" preprocessing: red, green, blue in -1..1.
PREPROCESSING = Preprocessing(bgr=False, scale=2.0, shift=(-1.0, -1.0, -1.0))

CAM_LAYERS = tuple(f"mixed{block}" for block in range(11))

#: The five activations before the first block, and the blocks.
LAYERS = (*(f"activation_{number}" for number in range(1, 6)), *CAM_LAYERS)

SENTENCE = N_("A deeper network from 2015 that looks at several scales at once, with less than half the arithmetic.")

OFFICIAL = Official(
    "inception_v3_imagenet",
    "InceptionV3 (ImageNet)",
    N_("The official network with all 1000 ImageNet classes; its first use downloads 96 MB."),
    "InceptionV3",
    96,
    (299, 299),
    PREPROCESSING,
    CAM_LAYERS,
    layers=CAM_LAYERS,  # Keras numbers the activations of the official network anew in each process
)


def build(classes: int, input_size: tuple[int | None, int | None]) -> "keras.Model":
    """Return the untrained network: preprocessed photos f32[N,h,w,3] -> logits f32[N,classes].

    An input size of None, None takes photos of any size, which training needs.
    Keras numbers the layers of a second InceptionV3 in one process on from the first; they are renamed here to
    conv2d_1..94, batch_normalization_1..94 and activation_1..94 in creation order, so that weight files and layers' names
    do not depend on what else is loaded.
    """
    import keras

    trunk = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(*input_size, 3))
    for kind, prefix in (
        (keras.layers.Conv2D, "conv2d"),
        (keras.layers.BatchNormalization, "batch_normalization"),
        (keras.layers.Activation, "activation"),
    ):
        layers = [layer for layer in trunk.layers if isinstance(layer, kind)]
        for position, layer in enumerate(sorted(layers, key=_creation_number), start=1):
            layer.name = f"{prefix}_{position}"
    features = keras.layers.GlobalAveragePooling2D(name="features")(trunk.output)
    dropped = keras.layers.Dropout(0.3, name="dropout")(features)
    logits = keras.layers.Dense(classes, name="logits", dtype="float32")(dropped)
    return keras.Model(trunk.input, logits, name="inception_v3")


def _creation_number(layer: "keras.Layer") -> int:
    """Return the number Keras put behind the layer's name ("conv2d" counts as 0, "conv2d_7" as 7)."""
    suffix = layer.name.rsplit("_", 1)[-1]
    return int(suffix) if suffix.isdigit() else 0
