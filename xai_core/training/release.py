"""From trained weights to the files of models/<key>/: what every recipe does once the network has learned."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_core.classifiers import weights
from xai_core.classifiers.familiarity import Familiarity
from xai_core.classifiers.trained import FAMILIARITY_FILE, WEIGHTS_FILE
from xai_core.photos.decoding import load_photo, squeeze
from xai_core.storage.files import write_file
from xai_core.training.as_taken import as_taken
from xai_core.training.calibrate import FITTED, MEASURED, fit_familiarity, fit_temperature, fit_threshold
from xai_core.training.data import PhotoSet, batches
from xai_core.training.outputs import outputs
from xai_core.training.plans import Plan

if TYPE_CHECKING:
    import keras

BATCH = 32


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """The network's pooled features f32[N,D] on the plain training and validation photos, and their labels i32[N].

    `fitted` and `measured` are features of views of the validation photos calibrate.FITTED and calibrate.MEASURED, one each
    (as_taken), for the threshold of familiarity.
    """

    train: np.ndarray
    train_labels: np.ndarray
    val: np.ndarray
    val_labels: np.ndarray
    fitted: np.ndarray
    measured: np.ndarray


def photo_features(
    model: "keras.Model", plan: Plan, train_set: PhotoSet, val_set: PhotoSet, report: Callable[[str], None]
) -> PhotoFeatures:
    """Return the pooled features of whole photos at the network's input size; takes as long as one pass over all of them."""
    import keras

    pooling = keras.Model(model.input, model.get_layer("features").output)

    def features(photos: PhotoSet, part: str) -> np.ndarray:
        rows = []
        for rgb in batches(photos.paths, plan.input_size, BATCH):
            rows.append(outputs(pooling, plan.preprocessing.forward(rgb), BATCH))
            if len(rows) % 20 == 0:
                report(f"{plan.key}: features of {len(rows) * BATCH} of {len(photos)} {part} photos")
        return np.concatenate(rows)

    train = features(train_set, "training")
    val = features(val_set, "validation")
    fitted, measured = view_features(pooling, plan, val_set)
    return PhotoFeatures(train, train_set.labels, val, val_set.labels, fitted, measured)


def view_features(pooling: "keras.Model", plan: Plan, val_set: PhotoSet) -> tuple[np.ndarray, np.ndarray]:
    """Return the pooled features f32[N,D] of the views that fit and that measure the threshold of familiarity."""

    def features(paths: Sequence[Path], seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        views = (as_taken(load_photo(path.read_bytes(), path.name).pixels, rng) for path in paths)
        rgb = np.stack([squeeze(view, plan.input_size) for view in views])
        return outputs(pooling, plan.preprocessing.forward(rgb), BATCH)

    return features(val_set.paths[FITTED], 0), features(val_set.paths[MEASURED], 1)


def release(
    plan: Plan,
    model: "keras.Model",
    seen: PhotoFeatures,
    training: dict[str, Any],
    models: Path,
    report: Callable[[str], None] = print,
) -> None:
    """Calibrate the trained network and write its weights, familiarity table and model.json to models/<key>/.

    The dense layer is divided by the temperature in place. `training` is how the network was made, for model.json. Its
    accuracy is not written here: `evaluate` measures it on the files as they were saved.
    """
    kernel, bias = model.get_layer("logits").get_weights()
    temperature = fit_temperature(seen.val @ kernel + bias, seen.val_labels)
    model.get_layer("logits").set_weights([kernel / temperature, bias / temperature])
    tables = fit_familiarity(seen.train, seen.train_labels, seen.val)
    familiarity = Familiarity(**tables, threshold=0.0)
    threshold = fit_threshold(familiarity(seen.val[FITTED]), familiarity(seen.fitted))
    folder = models / plan.key
    description = {
        "key": plan.key,
        "title": plan.title,
        "sentence": plan.sentence,
        "input_size": plan.input_size,
        "preprocessing": asdict(plan.preprocessing),
        "cam_layers": plan.cam_layers,
        "labels": "../breeds.json",
        "weights": {"file": WEIGHTS_FILE, "sha256": weights.save(folder / WEIGHTS_FILE, weights.arrays_of(model))},
        "familiarity": {
            "file": FAMILIARITY_FILE,
            "sha256": weights.save(folder / FAMILIARITY_FILE, tables),
            "threshold": threshold,
            "views": {
                "photos": len(seen.measured),
                "called_unfamiliar": round(float((familiarity(seen.measured) < threshold).mean()), 4),
            },
        },
        "training": {
            "backbone": {
                "package": plan.source.package,
                "sha256": plan.source.sha256,
                "frozen_up_to": plan.frozen_up_to,
            },
            "photos": {"train": len(seen.train), "val": len(seen.val), "familiarity": len(seen.train)},
            **training,
            "calibrated_by": round(temperature, 4),
        },
    }
    write_file(folder / "model.json", (json.dumps(description, indent=1) + "\n").encode())
    report(f"models/{plan.key} written; run `python -m xai_core evaluate --classifier {plan.key}` next.")
