"""Logits of a photo with a patch pasted in, computed from what the patch changes, against the plain way."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from xai_core.classifiers.base import ModelSpec, Preprocessing, pasted
from xai_core.types import Label

SIDE = (61, 53)

FEW = tuple[int, int]


def engine_of(build: Callable, side: FEW = SIDE):
    """Return the engine of a network of random weights, photos of `side` -> `build` -> mean over places -> 4 logits."""
    import keras

    from xai_core.classifiers.engines.keras import KerasEngine

    keras.utils.set_random_seed(5)
    photos = keras.Input((*side, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(build(keras.layers, photos))
    model = keras.Model(photos, keras.layers.Dense(4, name="logits")(pooled))
    generator = np.random.default_rng(2)
    for layer in model.layers:  # as if it had learned: a bias of 0 would hide what a padding of 0 becomes behind it
        layer.set_weights([one + generator.uniform(0.05, 0.3, one.shape) * one.std() for one in layer.get_weights()])
        if isinstance(layer, keras.layers.BatchNormalization | keras.layers.Conv2D) and layer.get_weights():
            *others, last = layer.get_weights()
            layer.set_weights([*others, last + generator.uniform(0.1, 0.5, last.shape)])
    spec = ModelSpec(
        key="tiny",
        title="Tiny",
        sentence="",
        input_size=side,
        preprocessing=Preprocessing(bgr=True, scale=2.0, shift=(-0.5, 0.25, 1.0)),
        cam_layers=(),
        labels=tuple(Label(f"n{i}", f"Dog {i}", f"Chien {i}") for i in range(4)),
        weights_digest="0" * 64,
    )
    return KerasEngine(spec, model)


def every_layer(layers, photos):
    """Return maps of a network in which each kind of layer stands, as InceptionV3 combines them and in stranger ways."""
    stem = layers.Conv2D(5, 3, strides=2)(photos)
    stem = layers.Activation("relu")(layers.BatchNormalization(scale=False)(stem))
    stem = layers.MaxPooling2D(3, strides=2)(layers.Conv2D(6, 3, padding="same", activation="relu")(stem))
    wide = layers.Conv2D(4, (7, 1), padding="same", use_bias=False)(
        layers.Conv2D(4, (1, 5), padding="same", activation="tanh")(stem)
    )
    pool = layers.Conv2D(3, 1)(layers.AveragePooling2D(3, strides=1, padding="same")(stem))
    holes = layers.Conv2D(2, 3, padding="same", dilation_rate=2)(layers.Dropout(0.5)(stem))
    peaks = layers.MaxPooling2D(3, strides=1, padding="same")(layers.Conv2D(2, 1)(stem))
    joined = layers.Concatenate()([stem, wide, pool, holes, peaks])
    framed = layers.Conv2D(6, 4)(layers.ZeroPadding2D(((1, 2), (0, 1)))(joined))
    other = layers.Conv2D(6, 4, padding="same")(joined)
    other = layers.Conv2D(6, (1, 3))(layers.ZeroPadding2D(((0, 0), (0, 0)))(other))
    return layers.Add()([layers.ReLU()(framed), other])


def strided(layers, photos):
    """Return maps of layers whose last rows nobody reads, and whose strides are longer than their windows."""
    maps = layers.Conv2D(4, 1, strides=2, padding="same")(photos)
    maps = layers.MaxPooling2D(2)(layers.Conv2D(4, 2, strides=1, padding="same", activation="relu")(maps))
    return layers.Conv2D(5, 2, strides=3, activation="relu")(maps)


def strange(layers, photos):
    """Return maps of layers that cannot be followed: their whole maps are needed, and everything above them."""
    maps = layers.Conv2D(6, 3, activation="relu")(photos)
    apart = layers.DepthwiseConv2D(3, padding="same")(maps)
    groups = layers.Conv2D(6, 3, groups=2, padding="same")(maps)
    return layers.Conv2D(4, 3)(layers.Concatenate()([maps, apart, groups, layers.Conv2D(2, 3, padding="same")(maps)]))


@pytest.fixture(scope="module")
def engines():
    return {build.__name__: engine_of(build) for build in (every_layer, strided, strange)}


@pytest.fixture
def photo():
    return np.random.default_rng(3).random((*SIDE, 3)).astype(np.float32)


def corners_of(size: FEW, side: FEW = SIDE, count: int = 13) -> np.ndarray:
    """Return corners i64[count+4,2] of patches: the photo's four corners, and others by chance."""
    free = np.array(side) - size
    chance = np.random.default_rng(11).integers(0, free + 1, (count, 2))
    return np.concatenate([chance, free * [[0, 0], [0, 1], [1, 0], [1, 1]]])


def patches_of(size: FEW, count: int) -> np.ndarray:
    return np.random.default_rng(8).random((count, *size, 3)).astype(np.float32)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8), (7, 20), (30, 4), (33, 31), SIDE])
