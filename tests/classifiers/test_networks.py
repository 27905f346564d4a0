"""The two networks that ship, as the app loads them."""

import numpy as np
import pytest
from scipy.special import softmax

from xai_core.classifiers import registry
from xai_core.classifiers.base import pasted
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.gradients.integrated_gradients import IntegratedGradients
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import MODELS, ROOT, SAMPLES
from xai_core.training.data import batches
from xai_core.training.evaluate import ANSWERS_FILE, read_answers

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
    blocks = classifier.block_gradients(rgb, 0)  # all in one graph: one for each block takes half a minute to compile
    assert tuple(blocks) == classifier.spec.cam_layers
    sides = [activations.shape[1] for activations, _gradients in blocks.values()]
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
def test_photos_are_answered_as_the_card_s_table_says(classifier):
    """Catches weights, tables or preprocessing other than those that were measured: every figure comes from this table."""
    rows = read_answers(MODELS / classifier.spec.key / ANSWERS_FILE)
    dogs, others = rows[:2400], rows[2400:]
    chosen = dogs[7::61] + others[3::20]
    paths = [PHOTOS / ("stanford-dogs/val" if row.breed >= 0 else ".") / row.photo for row in chosen]
    rgb = np.concatenate(list(batches(tuple(paths), classifier.spec.input_size, 32)))
    logits, familiarity, familiar = classifier.predict(rgb)
    assert logits.argmax(axis=1).tolist() == [row.answer for row in chosen]
    found = softmax(logits.astype(np.float64), axis=1).max(axis=1)
    np.testing.assert_allclose(found, [row.probability for row in chosen], atol=2e-3)
    np.testing.assert_allclose(familiarity, [row.familiarity for row in chosen], atol=5e-3)
    assert familiar.tolist() == [row.familiar for row in chosen]
