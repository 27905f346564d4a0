"""Guided backpropagation beside tf-keras-vis, DeconvNet beside the paper's own steps, both on the real weights."""

import numpy as np
import pytest

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import SAMPLES

SAMPLE = SAMPLES / "dog_and_bicycle.jpg"


def photo_for(classifier) -> np.ndarray:
    return squeeze(load_photo(SAMPLE.read_bytes()).pixels, classifier.spec.input_size)[np.newaxis]


@pytest.mark.parametrize("key", ["vgg16", "inception_v3"])
def test_guided_backpropagation_agrees_with_tf_keras_vis(key):
    """Catches a ReLU that is left out; theirs changes the activations of a network of its own."""
    modifiers = pytest.importorskip(
        "tf_keras_vis.utils.model_modifiers", reason="tf-keras-vis is what is compared with"
    )
    import tensorflow as tf

    classifier = registry.load(NetworkRef.parse(key))
    rgb = photo_for(classifier)
    changed = registry.NETWORKS[key].model()
    modifiers.GuidedBackpropagation()(changed)
    batch = tf.constant(classifier.spec.preprocessing.forward(rgb))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        logit = changed(batch, training=False)[:, 7]
    theirs = classifier.spec.preprocessing.backward(tape.gradient(logit, batch).numpy())
    ours = classifier.gradients(rgb, 7, rule="guided")
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())


def test_deconvnet_is_unpooling_rectifying_and_filtering():
    """Zeiler and Fergus 2013, section 2.1, written out for VGG16: switches, then a ReLU, then the transposed filters."""
    import tensorflow as tf

    classifier = registry.load(NetworkRef.parse("vgg16"))
    rgb, layers = photo_for(classifier), registry.load(NetworkRef.parse("vgg16")).engine._model.layers
    maps = tf.constant(classifier.spec.preprocessing.forward(rgb))
    way = []  # (kernel or switches, shape of what came in)
    for layer in layers:
        if layer.name.endswith("_pool"):
            pooled, switches = tf.nn.max_pool_with_argmax(maps, 2, 2, "VALID")
            way.append((switches, maps.shape))
            maps = pooled
        elif "conv" in layer.name:
            kernel, bias = layer.get_weights()
            way.append((kernel, maps.shape))
            maps = tf.nn.relu(tf.nn.conv2d(maps, kernel, 1, "SAME") + bias)
    kernel, bias = layers[-1].get_weights()
    logit = tf.reduce_mean(maps, axis=(1, 2)) @ kernel + bias
    assert float(logit[0, 7]) == pytest.approx(float(classifier.logits(rgb)[0, 7]), rel=1e-3, abs=1e-3)

    signal = tf.broadcast_to(kernel[:, 7] / (maps.shape[1] * maps.shape[2]), maps.shape)
    for stored, shape in reversed(way):
        if isinstance(stored, np.ndarray):
            signal = tf.nn.conv2d_transpose(tf.nn.relu(signal), stored, shape, 1, "SAME")
        else:
            places, values = tf.reshape(stored, (-1, 1)), tf.reshape(signal, (-1,))
            signal = tf.reshape(tf.scatter_nd(places, values, [np.prod(shape)]), shape)
    theirs = classifier.spec.preprocessing.backward(signal.numpy())
    ours = classifier.gradients(rgb, 7, rule="deconvnet")
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())