@pytest.mark.parametrize("name", ["every_layer", "strided", "strange"])
def test_what_a_patch_changes_is_all_that_must_be_computed(engines, photo, name, size):
    """Catches boxes one place short, paddings that are taken from the map, and patches that mix within a batch."""
    engine, corners = engines[name], corners_of(size)
    patches = patches_of(size, len(corners))
    expected = engine.logits_and_features(pasted(photo, patches, corners))[0]
    assert np.ptp(expected, axis=0).min() > 0 or size == (1, 1)
    np.testing.assert_allclose(engine.patched_logits(photo, patches, corners), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["every_layer", "strided", "strange"])
def test_a_reach_holds_every_place_that_a_patch_changes(engines, photo, name):
    """Catches a reach that is short where it happens not to move the logits; a generous one is no mistake but slow."""
    engine, size = engines[name], (5, 4)
    corners = corners_of(size)
    patches = patches_of(size, len(corners))
    reaches = engine._windows.reach(corners, size)
    followed = [layer for layer in reaches if engine._model.get_layer(layer).output.shape[1:3] != SIDE]
    assert len(followed) >= 2
    for layer in followed:
        changed = engine.activations(pasted(photo, patches, corners), layer) - engine.activations(
            photo[np.newaxis], layer
        )
        tight = True
        for one, first, end in zip(np.abs(changed).max(axis=-1), reaches[layer].first, reaches[layer].end, strict=True):
            rows, columns = np.nonzero(one > 1e-5)
            if len(rows):
                assert (first <= [rows.min(), columns.min()]).all(), layer
                assert (end > [rows.max(), columns.max()]).all(), layer
                tight &= bool((end - first <= [np.ptp(rows) + 8, np.ptp(columns) + 8]).all())
        assert tight, layer


def test_small_patches_are_not_computed_the_plain_way(engines):
    """Catches a silent return to whole maps, which no comparison of logits would show."""
    layers = engines["every_layer"]._windows.layers((4, 4))
    sizes = engines["every_layer"]._windows.boxes(layers, corners_of((4, 4)), (4, 4))[1]
    assert len(layers) > 8
    assert sizes[0].tolist() == [4, 4]
    assert sizes[1].tolist() == [3, 3]  # a 3 x 3 window every 2 places sees 4 places at most 3 times
    assert engines["every_layer"]._windows.layers(SIDE) == ()


def test_the_number_of_patches_asked_at_once_does_not_matter(engines, photo):
    """Catches an answer that depends on its batch, whose boxes share a size."""
    corners = corners_of((6, 6), count=17)
    patches = patches_of((6, 6), len(corners))
    engine = engines["every_layer"]
    together = engine.patched_logits(photo, patches, corners)
    for one in range(len(corners)):
        alone = engine.patched_logits(photo, patches[one : one + 1], corners[one : one + 1])
        np.testing.assert_allclose(alone[0], together[one], atol=1e-5)


def test_another_photo_is_another_question(engines, photo):
    """Catches maps of one photo used for another, also after the first ones have been given up."""
    corners = corners_of((6, 6))
    patches = patches_of((6, 6), len(corners))
    engine = engines["every_layer"]
    for shade in (1.0, 0.9, 0.8, 0.7, 1.0):
        rgb = photo * np.float32(shade)
        expected = engine.logits_and_features(pasted(rgb, patches, corners))[0]
        np.testing.assert_allclose(engine.patched_logits(rgb, patches, corners), expected, atol=1e-5)
    assert len(engine._held) == 2


def test_two_threads_get_what_one_gets(engines, photo):
    """Catches maps of one photo taken for another's while both are asked about."""
    corners = corners_of((6, 6))
    patches = patches_of((6, 6), len(corners))
    engine = engines["every_layer"]
    photos = [photo * np.float32(shade) for shade in (1.0, 0.8, 0.6)]
    expected = [engine.logits_and_features(pasted(rgb, patches, corners))[0] for rgb in photos]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(4):
            found = engine.patched_logits(photos[number], patches, corners)
            if np.abs(found - expected[number]).max() > 1e-5:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nothing_is_compiled_twice(engines, photo):
    """Catches a function that is traced anew for other places or another number of patches, which takes seconds each."""
    engine = engines["every_layer"]
    for count in (1, 5, 40):
        corners = corners_of((6, 6), count=count)
        engine.patched_logits(photo, patches_of((6, 6), len(corners)), corners)
    made = [function for key, function in engine._functions.items() if key[0] == "patched"]
    assert made
    assert all(function.experimental_get_tracing_count() == 1 for function in made)


def test_arguments_stay_as_they_were(engines, photo):
    """Catches photos, patches or corners that are written to."""
    corners = corners_of((6, 6))
    patches = patches_of((6, 6), len(corners))
    before = photo.copy(), patches.copy(), corners.copy()
    for one in (photo, patches, corners):
        one.flags.writeable = False
    engines["every_layer"].patched_logits(photo, patches, corners)
    for one, then in zip((photo, patches, corners), before, strict=True):
        np.testing.assert_array_equal(one, then)
