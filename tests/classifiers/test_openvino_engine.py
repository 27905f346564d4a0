"""OpenVINO against Keras: on a small network with every kind of layer, on the real ones, and where it fails."""

import dataclasses
import importlib
import logging
import sys
import threading

import numpy as np
import pytest

from tests.classifiers.test_keras_engine import SPEC
from xai_core.classifiers import registry
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import CancelledError, EngineError
from xai_core.execution.batched import BatchedClassifier
from xai_core.execution.fair_lock import FairLock
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import SAMPLES

pytest.importorskip("openvino")

SIZE = (23, 26)
SMALL = dataclasses.replace(SPEC, input_size=SIZE)
NAMES = ("dog_and_bicycle.jpg", "german_shepherd.webp", "kitten.webp", "owl.webp")
ENGINE = "xai_core.classifiers.engines.openvino"


def small_model(ending: str):
    """Return a network with odd sizes, every kind of padding and stride, two branches, and weights of no special kind."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(3)
    photos = keras.Input((*SIZE, 3))
    first = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(photos)
    first = layers.BatchNormalization()(first)
    left = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="second")(first)
    left = layers.Activation("relu")(layers.BatchNormalization(scale=False)(left))
    left = layers.Conv2D(6, (1, 7), padding="same", activation="relu")(left)
    left = layers.Conv2D(6, (7, 1), padding="same", activation="relu")(left)
    left = layers.Conv2D(6, 4, padding="same", activation="relu")(left)
    left = layers.MaxPooling2D(3, 2)(layers.Concatenate()([layers.AveragePooling2D(3, 1, padding="same")(left), left]))
    right = layers.MaxPooling2D(2)(layers.Conv2D(5, 2, activation="relu")(first))
    right = layers.Conv2D(7, 3, strides=2, activation="relu")(right)
    right = layers.ReLU()(layers.Conv2D(12, 2, padding="same")(right))
    if ending == "dense":
        top = layers.Concatenate()([layers.Flatten()(left), layers.Flatten()(right)])
        top = layers.Dropout(0.3)(layers.Dense(20, activation="relu")(top))
    else:
        top = layers.Concatenate()([layers.GlobalAveragePooling2D()(left), layers.GlobalAveragePooling2D()(right)])
    model = keras.Model(photos, layers.Dense(4, name="logits")(top))
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_mean.assign(generator.normal(size=layer.moving_mean.shape) / 10)
            layer.moving_variance.assign(generator.uniform(0.5, 2, layer.moving_variance.shape))
    return model


def curved_model():
    """Return a network whose activation OpenVINO is not taught."""
    import keras

    photos = keras.Input((*SIZE, 3))
    layer = keras.layers.Conv2D(5, 3, activation="softplus")(photos)
    return keras.Model(photos, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(layer)))


def engines(model, *, fall_back: bool = False):
    from xai_core.classifiers.engines.keras import KerasEngine
    from xai_core.classifiers.engines.openvino import OpenVinoEngine

    return OpenVinoEngine(SMALL, model, fall_back=fall_back), KerasEngine(SMALL, model)


def one_by_one(plain, photos, target):
    """Return Keras' gradients for each photo by itself.

    In a batch some processors add up a flat photo's equal places in another order and find another one the largest.
    """
    return np.concatenate([plain.gradients(photo[np.newaxis], target) for photo in photos])


@pytest.fixture(scope="module", params=["dense", "pooled"])
def small(request):
    """Return both engines on one small network."""
    return engines(small_model(request.param))


@pytest.fixture(scope="module")
def photos():
    """Return 9 photos of few grey levels, some with flat parts: pooling windows are full of equal values."""
    rgb = np.random.default_rng(0).random((9, *SIZE, 3)).astype(np.float32)
    rgb[1, 5:20, 4:18] = 0.5
    rgb[2] = 0
    rgb[3] = 1
    rgb = np.round(rgb * 8) / 8
    rgb.flags.writeable = False
    return rgb


@pytest.mark.parametrize("count", range(1, 10))
def test_every_layer_and_every_number_of_photos_answer_as_keras_does(small, photos, count) -> None:
    """Catches a wrong padding, a kernel not turned, ties that share a signal, and rows lost or filled up wrongly."""
    openvino, plain = small
    for found, expected in zip(
        openvino.logits_and_features(photos[:count]), plain.logits_and_features(photos[:count]), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    expected = one_by_one(plain, photos[:count], 2)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(openvino.gradients(photos[:count], 2) / scale, expected / scale, atol=1e-5)


def test_it_is_openvino_that_answers(small, photos) -> None:
    """Catches an engine that quietly leaves everything to Keras."""
    openvino, _ = small
    openvino.gradients(photos, 0)
    openvino.logits_and_features(photos)
    assert {question for question, _ in openvino._requests} == {"forward", "gradient"}


def test_another_rule_is_not_the_gradient(small, photos) -> None:
    """Catches OpenVINO answering another rule with the plain gradient."""
    openvino, plain = small
    guided = openvino.gradients(photos[:4], 1, rule="guided", low_precision=True)
    np.testing.assert_allclose(guided, plain.gradients(photos[:4], 1, rule="guided"), rtol=1e-5, atol=1e-8)
    assert np.abs(guided - openvino.gradients(photos[:4], 1)).max() > 1e-3 * np.abs(guided).max()


def test_threads_get_what_one_gets(small, photos) -> None:
    """Catches a graph's buffers that one caller fills while another one reads."""
    openvino, _ = small
    expected = {target: openvino.gradients(photos, target) for target in range(4)}
    found = {}
    threads = [
        threading.Thread(target=lambda t=target: found.update({t: openvino.gradients(photos, t)}))
        for target in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for target, gradients in expected.items():
        np.testing.assert_array_equal(found[target], gradients)


def test_low_precision_is_exact_where_half_precision_does_not_pay(small, photos, monkeypatch) -> None:
    """Catches low precision on a processor that is not faster with it."""
    monkeypatch.setattr(f"{ENGINE}._features", lambda: {"sse4_2"})
    openvino, _ = small
    np.testing.assert_array_equal(openvino.gradients(photos, 1, low_precision=True), openvino.gradients(photos, 1))
    low_precision, exact = (
        openvino.logits_and_features(photos, low_precision=low_precision)[0] for low_precision in (True, False)
    )
    np.testing.assert_array_equal(low_precision, exact)


@pytest.mark.parametrize(
    ("features", "precision"),
    [
        ({"avx512_vnni", "avx512_bf16"}, "i8"),
        ({"avx_vnni"}, "i8"),
        ({"avx2"}, "i8"),
        ({"amx_bf16"}, "bf16"),
        ({"sse4_2"}, "f32"),
    ],
)
def test_the_processor_chooses_how_low_precision_is_computed(photos, monkeypatch, features, precision) -> None:
    """Catches numbers that the processor would only imitate, which is slower than the exact answer."""
    monkeypatch.setattr(f"{ENGINE}._features", lambda: features)
    openvino, _ = engines(small_model("pooled"))
    openvino.logits_and_features(photos, low_precision=True)
    openvino.gradients(photos, 1, low_precision=True)
    assert set(openvino._requests) == {("forward", precision), ("gradient", precision)}


def test_rounding_does_not_add_up_through_a_deep_network(photos, monkeypatch) -> None:
    """Catches gradients of a deep network whose kinks bfloat16 has moved."""
    monkeypatch.setattr(f"{ENGINE}._features", lambda: {"amx_bf16"})
    monkeypatch.setattr(f"{ENGINE}._MOST_CONVOLUTIONS_IN_HALF", 5)
    openvino, plain = engines(small_model("pooled"))
    openvino.logits_and_features(photos, low_precision=True)
    expected = one_by_one(plain, photos, 1)
    found = openvino.gradients(photos, 1, low_precision=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert set(openvino._requests) == {("forward", "bf16"), ("gradient", "f32")}


def test_an_engine_for_low_precision_leaves_exact_passes_to_keras(photos) -> None:
    """Catches an exact answer in half precision, and graphs that are compiled for nothing."""
    from xai_core.classifiers.engines.openvino import OpenVinoEngine

    model = small_model("pooled")
    _, plain = engines(model)
    openvino = OpenVinoEngine(SMALL, model, fall_back=False, low_precision_only=True)
    np.testing.assert_array_equal(openvino.logits_and_features(photos)[0], plain.logits_and_features(photos)[0])
    np.testing.assert_array_equal(openvino.gradients(photos, 1), plain.gradients(photos, 1))
    assert not openvino._requests
    openvino.gradients(photos, 1, low_precision=True)
    assert len(openvino._requests) == 1


def test_a_job_cancelled_between_batches_leaves_the_network_usable(small, photos) -> None:
    """Catches a lock or a half-used request that a cancelled job leaves behind."""
    openvino, plain = small
    checks = iter([None])

    def check() -> None:
        if next(checks, "cancelled"):
            raise CancelledError("Cancelled.")

    network = LoadedClassifier(SMALL, openvino, None, None)
    batched = BatchedClassifier(network, check=check, batch=4, lock=FairLock())
    with pytest.raises(CancelledError):
        batched.gradients(photos, 1)
    assert batched.evaluations == 4
    expected = one_by_one(plain, photos, 1)
    np.testing.assert_allclose(network.gradients(photos, 1), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_a_network_that_openvino_cannot_run_is_left_to_keras_with_one_line(photos, caplog) -> None:
    """Catches a job that fails although Keras could run it, and a warning for every pass."""
    openvino, plain = engines(curved_model(), fall_back=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            np.testing.assert_array_equal(openvino.gradients(photos, 1), plain.gradients(photos, 1))
            np.testing.assert_array_equal(
                openvino.logits_and_features(photos, low_precision=True)[0], plain.logits_and_features(photos)[0]
            )
    assert len([record for record in caplog.records if "OpenVINO" in record.getMessage()]) == 1


def test_an_engine_that_was_asked_for_says_that_it_cannot(photos) -> None:
    """Catches a silent fall-back to Keras where XAI_ENGINE names OpenVINO."""
    openvino, _ = engines(curved_model())
    with pytest.raises(EngineError, match=r"OpenVINO cannot run Tiny.*XAI_ENGINE"):
        openvino.gradients(photos, 1)


def test_a_failure_in_the_middle_of_a_question_leaves_no_gap(photos, caplog) -> None:
    """Catches photos that are answered twice or not at all where the second batch fails, as for lack of memory."""
    openvino, plain = engines(small_model("pooled"), fall_back=True)
    openvino.gradients(photos, 1)
    request = openvino._requests["gradient", "f32"]

    class Failing:
        left = 1

        def infer(self, *arguments, **keywords):
            if not self.left:
                raise RuntimeError("could not allocate memory")
            self.left -= 1
            return request.infer(*arguments, **keywords)

    openvino._requests["gradient", "f32"] = Failing()
    expected = one_by_one(plain, photos, 1)
    found = openvino.gradients(photos, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert "Keras takes over" in caplog.text


@pytest.mark.parametrize(("wanted", "name"), [("keras", "KerasEngine"), (" OpenVINO ", "OpenVinoEngine")])
def test_the_environment_chooses_the_engine(monkeypatch, wanted, name) -> None:
    """Catches an XAI_ENGINE that is ignored."""
    from xai_core.classifiers.engines.choice import engine_for

    monkeypatch.setenv("XAI_ENGINE", wanted)
    assert type(engine_for(SMALL, curved_model())).__name__ == name


def test_without_a_wish_a_gpu_decides(monkeypatch) -> None:
    """Catches a GPU that stays unused, and Keras on a processor where OpenVINO is faster."""
    import tensorflow as tf

    from xai_core.classifiers.engines.choice import engine_for

    monkeypatch.delenv("XAI_ENGINE", raising=False)
    for devices, name in (([], "OpenVinoEngine"), (["a GPU"], "KerasEngine")):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind, devices=devices: devices)
        assert type(engine_for(SMALL, curved_model())).__name__ == name


def test_an_unknown_engine_is_refused_in_one_sentence(monkeypatch) -> None:
    """Catches a misspelt XAI_ENGINE that falls back without a word."""
    from xai_core.classifiers.engines.choice import engine_for

    monkeypatch.setenv("XAI_ENGINE", "abacus")
    with pytest.raises(EngineError, match=r"no engine “abacus”; set XAI_ENGINE to keras or openvino"):
        engine_for(SMALL, curved_model())


@pytest.mark.parametrize("wanted", ["", "openvino"])
def test_a_machine_without_openvino(monkeypatch, caplog, wanted) -> None:
    """Catches a missing wheel that ends the app, and a wish that is passed over in silence."""
    from xai_core.classifiers.engines.choice import engine_for

    monkeypatch.setenv("XAI_ENGINE", wanted)
    monkeypatch.delitem(sys.modules, ENGINE, raising=False)
    monkeypatch.delitem(sys.modules, f"{ENGINE}_graph", raising=False)
    monkeypatch.delattr(importlib.import_module("xai_core.classifiers.engines"), "openvino", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    if wanted:
        with pytest.raises(EngineError, match="not installed here"):
            engine_for(SMALL, curved_model())
    else:
        assert type(engine_for(SMALL, curved_model())).__name__ == "KerasEngine"
        assert "OpenVINO cannot be loaded" in caplog.text


@pytest.fixture(scope="module", params=["vgg16", "inception_v3"])
def real(request):
    """Return (both engines, four sample photos, the first one's most probable breed) of a network that ships."""
    from xai_core.classifiers.engines.keras import KerasEngine
    from xai_core.classifiers.engines.openvino import OpenVinoEngine

    classifier = registry.load(NetworkRef.parse(request.param))
    photos = [load_photo((SAMPLES / name).read_bytes(), name).pixels for name in NAMES]
    rgb = np.stack([squeeze(photo, classifier.spec.input_size) for photo in photos])
    model = classifier.engine._model
    plain = KerasEngine(classifier.spec, model)
    logits = plain.logits_and_features(rgb)[0]
    return OpenVinoEngine(classifier.spec, model, fall_back=False), plain, rgb, int(logits[0].argmax())


def test_both_engines_agree_on_photos(real) -> None:
    """Catches an OpenVINO graph that computes another network."""
    openvino, plain, rgb, target = real
    np.testing.assert_allclose(
        openvino.logits_and_features(rgb)[0], plain.logits_and_features(rgb)[0], rtol=0, atol=1e-4
    )
    for found, expected in zip(openvino.gradients(rgb, target), plain.gradients(rgb, target), strict=True):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] >= 0.9999


def test_low_precision_is_as_near_as_it_was_measured_to_be(real) -> None:
    """Catches a first layer that drowns in rounding, ties in half precision that multiply a gradient, and 8-bit integers whose
    zero is not zero, which adds the same to every pixel.

    Measured on 21 photos without instructions for 8-bit integers: gradients of VGG16 correlate to at least 0.990, those of
    InceptionV3 are exact, as they would reach 0.94 only on these photos: rounding turns ReLUs near 0 on and off. With such
    instructions they must do no worse. Logits are compared in test_eight_bits.py.
    """
    openvino, plain, rgb, target = real
    least = 0.98 if openvino._spec.key == "vgg16" else 0.93
    for found, expected in zip(
        openvino.gradients(rgb, target, low_precision=True), plain.gradients(rgb, target), strict=True
    ):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > least
        assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(expected), rel=0.2)
        assert abs((found - expected).mean()) < 0.005 * np.abs(expected).mean()
