"""Weight files: what is written is what is read, and nothing else is ever read."""

import json
import shutil
import urllib.request

import numpy as np
import pytest

from xai_core.classifiers import weights
from xai_core.classifiers.imagenet import ImageNetNetwork
from xai_core.classifiers.trained import TrainedNetwork
from xai_core.classifiers.vgg16 import OFFICIAL, build
from xai_core.errors import WeightsError
from xai_core.resources import MODELS


def test_matrices_are_halved_and_vectors_kept(tmp_path):
    """Catches small variances that vanish in float16, and temporary files left beside the weights."""
    rng = np.random.default_rng(0)
    arrays = {"layer/kernel": rng.normal(size=(3, 4)).astype(np.float32), "layer/bias": np.full(4, 1e-9, np.float32)}
    digest = weights.save(tmp_path / "weights.safetensors", arrays)
    back = weights.read(tmp_path / "weights.safetensors", digest)
    np.testing.assert_array_equal(back["layer/kernel"], arrays["layer/kernel"].astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(back["layer/bias"], arrays["layer/bias"])
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_a_missing_file_and_a_changed_byte_are_told(tmp_path):
    """Catches damaged weights that load, and a path of this machine in the message."""
    path = tmp_path / "tiny" / "weights.safetensors"
    digest = weights.save(path, {"layer/kernel": np.ones((2, 2), np.float32)})
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsError, match=r"models/tiny/weights.safetensors is damaged"):
        weights.read(path, digest)
    path.unlink()
    with pytest.raises(WeightsError, match=r"models/tiny/weights.safetensors is missing"):
        weights.read(path, digest)


def test_arrays_must_fit_the_network():
    """Catches weights that are missing, of another shape or of another network, and are accepted."""
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="logits")])
    good = {"logits/kernel": np.ones((3, 2), np.float32), "logits/bias": np.zeros(2, np.float32)}
    weights.assign(model, good)
    np.testing.assert_array_equal(weights.arrays_of(model)["logits/kernel"], good["logits/kernel"])
    for wrong in (
        {"logits/kernel": good["logits/kernel"]},
        {**good, "logits/bias": np.zeros(3, np.float32)},
        {**good, "other/bias": np.zeros(2, np.float32)},
    ):
        with pytest.raises(WeightsError, match="do not fit"):
            weights.assign(model, wrong)


@pytest.mark.parametrize("name", ["vgg16/model.json", "breeds.json"])
def test_a_damaged_description_is_one_sentence(tmp_path, name):
    """Catches a traceback of json for a file that was cut off."""
    shutil.copytree(MODELS / "vgg16", tmp_path / "vgg16", ignore=shutil.ignore_patterns("*.safetensors"))
    shutil.copy(MODELS / "breeds.json", tmp_path)
    (tmp_path / name).write_text('{"key": ')
    with pytest.raises(WeightsError, match=rf"models/{name} is missing or damaged"):
        TrainedNetwork("vgg16", build, models=tmp_path).spec()


def test_damaged_weights_stop_the_network_from_loading(tmp_path):
    """Catches a network that is loaded without checking its digest."""
    shutil.copytree(MODELS / "vgg16", tmp_path / "vgg16")
    for name in ("breeds.json", "background.npz"):
        shutil.copy(MODELS / name, tmp_path)
    description = json.loads((tmp_path / "vgg16" / "model.json").read_text())
    description["weights"]["sha256"] = "0" * 64
    (tmp_path / "vgg16" / "model.json").write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="damaged"):
        TrainedNetwork("vgg16", build, models=tmp_path).load()


def test_official_weights_without_a_network_connection(monkeypatch, tmp_path):
    """Offline is played by an address that refuses at once; everything else is Keras' own download."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # urllib keeps the proxies of its first request; without this it would keep these for all later tests of the process.
    monkeypatch.setattr(urllib.request, "_opener", None)
    network = ImageNetNetwork(OFFICIAL)
    assert len(network.spec().labels) == 1000
    with pytest.raises(WeightsError, match=r"553 MB.*connect to the internet once"):
        network.load()


def test_official_class_names_come_from_keras_cache(monkeypatch, tmp_path):
    """Catches numbered classes although Keras has fetched their names."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    index = {str(i): [f"n{i:08d}", "tiger_cat"] for i in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(index))
    label = ImageNetNetwork(OFFICIAL).spec().labels[7]
    assert (label.wnid, label.english) == ("n00000007", "Tiger cat")
