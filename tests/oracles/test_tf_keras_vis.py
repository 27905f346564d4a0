"""The class activation methods beside tf-keras-vis on a small Keras network, and how the two differ."""

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.explainers.class_activation.base import LayerMethod
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.explainers.class_activation.grad_cam_plus_plus import GradCamPlusPlus, place_weights
from xai_core.explainers.class_activation.layer_cam import LayerCam
from xai_core.explainers.class_activation.score_cam import ScoreCam

SIZE, TARGET, LAYER = (8, 8), 2, "conv"


class Both:
    """One network, its photo, and what either side says of it. Its layer is as fine as the photo, so nothing is enlarged."""

    def __init__(self) -> None:
        keras = pytest.importorskip("keras", reason="the network of this comparison is made with Keras")
        pytest.importorskip("tf_keras_vis", reason="tf-keras-vis 0.8.7 is what is compared with")
        from tf_keras_vis.utils.scores import CategoricalScore

        from xai_core.classifiers.engines.keras import KerasEngine

        keras.utils.set_random_seed(3)
        photos = keras.Input((*SIZE, 3))
        hidden = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name=LAYER)(photos)
        hidden = keras.layers.MaxPooling2D(2)(hidden)
        hidden = keras.layers.Conv2D(7, 3, activation="relu", name="top")(hidden)
        pooled = keras.layers.GlobalAveragePooling2D()(hidden)
        self.model = keras.Model(photos, keras.layers.Dense(fakes.CLASSES, name="logits")(pooled))
        spec = fakes.spec(SIZE, cam_layers=(LAYER,))
        self.network = LoadedClassifier(spec, KerasEngine(spec, self.model), None, None)
        self.rgb = fakes.photo(SIZE)
        self._score = CategoricalScore([TARGET])

    def theirs(self, method: type) -> np.ndarray:
        visualisation = method(self.model, clone=True)
        [cam] = visualisation(
            self._score,
            self.rgb[np.newaxis],
            penultimate_layer=LAYER,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        return np.asarray(cam)

    def ours(self, method: LayerMethod) -> np.ndarray:
        return method.attribute(self.network, self.rgb, TARGET).values

    def layer(self) -> tuple[np.ndarray, np.ndarray]:
        activations, gradients = self.network.layer_gradients(self.rgb[np.newaxis], LAYER, TARGET)
        return activations[0].astype(np.float64), gradients[0].astype(np.float64)


@pytest.fixture(scope="module")
def both() -> Both:
    return Both()


def test_grad_cam_is_tf_keras_vis_s(both: Both) -> None:
    """Catches a sum in place of the mean over places."""
    from tf_keras_vis.gradcam import Gradcam

    ours = both.ours(GradCam())
    assert ours.any()
    np.testing.assert_allclose(ours, both.theirs(Gradcam), rtol=1e-4, atol=1e-6)


def test_layer_cam_is_tf_keras_vis_s(both: Both) -> None:
    """Catches a ReLU at another place."""
    from tf_keras_vis.layercam import Layercam

    ours = both.ours(LayerCam())
    assert ours.any()
    np.testing.assert_allclose(ours, both.theirs(Layercam), rtol=1e-4, atol=1e-6)


def test_grad_cam_plus_plus_is_tf_keras_vis_s_but_for_two_factors(both: Both) -> None:
    """They multiply all by exp(logit) and divide each channel's alphas by their sum, which the paper's equations do not."""
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus

    activations, gradients = both.layer()
    alphas = place_weights(activations, gradients)
    sums = alphas.sum(axis=(0, 1))
    alphas = alphas / np.where(sums == 0, 1, sums)
    weights = (alphas * np.maximum(gradients, 0)).sum(axis=(0, 1))
    logit = float(both.network.logits(both.rgb[np.newaxis])[0, TARGET])
    expected = np.exp(logit) * np.maximum(activations @ weights, 0)
    np.testing.assert_allclose(both.theirs(GradcamPlusPlus), expected, rtol=1e-4, atol=1e-6)
    assert np.corrcoef(both.ours(GradCamPlusPlus()).ravel(), expected.ravel())[0, 1] > 0.9


def test_score_cam_masks_as_tf_keras_vis_does_and_weighs_otherwise(both: Both) -> None:
    """They weigh a map by the probability of its masked photo, algorithm 1 by a softmax over maps: the photos are the same."""
    from tf_keras_vis.scorecam import Scorecam

    recorder = fakes.Recorder(both.network)
    ScoreCam(share=100).attribute(recorder, both.rgb, TARGET)
    masked = np.concatenate([rgb for name, rgb in recorder.passes if name == "logits"][1:])
    exponentials = np.exp(both.network.logits(masked).astype(np.float64))
    probabilities = (exponentials / exponentials.sum(axis=1, keepdims=True))[:, TARGET]
    activations, _ = both.layer()
    order = np.argsort(-activations.mean(axis=(0, 1)))[: len(masked)]
    expected = np.maximum(activations[..., order] @ probabilities, 0)
    np.testing.assert_allclose(both.theirs(Scorecam), expected, rtol=1e-3, atol=1e-5)
