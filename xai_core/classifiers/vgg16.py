"""VGG16 (Simonyan and Zisserman 2014, arXiv:1409.1556, configuration D) with one dense layer over the pooled last block."""

from typing import TYPE_CHECKING

from xai_core.classifiers.base import Preprocessing
from xai_core.classifiers.imagenet import Official
from xai_core.i18n.catalogues import N_

if TYPE_CHECKING:
    import keras

#: The layer whose input side training may cache: everything up to it stays as ImageNet left it.
FROZEN_UP_TO = "block4_pool"

#: Keras' "caffe" preprocessing: blue, green, red in 0..255 minus ImageNet's mean colour.
PREPROCESSING = Preprocessing(bgr=True, scale=255.0, shift=(-103.939, -116.779, -123.68))

#: The last convolution of each block, after its ReLU.
CAM_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")

#: Every convolution, the layers whose maps can be looked at.
LAYERS = tuple(
    f"block{block}_conv{number}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for number in range(1, count + 1)
)

SENTENCE = N_("A plain stack of 13 convolutions from 2014: slow, but its blocks are easy to follow.")

OFFICIAL = Official(
    "vgg16_imagenet",
    "VGG16 (ImageNet)",
    N_("The official network with all 1000 ImageNet classes; its first use downloads 553 MB."),
    "VGG16",
    553,
    (224, 224),
    PREPROCESSING,
    CAM_LAYERS,
    LAYERS,
)


def build(classes: int, input_size: tuple[int | None, int | None]) -> "keras.Model":
    """Return the untrained network: preprocessed photos f32[N,h,w,3] -> logits f32[N,classes].

    An input size of None, None takes photos of any size, which training needs.
    Deviates from the paper above the convolutions: two 4096-wide dense layers are replaced by global average pooling
    (layer "features", f32[N,512]) and one dense layer ("logits").
    """
    import keras

    trunk = keras.applications.VGG16(include_top=False, weights=None, input_shape=(*input_size, 3))
    features = keras.layers.GlobalAveragePooling2D(name="features")(trunk.output)
    dropped = keras.layers.Dropout(0.3, name="dropout")(features)
    logits = keras.layers.Dense(classes, name="logits", dtype="float32")(dropped)
    return keras.Model(trunk.input, logits, name="vgg16")
