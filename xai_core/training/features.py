"""The frozen part of a network, run once: its outputs on every photo, cached as float16 on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.training.data import PhotoSet, batches
from xai_core.training.views import VIEWS

if TYPE_CHECKING:
    import keras


def cached_features(
    path: Path,
    trunk: "keras.Model",
    preprocess: Callable[[np.ndarray], np.ndarray],
    photos: PhotoSet,
    view: str,
    size: tuple[int, int],
    *,
    batch_size: int = 32,
    report: Callable[[str], None] = print,
) -> np.ndarray:
    """Return the trunk's outputs on `photos` as a read-only float16 memory map [N, ...], computing what is missing.

    The photos are squeezed to `size` (height, width).
    A run that was stopped goes on after the last whole batch: the number of finished rows is kept beside the file.
    """
    shape = (len(photos), *trunk.compute_output_shape((1, *size, 3))[1:])
    progress = path.with_suffix(".json")
    done = json.loads(progress.read_text())["rows"] if progress.exists() and path.exists() else 0
    path.parent.mkdir(parents=True, exist_ok=True)
    if done < len(photos):
        rows = np.lib.format.open_memmap(path, "r+" if done else "w+", np.float16, shape)
        for rgb in batches(photos.paths[done:], size, batch_size):
            # One batch shape for the whole run: another one would be traced and compiled again.
            padded = np.zeros((batch_size, *rgb.shape[1:]), np.float32)
            padded[: len(rgb)] = [VIEWS[view](photo, done + row) for row, photo in enumerate(rgb)]
            outputs = np.asarray(trunk.predict_on_batch(preprocess(padded)), np.float32)
            rows[done : done + len(rgb)] = outputs[: len(rgb)]
            done += len(rgb)
            if (done // batch_size) % 20 == 0 or done == len(photos):
                rows.flush()
                progress.write_text(json.dumps({"rows": done}))
                report(f"{path.stem}: {done} of {len(photos)} photos")
    return np.load(path, mmap_mode="r")
