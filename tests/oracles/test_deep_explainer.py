"""DeepLIFT beside shap.DeepExplainer on both networks, against a dark picture and an average dog.

DeepExplainer changes how TensorFlow records gradients for the whole process, so it runs in one of its own, for both networks.
"""

import subprocess
import sys

import numpy as np
import pytest

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import ROOT, SAMPLES

pytest.importorskip("shap", reason="shap is what is compared with")
KEYS = ("vgg16", "inception_v3")
THEIRS = """
import sys
import numpy as np
import shap
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef

folder, *keys = sys.argv[1:]
for key in keys:
    classifier = registry.load(NetworkRef.parse(key))
    prepare = classifier.spec.preprocessing.forward
    with np.load(f"{folder}/{key}-photos.npz") as photos:
        explainer = shap.DeepExplainer(classifier.engine._model, prepare(photos["references"]))
        values, targets = explainer.shap_values(prepare(photos["rgb"]), ranked_outputs=1, check_additivity=False)
    np.savez(f"{folder}/{key}-values.npz", values=values[0, ..., 0], target=targets[0, 0])
"""


def photos_for(key: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo f32[1,h,w,3] and two references f32[2,h,w,3].

    No flat colour is among them: which of equal values is the largest would be a matter of rounding.
    """
    classifier = registry.load(NetworkRef.parse(key))
    photo = load_photo((SAMPLES / "dog_and_bicycle.jpg").read_bytes())
    return squeeze(photo.pixels, classifier.spec.input_size)[np.newaxis], classifier.background()[:2]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[np.ndarray, int]]:
    """Return shap's values f32[h,w,3] and the class they explain, for each network."""
    folder = tmp_path_factory.mktemp("deep_explainer")
    for key in KEYS:
        rgb, references = photos_for(key)
        np.savez(folder / f"{key}-photos.npz", rgb=rgb, references=references)
    command = [sys.executable, "-c", THEIRS, str(folder), *KEYS]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)
    assert run.returncode == 0, run.stderr
    found = {}
    for key in KEYS:
        with np.load(folder / f"{key}-values.npz") as answered:
            found[key] = answered["values"], int(answered["target"])
    return found


@pytest.mark.parametrize("key", KEYS)
def test_deep_lift_is_what_deep_explainer_computes_and_sums_to_delta(
    key: str, theirs: dict[str, tuple[np.ndarray, int]]
) -> None:
    """Catches another treatment of ReLUs, poolings or joined branches, on the real weights."""
    classifier = registry.load(NetworkRef.parse(key))
    rgb, references = photos_for(key)
    values, target = theirs[key]
    if classifier.spec.preprocessing.bgr:
        values = values[..., ::-1]

    differences = rgb - references
    ours = classifier.multipliers(np.repeat(rgb, 2, axis=0), references, target) * differences
    logits = classifier.logits(np.concatenate([rgb, references]))[:, target]
    sums = ours.sum(axis=(1, 2, 3), dtype=np.float64)
    np.testing.assert_allclose(sums, logits[0] - logits[1:], rtol=1e-3)
    assert np.corrcoef(ours.mean(axis=0).ravel(), values.ravel())[0, 1] > 0.9999
    assert ours.mean(axis=0).std() == pytest.approx(values.std(), rel=1e-3)
