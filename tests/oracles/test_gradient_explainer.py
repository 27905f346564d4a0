"""Expected gradients beside shap.GradientExplainer on a small Keras network."""

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.base import Rule
from xai_core.explainers.gradients.expected_gradients import ExpectedGradients

SIZE = (8, 8)


def test_expected_gradients_agree_with_shap_s_gradient_explainer() -> None:
    """Catches another definition than shap's: both estimates lie within shap's own noise of each other."""
    tensorflow = pytest.importorskip("tensorflow", reason="shap's GradientExplainer needs TensorFlow")
    keras = pytest.importorskip("keras", reason="the network of this comparison is made with Keras")
    shap = pytest.importorskip("shap", reason="shap is what is compared with")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((*SIZE, 3)),
            keras.layers.Conv2D(6, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(fakes.CLASSES),
        ]
    )

    class InKeras(fakes.Linear):
        """The Keras network as an explainer sees it."""

        def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
            return np.asarray(model(rgb))

        def gradients(
            self, rgb: np.ndarray, target: int, *, rule: Rule = "plain", low_precision: bool = False
        ) -> np.ndarray:
            photos = tensorflow.constant(rgb)
            with tensorflow.GradientTape() as tape:
                tape.watch(photos)
                logit = model(photos)[:, target]
            return tape.gradient(logit, photos).numpy()

    rgb = fakes.photo(SIZE)
    background = np.random.default_rng(3).random((10, *SIZE, 3)).astype(np.float32)
    network = InKeras(np.zeros((fakes.CLASSES, *SIZE, 3)), background=background)

    state = np.random.get_state()  # shap seeds the global generator, which is not ours to change.
    try:
        explainer = shap.GradientExplainer(model, background)
        runs = []
        for seed in range(4):
            values, targets = explainer.shap_values(rgb[np.newaxis], nsamples=500, ranked_outputs=1, rseed=seed)
            runs.append(values[0, ..., 0])
    finally:
        np.random.set_state(state)
    theirs = np.mean(runs, axis=0)
    noise = np.sqrt(np.mean(np.var(runs, axis=0, ddof=1)) / len(runs))

    ours = ExpectedGradients(samples=1000).attribute(network, rgb, int(targets[0, 0])).values
    difference = np.sqrt(np.mean((ours - theirs) ** 2))
    assert difference < 2 * noise
    assert difference < 0.05 * theirs.std()
