"""DeepLIFT beside shap.DeepExplainer on both networks, against a dark picture and an average dog.

DeepExplainer changes how TensorFlow records gradients for the whole process, so it runs in one of its own.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import ROOT

pytest.importorskip("shap", reason="shap is what is compared with")
THEIRS = """
import sys
import numpy as np
import shap
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef

key, asked, answered = sys.argv[1:]
classifier = registry.load(NetworkRef(key))
prepare = classifier.spec.preprocessing.forward
with np.load(asked) as photos:
    explainer = shap.DeepExplainer(classifier.engine._model, prepare(photos["references"]))
    values, targets = explainer.shap_values(prepare(photos["rgb"]), ranked_outputs=1, check_additivity=False)
np.savez(answered, values=values[0, ..., 0], target=targets[0, 0])
"""


@pytest.mark.parametrize("key", ["vgg16", "inception_v3"])
def test_deep_lift_is_what_deep_explainer_computes_and_sums_to_delta(key: str, tmp_path: Path) -> None:
    """Catches another treatment of ReLUs, poolings or joined branches, on the real weights."""
    classifier = registry.load(NetworkRef.parse(key))
    photo = load_photo((ROOT / "assets" / "samples" / "dog_and_bicycle.jpg").read_bytes())
    rgb = squeeze(photo.pixels, classifier.spec.input_size)[np.newaxis]
    # No flat colour: which of equal values is the largest would be a matter of rounding.
    references = classifier.background()[:2]
    np.savez(tmp_path / "asked.npz", rgb=rgb, references=references)
    command = [sys.executable, "-c", THEIRS, key, str(tmp_path / "asked.npz"), str(tmp_path / "answered.npz")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)
    assert run.returncode == 0, run.stderr
    with np.load(tmp_path / "answered.npz") as answered:
        theirs, target = answered["values"], int(answered["target"])
    if classifier.spec.preprocessing.bgr:
        theirs = theirs[..., ::-1]

    differences = rgb - references
    ours = classifier.multipliers(np.repeat(rgb, 2, axis=0), references, target) * differences
    logits = classifier.logits(np.concatenate([rgb, references]))[:, target]
    sums = ours.sum(axis=(1, 2, 3), dtype=np.float64)
    np.testing.assert_allclose(sums, logits[0] - logits[1:], rtol=1e-3)
    assert np.corrcoef(ours.mean(axis=0).ravel(), theirs.ravel())[0, 1] > 0.9999
    assert ours.mean(axis=0).std() == pytest.approx(theirs.std(), rel=1e-3)
