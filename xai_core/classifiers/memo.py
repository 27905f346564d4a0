"""Remembers the latest passes of single photos: many methods begin with the same one, and pages show several at once."""

import hashlib
import threading
from collections.abc import Callable, Hashable

import numpy as np
from cachetools import LRUCache

#: Enough for the gradients and the last blocks of a few photos. Early blocks are too large to be worth keeping.
MOST_BYTES = 32_000_000

Arrays = tuple[np.ndarray, ...]


class PassMemo:
    """Keeps the arrays of the latest passes, up to `most_bytes` in all; may be used from several threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._arrays: LRUCache[Hashable, Arrays] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = threading.Lock()

    def get(self, rgb: np.ndarray, key: Hashable, compute: Callable[[], Arrays]) -> Arrays:
        """Return what `compute` returns for the photos rgb f32[N,h,w,3]; where N is 1, read-only and computed once per key."""
        if len(rgb) > 1:
            return compute()
        key = (key, hashlib.sha256(np.ascontiguousarray(rgb).data).digest())
        with self._lock:
            if key in self._arrays:
                return self._arrays[key]
        # Outside the lock, so that another photo's pass need not wait. Two equal ones at once are computed twice at worst.
        arrays = compute()
        for array in arrays:
            array.flags.writeable = False
        if _size(arrays) <= self._arrays.maxsize:
            with self._lock:
                self._arrays[key] = arrays
        return arrays


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays)
