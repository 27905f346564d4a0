"""Backward rules on a network small enough to follow with a pencil.

Only red r counts. Two maps, a0 = relu(r - 0.3) and a1 = relu(0.5 - r), are max-pooled over the left and the right half of a
2x4 photo into p0 and p1. Then b0 = relu(2 p0 - p1), b1 = relu(p1 - p0), and logit 0 = b0 + 3 b1 of the left half
+ 2 b0 - b1 of the right half.

             r                    p0, p1 and where they come from             b0, b1
    0.9  0.1 | 0.4  0.2     left  0.6 from (0, 0), 0.4 from (0, 1)     left  relu(0.8), relu(-0.2)
    0.25 0.6 | 0.0  0.25    right 0.1 from (0, 2), 0.5 from (1, 2)     right relu(-0.3), relu(0.4)

The signals 1, 3 | 2, -1 arrive at b0, b1 of left | right.
"""

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.base import Preprocessing
from xai_core.errors import UnknownNameError, UnsupportedError

RED = np.array([[0.9, 0.1, 0.4, 0.2], [0.25, 0.6, 0.0, 0.25]], np.float32)
REFERENCE = np.array([[0.0, 0.1, 0.2, 0.1], [0.1, 0.1, 0.1, 0.0]], np.float32)
SPEC = replace(fakes.spec((2, 4), cam_layers=("pooled", "second")), layers=("first", "pooled", "second"))


def in_red(values) -> np.ndarray:
    """Return one photo f32[1,2,4,3] with these values in red and 0.7 elsewhere, which the network does not look at."""
    photo = np.full((1, 2, 4, 3), 0.7, np.float32)
    photo[0, ..., 0] = values
    return photo


def engine_of(model, spec=SPEC):
    from xai_core.classifiers.engines.keras import KerasEngine

    return KerasEngine(spec, model)


@pytest.fixture(scope="module")
def engine():
    import keras

    photos = keras.Input((2, 4, 3))
    first = keras.layers.Conv2D(2, 1, activation="relu", name="first")(photos)
    pooled = keras.layers.MaxPooling2D(2, name="pooled")(first)
    # a convolution and an activation of its own, as InceptionV3 has them
    second = keras.layers.Activation("relu", name="second")(keras.layers.Conv2D(2, 1, name="sum")(pooled))
    logits = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(second))
    model = keras.Model(photos, logits)
    model.get_layer("first").set_weights([np.array([[[[1, -1], [0, 0], [0, 0]]]]), np.array([-0.3, 0.5])])
    model.get_layer("sum").set_weights([np.array([[[[2, -1], [-1, 1]]]]), np.zeros(2)])
    model.get_layer("logits").set_weights([np.outer([1, 3, 2, -1], [1, 0, 0]), np.zeros(3)])
    return engine_of(model)


@pytest.fixture(scope="module")
def random_engine():
    """Return a network with everything the real ones are made of, random weights, and blue first."""
    import keras

    keras.utils.set_random_seed(5)
    photos = keras.Input((16, 16, 3))
    first = keras.layers.Conv2D(6, 3, use_bias=False, name="first")(photos)
    normed = keras.layers.BatchNormalization(scale=False, name="normed")(first)
    active = keras.layers.Activation("relu", name="active")(normed)
    branches = [
        keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="wide")(active),
        keras.layers.AveragePooling2D(3, strides=1, padding="same")(active),
    ]
    joined = keras.layers.Concatenate(name="joined")(branches)
    pooled = keras.layers.MaxPooling2D(3, strides=2, padding="same", name="pooled")(joined)
    last = keras.layers.ReLU(name="last")(keras.layers.Conv2D(7, 3, name="conv")(pooled))
    features = keras.layers.Dropout(0.3)(keras.layers.GlobalAveragePooling2D()(last))
    model = keras.Model(photos, keras.layers.Dense(3, name="logits")(features))
    generator = np.random.default_rng(2)
    statistics = [generator.normal(size=6) / 4, generator.normal(size=6) / 4, generator.random(6) + 0.5]
    model.get_layer("normed").set_weights(statistics)
    spec = fakes.spec((16, 16), cam_layers=("last",))
    layers = ("first", "normed", "active", "wide", "joined", "pooled", "last")
    return engine_of(model, replace(spec, layers=layers, preprocessing=Preprocessing(True, 2.0, (-1.0, -0.5, 0.3))))


