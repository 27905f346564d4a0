"""A layer's mean activations of photos, in a cache: the same textures are tested for many breeds."""

import hashlib
import threading
from collections.abc import Callable

import numpy as np
from cachetools import LRUCache

from xai_core.classifiers.base import Classifier
from xai_core.explainers.shared.batches import batches

_KEPT = 200  # sets of photos; one of 60 photos and 2048 channels takes half a megabyte

_cache: LRUCache[tuple[str, ...], np.ndarray] = LRUCache(_KEPT)
_guard = threading.Lock()


def pooled_activations(
    classifier: Classifier,
    layer: str,
    name: str,
    count: int,
    make: Callable[[], np.ndarray],
    add: Callable[[int], None],
) -> np.ndarray:
    """Return the mean over places of a layer's activations, f32[N,K]; whole maps of many photos would fill the memory.

    The photos are the `count` ones that `make` returns, f32[N,h,w,3], which is called only where the result is not
    cached: by the network's weights, the layer, and `name`, which must be different for other photos. `add` is
    called with the number of photos done after each batch.
    """
    key = (classifier.spec.key, classifier.spec.digest, layer, name)
    with _guard:
        cached = _cache.get(key)
    if cached is not None:
        add(count)
        return cached
    photos = make()
    parts = []
    for part in batches(count):
        parts.append(classifier.activations(photos[part], layer).mean(axis=(1, 2)))
        add(len(parts[-1]))
    pooled: np.ndarray = np.concatenate(parts)
    pooled.flags.writeable = False
    with _guard:
        _cache[key] = pooled
    return pooled


def content_name(photos: np.ndarray) -> str:
    """Return a name for photos that are not generated: the digest of their shape and content."""
    return hashlib.sha256(repr(photos.shape).encode() + np.ascontiguousarray(photos).tobytes()).hexdigest()


def forget() -> None:
    """Empty the cache."""
    with _guard:
        _cache.clear()
