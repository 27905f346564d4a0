"""The engine against arithmetic: finite differences, the chain rule by hand, and batches that must not matter."""

import threading

import numpy as np
import pytest

from xai_core.classifiers.base import ModelSpec, Preprocessing
from xai_core.errors import UnknownNameError
from xai_core.types import Label

SIZE = (12, 12)
SPEC = ModelSpec(
    key="tiny",
    title="Tiny",
    sentence="",
    input_size=SIZE,
    preprocessing=Preprocessing(bgr=True, scale=3.0, shift=(-0.5, 0.25, 1.0)),
    cam_layers=("first", "second"),
    labels=tuple(Label(f"n{i}", f"Dog {i}", f"Chien {i}") for i in range(4)),
    weights_digest="0" * 64,
)


@pytest.fixture(scope="module")
def engine():
    import keras

    from xai_core.classifiers.engines.keras import KerasEngine

    keras.utils.set_random_seed(7)
    photos = keras.Input((*SIZE, 3))
    # softplus instead of ReLU: smooth, so finite differences are exact up to their own error
    first = keras.layers.Conv2D(5, 3, activation="softplus", name="first")(photos)
    second = keras.layers.Conv2D(6, 3, strides=2, activation="softplus", name="second")(first)
    pooled = keras.layers.GlobalAveragePooling2D()(second)
    return KerasEngine(SPEC, keras.Model(photos, keras.layers.Dense(4, name="logits")(pooled)))


@pytest.fixture
def photos():
    return np.random.default_rng(3).random((9, *SIZE, 3)).astype(np.float32)


def test_gradients_equal_finite_differences_through_the_preprocessing(engine, photos):
    """Would catch a lost channel order or a missing scale in the chain rule."""
    rgb = photos[:1]
    gradients = engine.gradients(rgb, 2)[0]
    step = 1e-2
    for row, column, channel in [(0, 0, 0), (5, 6, 1), (11, 3, 2), (7, 7, 0)]:
        up, down = rgb.copy(), rgb.copy()
        up[0, row, column, channel] += step
        down[0, row, column, channel] -= step
        difference = engine.logits_and_features(up)[0][0, 2] - engine.logits_and_features(down)[0][0, 2]
        assert gradients[row, column, channel] == pytest.approx(difference / (2 * step), rel=5e-3, abs=1e-5)


def test_all_blocks_at_once_are_each_block_alone(engine, photos):
    """Catches blocks in another order, and a gradient that stops at a later block."""
    layers = engine._spec.cam_layers
    together = engine.block_gradients(photos, 1)
    assert list(together) == list(layers)
    for layer in layers:
        for whole, alone in zip(together[layer], engine.layer_gradients(photos, layer, 1), strict=True):
            np.testing.assert_allclose(whole, alone, rtol=1e-5, atol=1e-7)


def test_layer_gradients_are_those_of_a_mean_of_the_layer(engine, photos):
    """Above "second" the network is mean pooling and one matrix, so d logit / d A is that matrix over the area."""
    activations, gradients = engine.layer_gradients(photos[:1], "second", 1)
    _, height, width, channels = activations.shape
    kernel = engine._model.get_layer("logits").get_weights()[0]
    np.testing.assert_allclose(
        gradients[0], np.broadcast_to(kernel[:, 1] / (height * width), (height, width, channels)), rtol=1e-5
    )
    np.testing.assert_allclose(activations, engine.activations(photos[:1], "second"), rtol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 9])
def test_the_number_of_photos_asked_at_once_does_not_matter(engine, photos, count):
    """Would catch padding that leaks into an answer, and rows that get lost or swapped between batches."""
    alone = np.concatenate([engine.logits_and_features(photos[i : i + 1])[0] for i in range(count)])
    np.testing.assert_allclose(engine.logits_and_features(photos[:count])[0], alone, rtol=1e-5, atol=1e-6)
    alone = np.concatenate([engine.gradients(photos[i : i + 1], 0) for i in range(count)])
    np.testing.assert_allclose(engine.gradients(photos[:count], 0), alone, rtol=1e-4, atol=1e-7)


def test_photos_are_not_written_to(engine, photos):
    """Catches preprocessing in place, which would change the photo for the next pass."""
    photos.flags.writeable = False
    before = photos.copy()
    engine.logits_and_features(photos)
    engine.gradients(photos, 0)
    engine.layer_gradients(photos, "first", 0)
    np.testing.assert_array_equal(photos, before)


def test_two_threads_get_what_one_gets(engine, photos):
    """Would catch shared state between questions, such as one tape used by two callers."""
    expected = {target: engine.gradients(photos, target) for target in range(4)}
    found = {}
    threads = [
        threading.Thread(target=lambda t=target: found.update({t: engine.gradients(photos, t)})) for target in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for target, gradients in expected.items():
        np.testing.assert_allclose(found[target], gradients, rtol=1e-5, atol=1e-8)


def test_an_unknown_layer_names_those_there_are(engine, photos):
    """Catches a KeyError of Keras in place of a sentence with the layers there are."""
    with pytest.raises(UnknownNameError, match=r"no layer “third”.*first, second"):
        engine.activations(photos, "third")