@pytest.fixture
def photos():
    return np.random.default_rng(3).random((6, 16, 16, 3)).astype(np.float32)


def test_the_forward_pass_is_the_one_in_the_docstring(engine):
    """Catches a hand-computed network that is not the one the backward rules are checked on."""
    np.testing.assert_allclose(engine.activations(in_red(RED), "second")[0, 0], [[0.8, 0], [0, 0.4]], atol=1e-6)
    assert engine.logits_and_features(in_red(RED))[0][0, 0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # at b the inactive two stop: 1, 0 | 0, -1. At p: 2, -1 | 1, -1, and all four winners are active.
        ("plain", [[2, 1, 1, 0], [0, 0, 1, 0]]),
        # at b only left b0 is active and gets a positive signal. At p: 2, -1 | 0, 0, of which -1 is stopped.
        ("guided", [[2, 0, 0, 0], [0, 0, 0, 0]]),
        # at b the positive signals pass: 1, 3 | 2, 0. At p: -1, 2 | 4, -2, of which 2 and 4 pass; a1 falls with r.
        ("deconvnet", [[0, -2, 4, 0], [0, 0, 0, 0]]),
    ],
)
def test_each_rule_sends_back_what_a_pencil_finds(engine, rule, expected):
    """Would catch a rule that looks at the wrong side of a ReLU, and pooling without switches."""
    np.testing.assert_allclose(engine.gradients(in_red(RED), 0, rule=rule)[0, ..., 0], expected, atol=1e-5)
    np.testing.assert_array_equal(engine.gradients(in_red(RED), 0, rule=rule)[0, ..., 1:], 0)


@pytest.mark.parametrize(
    ("channel", "rule", "strongest", "value", "expected"),
    [
        # b1 is active on the right only, so its mean is 0.2; 1/2 goes back to p1, whose winner falls with r, and to p0 as
        # -1/2, which stops. DeconvNet must not start in the left half, where b1 is silent.
        (1, "deconvnet", False, 0.2, [[0, 0, 0, 0], [0, 0, -0.5, 0]]),
        (1, "deconvnet", True, 0.4, [[0, 0, 0, 0], [0, 0, -1, 0]]),
        (1, "plain", True, 0.4, [[0, 0, -1, 0], [0, 0, -1, 0]]),
        (0, "guided", True, 0.8, [[2, 0, 0, 0], [0, 0, 0, 0]]),
        (0, "plain", False, 0.4, [[1, 0.5, 0, 0], [0, 0, 0, 0]]),
    ],
)
def test_the_signal_of_one_channel(engine, channel, rule, strongest, value, expected):
    """Catches a channel's signal that starts at the wrong places or ignores its rule."""
    found, gradients = engine.channel_gradients(in_red(RED), "second", channel, rule=rule, strongest=strongest)
    assert found == pytest.approx([value])
    np.testing.assert_allclose(gradients[0, ..., 0], expected, atol=1e-5)


