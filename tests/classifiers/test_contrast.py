"""Contrasts against an oracle of their own: the same network whose last layer has the other class's weights taken off."""

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.classifiers.test_openvino_engine import SIZE, SMALL, engines
from xai_core import params
from xai_core.classifiers import registry
from xai_core.classifiers.base import softmax
from xai_core.classifiers.contrast import contrast_spec, contrasted
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnknownNameError
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.requests import ExplanationRequest
from xai_core.workbench import Workbench

A, B = 2, 1
#: Of the largest value: what single precision and another order of sums leave, and what half precision does, where the
#: processor has it (drafts, see Classifier).
EXACT, DRAFT = 2e-5, 2e-2
SPEC = replace(SMALL, cam_layers=("first", "second"), layers=("first", "second"))
#: Methods whose maps are sums of answers, with settings under which they ask the same whatever the answers are.
LINEAR: dict[str, dict[str, Any]] = {
    "lime": {"samples": 40, "segmentation": "slic", "until_settled": False},
    "grad_cam": {"against": True, "layer": "second"},
    "integrated_gradients": {"steps": 4},
    "expected_gradients": {"samples": 8},
    "gradient_x_input": {},
    "deep_lift": {},
    "occlusion": {"window": 40, "stride": 30},
    "rise": {"samples": 20},
    "kernel_shap": {"samples": 40, "segmentation": "slic", "until_settled": False},
}


def tiny():
    """Return a network of two blocks and a layer of ReLUs below its four logits, always with the same weights."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    photos = keras.Input((*SIZE, 3))
    first = layers.MaxPooling2D()(layers.Conv2D(6, 3, padding="same", activation="relu", name="first")(photos))
    second = layers.Conv2D(8, 3, padding="same", activation="relu", name="second")(first)
    units = layers.Dense(20, activation="relu")(layers.Flatten()(layers.MaxPooling2D()(second)))
    return keras.Model(photos, layers.Dense(4, name="logits")(units))


@pytest.fixture(scope="module")
def both() -> list[LoadedClassifier]:
    """The network on OpenVINO and on Keras."""
    references = np.random.default_rng(1).random((3, *SPEC.input_size, 3)).astype(np.float32)
    return [LoadedClassifier(SPEC, engine, references, None) for engine in engines(tiny())]


@pytest.fixture(scope="module")
def network(both) -> LoadedClassifier:
    return both[0]


@pytest.fixture(scope="module")
def oracle() -> LoadedClassifier:
    """The network whose last layer has, for every class, the weights of the class less those of class B."""
    model = tiny()
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([kernel - kernel[:, [B]], bias - bias[B]])
    return LoadedClassifier(SPEC, engines(model)[1], None, None)


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    return np.random.default_rng(5).random((5, *SPEC.input_size, 3)).astype(np.float32)


def same(found, expected, tolerance: float = EXACT) -> None:
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found / scale, expected / scale, atol=tolerance)


@pytest.mark.parametrize("engine", [0, 1], ids=["openvino", "keras"])
def test_every_question_is_answered_as_by_a_network_of_the_differences(engine, both, oracle, photos) -> None:
    """Catches a seed of the wrong sign, logits left as they were, and rules that are not linear taken apart as if they were."""
    network = both[engine]
    contrast = contrasted(network, B)
    same(contrast.logits(photos), oracle.logits(photos))
    same(contrast.predict(photos)[0], oracle.logits(photos))
    patches, corners = photos[:4, :6, :5], np.array([[0, 0], [3, 4], [10, 12], [17, 21]])
    same(contrast.patched_logits(photos[4], patches, corners), oracle.patched_logits(photos[4], patches, corners))
    for rule in ("plain", "guided", "deconvnet"):
        same(contrast.gradients(photos, A, rule=rule), oracle.gradients(photos, A, rule=rule))
    same(contrast.multipliers(photos, photos[::-1], A), oracle.multipliers(photos, photos[::-1], A))
    same(contrast.path_multipliers(photos, A), oracle.path_multipliers(photos, A))
    chosen = np.array([1, 0, 1])
    same(contrast.background_logits(chosen), oracle.logits(network.background()[chosen]))
    for layer in SPEC.cam_layers:
        for found, expected in zip(
            contrast.layer_gradients(photos, layer, A), oracle.layer_gradients(photos, layer, A), strict=True
        ):
            same(found, expected)
        for found, expected in zip(
            contrast.block_gradients(photos, A)[layer], oracle.block_gradients(photos, A)[layer], strict=True
        ):
            same(found, expected)
        same(contrast.activations(photos, layer), network.activations(photos, layer))
        for found, expected in zip(
            contrast.channel_gradients(photos, layer, 1), network.channel_gradients(photos, layer, 1), strict=True
        ):
            same(found, expected)


def test_guided_signals_of_a_contrast_are_not_the_difference_of_two_answers(network, photos) -> None:
    """Says why a contrast is an engine's business: two answers subtracted would be something else."""
    two = network.gradients(photos, A, rule="guided") - network.gradients(photos, B, rule="guided")
    one = contrasted(network, B).gradients(photos, A, rule="guided")
    assert np.abs(one - two).max() > 0.1 * np.abs(two).max()


