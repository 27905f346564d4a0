"""Shared by the comparisons with libraries and plain loops."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_core.classifiers import registry
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.loaded import LoadedClassifier
from xai_core.classifiers.reference import NetworkRef
from xai_core.photos.decoding import load_photo, squeeze

SAMPLES = Path(__file__).parents[1] / "assets" / "samples"
PHOTOS = ("german_shepherd.webp", "dog_and_bicycle.jpg", "kitten.webp")
WARM_UP = "owl.webp"


@dataclass(frozen=True)
class Row:
    """One comparison on one network and photo: medians of seconds over runs, and the accuracy of our result."""

    title: str
    network: str
    photo: str
    plain: float
    ours: float
    quality: str

    @property
    def ratio(self) -> float:
        """Return how many times faster ours is."""
        return self.plain / self.ours

    def __str__(self) -> str:
        cells = (self.title, self.network, Path(self.photo).stem.replace("_", " "), f"{self.plain:.1f} s")
        return "| " + " | ".join([*cells, f"{self.ours:.1f} s", f"{self.ratio:.1f}x", self.quality]) + " |"


def photo_for(classifier: Classifier, name: str) -> np.ndarray:
    """Return a sample photo at the network's input size, rgb f32[h,w,3]."""
    return squeeze(load_photo((SAMPLES / name).read_bytes(), name).pixels, classifier.spec.input_size)


def explained_photo(network: str, photo: str) -> tuple[LoadedClassifier, np.ndarray, int]:
    """Return the network, a sample photo at its input size, rgb f32[h,w,3], and the most probable class, which is explained."""
    classifier = registry.load(NetworkRef.parse(network))
    rgb = photo_for(classifier, photo)
    return classifier, rgb, int(classifier.logits(rgb[np.newaxis]).argmax())


def timed(compute: Callable[[], Any]) -> tuple[float, Any]:
    """Return (seconds, result)."""
    began = time.perf_counter()
    result = compute()
    return time.perf_counter() - began, result
