"""The reference images for SHAP: one mean photo a breed, so that no single photo is published; and their logits."""

import io
from pathlib import Path

import numpy as np

from xai_core.classifiers import weights
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.trained import REFERENCE_LOGITS_FILE
from xai_core.storage.files import write_file
from xai_core.training.data import batches, read_photo_set

SIDE = 64


def write_background(photos: Path, wnids: tuple[str, ...], path: Path) -> None:
    """Write the mean of each breed's training photos to `path` as u8[120,64,64,3] under the name "means"."""
    train_set = read_photo_set(photos / "train", wnids)
    means = []
    for label in range(len(wnids)):
        chosen = tuple(path for path, owner in zip(train_set.paths, train_set.labels, strict=True) if owner == label)
        total = sum(rgb.sum(axis=0, dtype=np.float64) for rgb in batches(chosen, (SIDE, SIDE), 100))
        means.append(np.round(total / len(chosen) * 255).astype(np.uint8))
    archive = io.BytesIO()
    np.savez_compressed(archive, means=np.stack(means))
    write_file(path, archive.getvalue())


def write_reference_logits(classifier: Classifier, folder: Path) -> dict[str, str]:
    """Write the logits of the network's reference images to `folder` and return the file's name and SHA-256.

    Every SHAP map needs them and no photo changes them: kept, they cost nothing. As one vector, f32[M * C], they keep
    single precision (see weights.save).
    """
    logits = classifier.logits(classifier.background()).ravel()
    return {"file": REFERENCE_LOGITS_FILE, "sha256": weights.save(folder / REFERENCE_LOGITS_FILE, {"logits": logits})}