def test_the_network_itself_and_other_contrasts_stay_what_they_were(network, photos) -> None:
    """Catches a contrast that leaves its class behind in what it shares, and a memo that mixes two networks up."""
    before = network.logits(photos), network.gradients(photos[:1], A)
    first, second = contrasted(network, B), contrasted(network, 3)
    differing = [one.gradients(photos[:1], A) for one in (first, second)]
    assert np.abs(differing[0] - differing[1]).max() > 0
    np.testing.assert_array_equal(network.logits(photos), before[0])
    np.testing.assert_array_equal(network.gradients(photos[:1], A), before[1])
    np.testing.assert_array_equal(first.gradients(photos[:1], A), differing[0])


def test_a_contrast_changes_no_probability_and_is_nothing_for_a_class_with_itself(network, photos) -> None:
    """Catches a contrast that subtracts another class, or that is not subtracted from every logit."""
    contrast = contrasted(network, B)
    np.testing.assert_allclose(softmax(contrast.logits(photos)), softmax(network.logits(photos)), atol=1e-6)
    assert not contrast.gradients(photos, B).any()
    assert not contrast.logits(photos)[:, B].any()


@pytest.mark.parametrize("key", LINEAR)
def test_maps_that_are_sums_are_antisymmetric_and_the_difference_of_two_maps(key, network, photos) -> None:
    """Catches a method that gets round the contrast, such as one that takes probabilities, and B taken for A."""
    method = build_explainer(key, LINEAR[key])
    rgb = photos[0]
    for_a, for_b = (method.attribute(network, rgb, target).values for target in (A, B))
    rather = method.attribute(contrasted(network, B), rgb, A).values
    same(rather, -method.attribute(contrasted(network, A), rgb, B).values)
    same(rather, for_a - for_b, DRAFT if method.pass_counts(SPEC).low_precision else EXACT)


#: Only asks for logits, as RISE does, and is the one method here that loads the library `shap`.
SLOW_TO_LOAD = {"partition_shap"}


@pytest.mark.parametrize("key", sorted(EXPLAINERS.keys() - LINEAR.keys() - SLOW_TO_LOAD))
def test_every_other_method_explains_a_contrast_too(key, network, photos) -> None:
    """Catches a method that fails on a contrast or explains the plain logit instead."""
    names = {spec.name for spec in params.param_specs(EXPLAINERS[key])}
    few = {"samples": 20, "evaluations": 20, "channels": 4, "layer": "second"}
    method = build_explainer(key, {name: value for name, value in few.items() if name in names})
    found, plain = (method.attribute(one, photos[0], A).values for one in (contrasted(network, B), network))
    assert np.isfinite(found).all()
    assert not np.array_equal(found, plain)


def test_threads_that_ask_for_two_contrasts_get_their_own(network, photos) -> None:
    """Catches the class compared with being kept where both can see it."""
    both = [contrasted(network, 0), contrasted(network, 3)]
    alone = [one.logits(photos) for one in both]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(10):
            if not np.allclose(both[number].logits(photos), alone[number], atol=1e-5):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_description_differs_in_key_and_digest_only(tmp_path) -> None:
    """Catches a contrast whose maps the store takes for the network's own, or for those of another contrast."""
    bench = Workbench(tmp_path, specs=lambda: {"tiny": SPEC})
    spec = bench.spec(NetworkRef("tiny", minus=B))
    assert replace(spec, key=SPEC.key, weights_digest=SPEC.weights_digest) == SPEC
    method = build_explainer("saliency", {})
    seen = {
        ExplanationRequest(network, "0" * 64, A, method).key(bench.spec(network))
        for network in map(
            NetworkRef.parse, ("tiny", "tiny~minus-0", "tiny~minus-1", "tiny~random", "tiny~random~minus-1")
        )
    }
    assert len(seen) == 5
    with pytest.raises(UnknownNameError, match="has classes 0 to 3, not 4"):
        bench.spec(NetworkRef.parse("tiny~minus-4"))
    for wrong in ("tiny~minus-", "tiny~minus-01", "tiny~minus-x", "other~minus-1"):
        with pytest.raises(UnknownNameError):
            bench.spec(NetworkRef.parse(wrong))


def test_the_registry_makes_contrasts_of_what_it_has_loaded(monkeypatch) -> None:
    """Catches weights that are loaded twice for a contrast."""
    loaded = []

    def load() -> LoadedClassifier:
        loaded.append(LoadedClassifier(SPEC, engines(tiny())[1], None, None))
        return loaded[-1]

    entry = SimpleNamespace(key="tiny-contrast", spec=lambda: SPEC, load=load)
    monkeypatch.setitem(registry.NETWORKS, "tiny-contrast", entry)
    contrast = registry.load(NetworkRef.parse("tiny-contrast~minus-1"))
    assert registry.load(NetworkRef.parse("tiny-contrast~minus-1")) is contrast
    assert contrast.engine.model is registry.load(NetworkRef.parse("tiny-contrast")).engine.model
    assert len(loaded) == 1
    assert registry.spec(NetworkRef.parse("vgg16~minus-7")).labels == registry.spec(NetworkRef.parse("vgg16")).labels
    with pytest.raises(UnknownNameError):
        registry.load(NetworkRef.parse("vgg16~minus-500"))
    assert contrast_spec(SPEC, 0).title == SPEC.title