def test_rescale_multipliers_by_pencil(engine):
    """Against a reference with p = 0, 0.5 | 0, 0.5 and b = 0, 0.5 | 0, 0.5.

    Slopes at b: 0.8/1.3, 0.5/0.7 | 0, 1. Left p0 rose to 0.6 at (0, 0), where a0's slope is 0.6/0.9. Left p1 fell by 0.1 from
    the reference's winner at (0, 0), where a1 fell by 0.5, with slope 0.5/0.9. Right p0 rose at (0, 2), where a0's slope is
    0.1/0.2. Right p1 did not change.
    """
    to_p0, to_p1 = 2 * 8 / 13 - 3 * 5 / 7, -8 / 13 + 3 * 5 / 7
    expected = np.zeros((2, 4))
    expected[0, 0] = to_p0 * 2 / 3 - 0.2 * to_p1 * 5 / 9
    expected[0, 2] = 0.5
    found = engine.multipliers(in_red(RED), in_red(REFERENCE), 0)[0]
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-5)
    assert (found[..., 0] * (RED - REFERENCE)).sum() == pytest.approx(0.4 - 1.0, abs=1e-5)


def test_plain_is_keras_own_gradient(random_engine, photos):
    """Would catch a layer left out, applied twice or wired to the wrong input."""
    import tensorflow as tf

    batch = tf.constant(random_engine._spec.preprocessing.forward(photos[:1]))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        logit = random_engine._model(batch, training=False)[:, 1]
    expected = random_engine._spec.preprocessing.backward(tape.gradient(logit, batch).numpy())
    np.testing.assert_allclose(random_engine.gradients(photos[:1], 1), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", ["first", "normed", "active", "wide", "joined", "pooled", "last"])
@pytest.mark.parametrize("strongest", [False, True])
def test_channel_gradients_equal_finite_differences(random_engine, photos, layer, strongest):
    """Catches a gradient of another channel, and one scaled by the wrong number of places."""
    rgb = photos[:1]
    value, gradients = random_engine.channel_gradients(rgb, layer, 2, strongest=strongest)
    maps = random_engine.activations(rgb, layer)[0, ..., 2]
    assert value[0] == pytest.approx(maps.max() if strongest else maps.mean(), rel=1e-4, abs=1e-6)
    step = np.float32(2e-3) * gradients / np.abs(gradients).max()
    up, down = (random_engine.channel_gradients(rgb + one, layer, 2, strongest=strongest)[0] for one in (step, -step))
    assert up - down == pytest.approx(2 * (step * gradients).sum(dtype=np.float64), rel=0.03)


def test_multipliers_sum_to_the_difference_of_the_logits(random_engine, photos):
    """The axiom of summation to delta, also where photo and reference agree in places and everywhere."""
    rgb, references = photos[:5], photos[[5, 5, 5, 5, 4]].copy()
    references[1, :8] = rgb[1, :8]
    for target in range(3):
        found = random_engine.multipliers(rgb, references, target)
        sums = (found * (rgb - references)).sum(axis=(1, 2, 3), dtype=np.float64)
        logits = [random_engine.logits_and_features(one)[0][:, target] for one in (rgb, references)]
        np.testing.assert_allclose(sums, logits[0] - logits[1], rtol=1e-3, atol=1e-5)
    same = random_engine.multipliers(rgb, rgb, 0)
    np.testing.assert_allclose(same, random_engine.gradients(rgb, 0), rtol=1e-4, atol=1e-6)


def test_a_path_gives_each_photo_s_multipliers_against_the_one_before_it(random_engine, photos):
    """Would catch a wrong predecessor, also where the path is cut into passes or filled up."""
    path = np.concatenate([photos, photos[::-1]])
    for count in (2, 3, 6, 7, 9, 12):
        part = path[:count]
        expected = random_engine.multipliers(part[1:], part[:-1], 1)
        np.testing.assert_allclose(random_engine.path_multipliers(part, 1), expected, rtol=1e-3, atol=1e-6)


def test_short_secants_become_gradients(random_engine, photos):
    """The limit that makes secants a sum for the same integral: would catch a slope that is lost or counted twice."""
    path = np.linspace(0.2, 1, 81, dtype=np.float32)[:, None, None, None] * photos[:1]
    secants = random_engine.path_multipliers(path, 2).mean(axis=0)
    gradients = random_engine.gradients((path[1:] + path[:-1]) / 2, 2).mean(axis=0)
    assert np.corrcoef(secants.ravel(), gradients.ravel())[0, 1] > 0.99
    coarse = random_engine.path_multipliers(path[::40], 2)
    total = float((coarse * np.diff(path[::40], axis=0)).sum(dtype=np.float64))
    logits = random_engine.logits_and_features(path[[0, -1]])[0][:, 2]
    assert total == pytest.approx(logits[1] - logits[0], rel=1e-3, abs=1e-5)


def test_photos_asked_together_get_what_each_gets_alone(random_engine, photos):
    """Would catch padding that leaks into an answer, and references that go with the wrong photo."""
    references = photos[::-1].copy()
    questions = [
        lambda part: random_engine.gradients(photos[part], 1, rule="guided"),
        lambda part: random_engine.channel_gradients(photos[part], "wide", 1, rule="deconvnet", strongest=True)[1],
        lambda part: random_engine.multipliers(photos[part], references[part], 1),
    ]
    for question in questions:
        alone = np.concatenate([question(slice(i, i + 1)) for i in range(5)])
        np.testing.assert_allclose(question(slice(0, 5)), alone, rtol=1e-4, atol=1e-6)


def test_rules_asked_from_threads_do_not_meet(random_engine, photos):
    """Would catch a rule that is switched on in the shared network while another question runs."""
    rules = ("plain", "guided", "deconvnet")
    weights = [np.copy(one) for one in random_engine._model.get_weights()]
    expected = {rule: random_engine.gradients(photos, 0, rule=rule) for rule in rules}
    found = {}

    def ask(rule):
        for _ in range(5):
            found[rule] = random_engine.gradients(photos, 0, rule=rule)

    threads = [threading.Thread(target=ask, args=(rule,)) for rule in rules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rule in rules:
        np.testing.assert_allclose(found[rule], expected[rule], rtol=1e-5, atol=1e-8)
    assert not np.allclose(expected["plain"], expected["guided"])
    assert not np.allclose(expected["guided"], expected["deconvnet"])
    for now, then in zip(random_engine._model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)


def test_first_kernels_are_in_red_green_blue(random_engine):
    """A photo with light in red alone must answer by the kernels' red part, though the network takes blue first."""
    dark = np.zeros((1, 16, 16, 3), np.float32)
    red = dark.copy()
    red[0, 8, 8, 0] = 1
    answer = random_engine.activations(red, "first") - random_engine.activations(dark, "first")
    kernels = random_engine.first_kernels()
    assert kernels.shape == (6, 3, 3, 3)
    # the light at (8, 8) meets the kernel's corner (2, 2) at output (6, 6); preprocessing doubles it
    np.testing.assert_allclose(answer[0, 6:9, 6:9], 2 * kernels[:, ::-1, ::-1, 0].transpose(1, 2, 0), atol=1e-5)


def test_an_unknown_layer_or_channel_is_a_sentence(random_engine, photos):
    """Catches an IndexError for an unknown layer or channel in place of the names there are."""
    with pytest.raises(UnknownNameError, match=r"no layer “block9”; choose one of first, normed"):
        random_engine.channel_gradients(photos[:1], "block9", 0)
    for channel in (-1, 7):
        with pytest.raises(UnknownNameError, match=rf"“last” has channels 0 to 6, not {channel}"):
            random_engine.channel_gradients(photos[:1], "last", channel)


def test_a_layer_that_no_rule_covers_is_told(photos):
    """Would catch a map that silently ignores what a layer does."""
    import keras

    inputs = keras.Input((16, 16, 3))
    pooled = keras.layers.GlobalMaxPooling2D(name="unusual")(inputs)
    engine = engine_of(keras.Model(inputs, keras.layers.Dense(3)(pooled)), fakes.spec((16, 16)))
    with pytest.raises(UnsupportedError, match=r"“unusual”"):
        engine.gradients(photos[:1], 0, rule="guided")
