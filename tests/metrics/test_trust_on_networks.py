"""The sanity check on the two networks that ship: which maps it refuses, as measured."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import sobel

from xai_core.classifiers import registry
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.randomised import part_count, randomised
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.registry import build_explainer
from xai_core.metrics import trust
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.resources import SAMPLES

SAMPLE = SAMPLES / "german_shepherd.webp"
Explain = Callable[[Classifier, np.ndarray, int], np.ndarray]


def edges(classifier: Classifier, rgb: np.ndarray, target: int) -> np.ndarray:
    """Return an edge detector's map f32[h,w]; the network is not asked."""
    light = rgb.mean(axis=-1)
    return np.hypot(sobel(light, 0), sobel(light, 1)).astype(np.float32)


def method(key: str, **settings: int) -> Explain:
    return lambda classifier, rgb, target: build_explainer(key, settings).attribute(classifier, rgb, target).values


REFUSED = {"edges": edges, "guided_backprop": method("guided_backprop")}
PASSED = {"grad_cam": method("grad_cam"), "integrated_gradients": method("integrated_gradients", steps=5)}


@pytest.mark.parametrize("key", ["vgg16", "inception_v3"])
def test_edges_are_refused_and_what_was_learned_passes(key: str) -> None:
    """Catches a check that lets an edge detector through, and one that refuses Grad-CAM for being coarse."""
    spec = registry.spec(NetworkRef.parse(key))
    rgb = squeeze(load_photo(SAMPLE.read_bytes()).pixels, spec.input_size)
    network = registry.load(NetworkRef.parse(key))
    target = int(network.logits(rgb[np.newaxis])[0].argmax())
    methods = REFUSED | PASSED
    maps = {name: explain(network, rgb, target) for name, explain in methods.items()}
    random_maps: dict[str, dict[int, np.ndarray]] = {name: {} for name in methods}
    for count in (part_count(spec) // 2, part_count(spec)):
        random = registry.load(randomised(spec, count))
        for name, explain in methods.items():
            random_maps[name][count] = explain(random, rgb, target)
    kept = {name: trust.sanity(maps[name], random_maps[name]).value for name in methods}
    assert {name for name, value in kept.items() if value > trust.SURVIVES} == set(REFUSED), kept
