"""Measures a network as it is shipped, and writes what was measured into its model.json and its card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.trained import read_labels
from xai_core.training.background import write_reference_logits
from xai_core.training.calibrate import auroc
from xai_core.training.card import model_card
from xai_core.training.data import batches, read_photo_set
from xai_core.training.outputs import ranks
from xai_core.training.pipeline import plan_of

BATCH = 32


def evaluate(
    key: str, photos: Path, not_dogs: Path, models: Path, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Return what was measured on the validation photos, after writing it to models/<key>/model.json and README.md.

    The logits of the network's reference images are written beside them.

    `not_dogs` holds photos without dogs; they measure the familiarity score and have no part in fitting it.
    """
    plan_of(key)
    labels = read_labels(models)
    dogs = read_photo_set(photos / "val", tuple(label.wnid for label in labels))
    others = tuple(sorted(not_dogs.glob("*.jpg")))
    logits, dog_scores, dog_familiar = _ask(key, dogs.paths, report)
    _, other_scores, other_familiar = _ask(key, others, report)
    measured = {
        "photos": {"val": len(dogs), "not_dogs": len(others)},
        **_accuracy(logits, dogs.labels),
        "worst_pairs": _worst_pairs(logits, dogs.labels, tuple(label.english for label in labels)),
        "familiarity": {
            "auroc": round(auroc(dog_scores, other_scores), 4),
            "dogs_called_unfamiliar": round(float(1 - dog_familiar.mean()), 4),
            "others_called_unfamiliar": round(float(1 - other_familiar.mean()), 4),
        },
    }
    path = models / key / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    description["reference_logits"] = write_reference_logits(registry.load(NetworkRef(key)), models / key)
    description["measured"] = measured
    path.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (models / key / "README.md").write_text(model_card(description), encoding="utf-8")
    return measured


def _ask(key: str, paths: tuple[Path, ...], report: Callable[[str], None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (logits f32[N,C], familiarity f32[N], familiar bool[N]) of the network as the pages load it."""
    classifier = registry.load(NetworkRef(key))
    answers = []
    for number, rgb in enumerate(batches(paths, classifier.spec.input_size, BATCH), start=1):
        answers.append(classifier.predict(rgb))
        if number % 10 == 0:
            report(f"{key}: {min(number * BATCH, len(paths))} of {len(paths)} photos")
    logits, familiarity, familiar = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    return logits, familiarity, familiar


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return top-1, top-5, the mean probability of the answer given and how sure the network is, all in [0, 1].

    "calibration_error" is the expected calibration error over 15 equal bins (Guo et al. 2017, eq. 3); "torn" is the share
    of photos whose first answer has a probability under one half.
    """
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    rank = ranks(logits, labels)
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    figures = {
        "top_1": np.mean(rank < 1),
        "top_5": np.mean(rank < 5),
        "mean_confidence": confidence.mean(),
        "mean_confidence_right": confidence[right].mean(),
        "mean_confidence_wrong": confidence[~right].mean(),
        "torn": np.mean(confidence < 0.5),
        "calibration_error": sum(gaps),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def _worst_pairs(
    logits: np.ndarray, labels: np.ndarray, names: tuple[str, ...], count: int = 10
) -> list[dict[str, Any]]:
    """Return the pairs of breeds taken for each other most often, with the number of photos each way."""
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    both = np.triu(confusion + confusion.T, k=1)
    worst = np.argsort(-both, axis=None, kind="stable")[:count]
    pairs = (np.unravel_index(position, both.shape) for position in worst)
    return [
        {"pair": [names[a], names[b]], "first_as_second": int(confusion[a, b]), "second_as_first": int(confusion[b, a])}
        for a, b in pairs
    ]
