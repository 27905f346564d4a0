"""The two networks that ship, as the app loads them."""

import numpy as np
import pytest

from xai_core.classifiers import registry
from xai_core.classifiers.base import pasted
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.trained import read_labels
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import MODELS, ROOT, SAMPLES

PHOTOS = ROOT.parent / "shared" / "data"
KEYS = ("vgg16", "inception_v3")


@pytest.fixture(scope="module", params=KEYS)
def classifier(request):
    return registry.load(NetworkRef.parse(request.param))


@pytest.fixture(scope="module")
def rgb(classifier):
    photo = load_photo((SAMPLES / "dog_and_bicycle.jpg").read_bytes())
    return squeeze(photo.pixels, classifier.spec.input_size)[None]


def test_gradients_equal_finite_differences_on_a_photo(classifier, rgb):
    """Along the gradient itself the logit must rise by its squared length; catches wrong preprocessing in the chain."""
    target = int(classifier.logits(rgb)[0].argmax())
    gradients = classifier.gradients(rgb, target)
    length = float(np.linalg.norm(gradients))
    step = np.float32(0.02 / length) * gradients
    rise = classifier.logits(rgb + step)[0, target] - classifier.logits(rgb - step)[0, target]
    assert rise == pytest.approx(2 * 0.02 * length, rel=0.05)


@pytest.mark.parametrize("size", [(32, 32), (1, 1), (21, 70)])
def test_pasting_a_patch_changes_no_more_than_is_computed_anew(classifier, rgb, size):
    """Catches a layer of these networks that is followed wrongly; patches lie in three of the photo's corners and inside."""
    free = np.array(classifier.spec.input_size) - size
    corners = np.array([[0, 0], [0, free[1]], free, free // 3])
    patches = np.random.default_rng(0).random((4, *size, 3)).astype(np.float32)
    found = classifier.patched_logits(rgb[0], patches, corners)
    np.testing.assert_allclose(found, classifier.logits(pasted(rgb[0], patches, corners)), atol=1e-4)


def test_every_cam_layer_exists_and_they_go_from_fine_to_coarse(classifier, rgb):
    """Catches a misspelt CAM layer, and one listed out of order."""
    sides = [classifier.activations(rgb, layer).shape[1] for layer in classifier.spec.cam_layers]
    assert sides == sorted(sides, reverse=True)
    assert all(side > 1 for side in sides)


def test_layer_gradients_predict_the_effect_of_the_last_block(classifier, rgb):
    """The logit is linear in the last block's pooled output: sum of A * dA + bias must be the logit (VGG16 max-pools first)."""
    layer = classifier.spec.cam_layers[-1]
    activations, gradients = classifier.layer_gradients(rgb, layer, 5)
    bias = classifier.engine._model.get_layer("logits").get_weights()[1][5]
    assert (activations * gradients).sum() + bias == pytest.approx(classifier.logits(rgb)[0, 5], rel=1e-3, abs=1e-3)


def test_integrated_gradients_add_up_with_default_settings(classifier, rgb):
    """Completeness to 1 %, on a photo with little to gain; sums of 40 gradients missed 16 % of it on InceptionV3."""
    target = int(classifier.logits(rgb)[0].argmax())
    found = IntegratedGradients().attribute(classifier, rgb[0], target)
    gained = np.diff(classifier.logits(np.concatenate([0 * rgb, rgb]))[:, target])[0]
    assert found.values.sum(dtype=np.float64) == pytest.approx(gained, rel=0.01)
    assert found.diagnostics["relative_delta"] < 0.01
    assert found.diagnostics["reliability"] > 0.5


def test_the_background_is_one_blurred_photo_a_breed(classifier):
    """Catches reference images of another number, size or range."""
    background = classifier.background()
    assert background.shape == (120, *classifier.spec.input_size, 3)
    assert 0.2 < background.mean() < 0.7
    assert background.min() >= 0
    assert background.max() <= 1


def test_the_references_logits_that_come_with_the_weights_are_the_network_s_own(classifier):
    """Catches a table that was made with other weights or other references."""
    chosen = np.array([0, 40, 119, 40])
    expected = classifier.logits(classifier.background()[chosen])
    np.testing.assert_allclose(classifier.background_logits(chosen), expected, atol=2e-3)
    assert classifier.reference_logits.shape == (120, 120)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the photos for training and checking are not on this machine")
def test_the_card_tells_the_truth_on_a_part_of_the_validation_photos(classifier):
    """Two photos of every breed: far from the card's figures only if the weights or the preprocessing are not theirs."""
    import json

    from xai_core.training.data import batches, read_photo_set

    measured = json.loads((MODELS / classifier.spec.key / "model.json").read_text())["measured"]
    photos = read_photo_set(PHOTOS / "stanford-dogs" / "val", tuple(label.wnid for label in read_labels(MODELS)))
    chosen = np.flatnonzero(np.arange(len(photos)) % 20 < 2)
    answers = [
        classifier.predict(rgb)
        for rgb in batches(tuple(photos.paths[i] for i in chosen), classifier.spec.input_size, 32)
    ]
    logits = np.concatenate([answer[0] for answer in answers])
    top_1 = float(np.mean(logits.argmax(axis=1) == photos.labels[chosen]))
    # three standard errors of a share measured on 240 photos
    assert top_1 == pytest.approx(measured["top_1"], abs=3 * np.sqrt(0.25 / 240))
    others = tuple(sorted((PHOTOS / "not-dogs").glob("*.jpg")))[::4]
    strange = np.concatenate([classifier.predict(rgb)[2] for rgb in batches(others, classifier.spec.input_size, 32)])
    familiar = np.concatenate([answer[2] for answer in answers])
    assert familiar.mean() > 0.85
    assert strange.mean() < 1 - measured["familiarity"]["others_called_unfamiliar"] + 0.25
