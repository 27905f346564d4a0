"""Networks with random weights: the same from outside, other inside, and scaled so that they can be asked."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests import fakes
from tests.classifiers.test_networks import KEYS, SAMPLES
from xai_core.classifiers import randomised, registry
from xai_core.classifiers.base import Preprocessing
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import UnknownNameError
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.workbench import Workbench

SPEC = replace(
    fakes.spec((48, 48), cam_layers=("block1", "block2")),
    preprocessing=Preprocessing(bgr=True, scale=255.0, shift=(-100.0, -110.0, -120.0)),
)


def tiny():
    """Return an untrained network of two blocks, with all kinds of layers that have weights."""
    import keras

    keras.utils.set_random_seed(1)
    photos = keras.Input((48, 48, 3))
    first = keras.layers.Conv2D(8, 3, activation="relu", padding="same", name="block1")(photos)
    wide = keras.layers.Conv2D(16, 3, use_bias=False, name="wide")(keras.layers.MaxPooling2D()(first))
    normed = keras.layers.BatchNormalization(scale=False, name="normed")(wide)
    second = keras.layers.Activation("relu", name="block2")(normed)
    features = keras.layers.GlobalAveragePooling2D()(second)
    return keras.Model(photos, keras.layers.Dense(3, name="logits")(features))


def loaded(count):
    base = SimpleNamespace(spec=lambda: SPEC, model=tiny, references=None)
    return randomised.RandomisedNetwork(base, count).load()


def weights_of(classifier):
    return {layer.name: layer.get_weights() for layer in classifier.engine._model.layers if layer.weights}


@pytest.mark.parametrize("key", KEYS)
def test_the_description_differs_in_name_and_weights_only(key):
    """Would catch a random network whose maps the store takes for those of the trained one."""
    trained = registry.spec(NetworkRef.parse(key))
    seen = {trained.weights_digest}
    for suffix in ("random", "random-1", "random-2"):
        spec = registry.spec(NetworkRef.parse(f"{key}~{suffix}"))
        assert spec.key == f"{key}~{suffix}"
        assert spec.title.startswith(trained.title)
        assert spec.title != trained.title
        seen.add(spec.weights_digest)
        names = {"key": trained.key, "title": trained.title, "sentence": trained.sentence}
        assert replace(spec, weights_digest=trained.weights_digest, **names) == trained
    assert len(seen) == 4
    assert all(len(digest) == 64 for digest in seen)


def test_the_workbench_knows_random_networks_but_does_not_offer_them(tmp_path):
    """Catches random networks in the list of networks, and an impossible number of random parts."""
    bench = Workbench(tmp_path, specs=lambda: {"fake": SPEC})
    assert bench.spec(NetworkRef.parse("fake~random")).key == "fake~random"
    assert list(bench.specs()) == ["fake"]
    assert not [key for key in registry.specs() if "~" in key]
    with pytest.raises(UnknownNameError, match=r"choose fake~random, or fake~random-1 to fake~random-3\."):
        bench.spec(NetworkRef.parse("fake~random-4"))
    with pytest.raises(UnknownNameError, match="choose one of fake"):
        bench.spec(NetworkRef.parse("other~random"))
    with pytest.raises(UnknownNameError, match=r"vgg16~random-1 to vgg16~random-6\."):
        registry.load(NetworkRef.parse("vgg16~random-7"))


def test_the_last_parts_become_random_from_the_top_down():
    """Would catch a cascade that starts at the wrong end, and layers that draw anew when more becomes random."""
    before = weights_of(SimpleNamespace(engine=SimpleNamespace(_model=tiny())))
    after = {count: weights_of(loaded(count)) for count in (1, 2, 3, "all")}
    changed = {
        key: {name for name in before if not all(map(np.array_equal, before[name], found[name]))}
        for key, found in after.items()
    }
    assert changed[1] == {"logits"}
    assert changed[2] == {"logits", "wide", "normed"}
    assert changed[3] == changed["all"] == {"logits", "wide", "normed", "block1"}
    for name in before:
        for now, then in zip(after["all"][name], after[3][name], strict=True):
            np.testing.assert_array_equal(now, then)
    # the directions of the kernels stay; their lengths follow what the layers below send
    one, three = (after[key]["logits"][0].ravel() for key in (1, 3))
    assert np.corrcoef(one, three)[0, 1] == pytest.approx(1)


def test_activations_keep_their_size_through_a_random_network():
    """Would catch kernels without a scale: three layers on photos in 0..255 would give logits in the hundreds."""
    photos = np.stack([fakes.photo((48, 48), seed) for seed in range(6)])
    classifier = loaded("all")
    assert 0.2 < classifier.logits(photos).std() < 5
    for layer in ("block1", "block2"):
        maps = classifier.activations(photos, layer)
        assert 0.2 < maps.std() < 5
        assert 0.1 < (maps > 0).mean() < 0.9
    _, familiarity, familiar = classifier.predict(photos)
    assert np.isnan(familiarity).all()
    assert familiar.all()


def test_random_pictures_span_light_and_dark_and_differ():
    """Catches flat or equal calibration pictures, and ones that differ from run to run."""
    from xai_core.classifiers.engines.fresh_weights import dead_leaves

    pictures = dead_leaves(4, (40, 60), np.random.default_rng(0))
    assert pictures.shape == (4, 40, 60, 3)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert pictures.max() - pictures.min() > 0.8
    means = pictures.mean(axis=(1, 2, 3))
    assert means.max() - means.min() > 0.05
    np.testing.assert_array_equal(pictures, dead_leaves(4, (40, 60), np.random.default_rng(0)))


@pytest.mark.parametrize("key", KEYS)
def test_the_real_networks_answer_with_random_weights(key):
    """One photo: other logits, of a size that the softmax can carry, while the trained network stays what it was."""
    trained, random = registry.load(NetworkRef.parse(key)), registry.load(NetworkRef.parse(f"{key}~random"))
    photo = load_photo((SAMPLES / "dog_and_bicycle.jpg").read_bytes())
    rgb = squeeze(photo.pixels, trained.spec.input_size)[None]
    before, other = trained.logits(rgb), random.logits(rgb)
    assert np.isfinite(other).all()
    assert abs(np.corrcoef(before, other)[0, 1]) < 0.5
    assert 0.2 < other.std() < 10
    assert 0.1 < random.activations(rgb, random.spec.cam_layers[-1]).std() < 10
    np.testing.assert_array_equal(trained.logits(rgb), before)
    assert random.background().shape == trained.background().shape
