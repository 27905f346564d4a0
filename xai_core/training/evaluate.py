"""Measures a network as it is shipped, and writes what was measured into its model.json and its card.

What it answered to each photo is kept beside them, so that every figure can be computed again from that table.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.trained import read_labels
from xai_core.errors import TrainingDataError
from xai_core.storage.files import write_file, write_files
from xai_core.training.background import write_reference_logits
from xai_core.training.calibrate import auroc
from xai_core.training.card import model_card
from xai_core.training.data import batches, read_photo_set, read_photos, tell_left_out
from xai_core.training.outputs import ranks
from xai_core.training.pipeline import plan_of

BATCH = 32
ANSWERS_FILE = "answers.csv"


@dataclass(frozen=True)
class Answer:
    """What the network answered to one photo; a row of models/<key>/answers.csv."""

    photo: str  # its folder and file
    breed: int  # position in models/breeds.json; -1 where it shows no dog
    answer: int
    rank: int  # how many breeds come before the right one; -1 where it shows no dog
    probability: float  # of the answer, in [0, 1]
    familiarity: float  # in [0, 1]
    familiar: bool


def evaluate(
    key: str, photos: Path, not_dogs: Path, models: Path, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Return what was measured on the validation photos, after writing it to models/<key>/model.json and README.md.

    The answers and the logits of the network's reference images are written beside them.

    `not_dogs` holds photos without dogs, at least two, which measure the familiarity score. Files that cannot be used are
    named by `report`. Raises TrainingDataError before anything is computed.
    """
    plan_of(key)
    labels = read_labels(models)
    path = models / key / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    others = read_photos(not_dogs)
    if len(others) < 2:
        raise TrainingDataError(f"{not_dogs} holds one photo; every second one counts, so it takes two at least.")
    dogs = read_photo_set(photos / "val", tuple(label.wnid for label in labels))
    tell_left_out((*dogs.left_out, *others.left_out), report)
    answers = _ask(key, dogs.paths, dogs.labels, report) + _ask(key, others.paths, others.labels, report)
    write_answers(models / key / ANSWERS_FILE, answers)
    measured = measured_by(answers, tuple(label.english for label in labels))
    description["reference_logits"] = write_reference_logits(registry.load(NetworkRef(key)), models / key)
    description["measured"] = measured
    described = json.dumps(description, indent=1, ensure_ascii=False) + "\n"
    write_files({path: described.encode(), models / key / "README.md": model_card(description).encode()})
    return measured


def write_answers(path: Path, answers: Sequence[Answer]) -> None:
    """Write one row a photo."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(entry.name for entry in fields(Answer))
    rows.writerows(asdict(answer).values() for answer in answers)
    write_file(path, text.getvalue().encode(errors="backslashreplace"))  # a photo's name may be no UTF-8


def read_answers(path: Path) -> list[Answer]:
    """Return the rows that `write_answers` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Answer(
                photo=row["photo"],
                breed=int(row["breed"]),
                answer=int(row["answer"]),
                rank=int(row["rank"]),
                probability=float(row["probability"]),
                familiarity=float(row["familiarity"]),
                familiar=row["familiar"] == "True",
            )
            for row in csv.DictReader(file)
        ]


def measured_by(answers: Sequence[Answer], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the figures of a network's card, by the answers to all photos; `names` are the breeds'.

    Of the photos without dogs every second one counts: the others have chosen the settings of the familiarity score.
    """
    dogs = [answer for answer in answers if answer.breed >= 0]
    others = [answer for answer in answers if answer.breed < 0][1::2]
    familiarity = [np.array([answer.familiarity for answer in group]) for group in (dogs, others)]
    return {
        "photos": {"val": len(dogs), "not_dogs": len(others)},
        **_accuracy(dogs),
        "worst_pairs": _worst_pairs(dogs, names),
        "familiarity": {
            "auroc": round(auroc(*familiarity), 4),
            "dogs_called_unfamiliar": _share([not answer.familiar for answer in dogs]),
            "others_called_unfamiliar": _share([not answer.familiar for answer in others]),
        },
    }


def _ask(key: str, paths: tuple[Path, ...], breeds: np.ndarray, report: Callable[[str], None]) -> list[Answer]:
    """Return the answers of the network as the pages load it; a breed of -1 is none."""
    from scipy.special import softmax

    classifier = registry.load(NetworkRef(key))
    answers: list[Answer] = []
    for rgb in batches(paths, classifier.spec.input_size, BATCH):
        logits, familiarity, familiar = classifier.predict(rgb)
        probabilities = softmax(logits.astype(np.float64), axis=1)
        shown = breeds[len(answers) : len(answers) + len(rgb)]
        rank = np.where(shown >= 0, ranks(logits, shown), -1)
        for row in range(len(rgb)):
            path = paths[len(answers)]
            answers.append(
                Answer(
                    f"{path.parent.name}/{path.name}",
                    int(shown[row]),
                    answer=int(logits[row].argmax()),
                    rank=int(rank[row]),
                    probability=round(float(probabilities[row].max()), 5),
                    familiarity=round(float(familiarity[row]), 5),
                    familiar=bool(familiar[row]),
                )
            )
        if len(answers) % (10 * BATCH) == 0:
            report(f"{key}: {len(answers)} of {len(paths)} photos")
    return answers


def _accuracy(dogs: Sequence[Answer]) -> dict[str, float]:
    """Return top-1, top-5, the mean probability of the answer given and how sure the network is, all in [0, 1].

    "calibration_error" is the expected calibration error over 15 equal bins (Guo et al. 2017, eq. 3); "torn" is the share
    of photos whose first answer has a probability under one half.
    """
    confidence = np.array([answer.probability for answer in dogs])
    rank = np.array([answer.rank for answer in dogs])
    right = rank == 0
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return {
        "top_1": _share(right),
        "top_5": _share(rank < 5),
        "mean_confidence": _share(confidence),
        "mean_confidence_right": _share(confidence[right]),
        "mean_confidence_wrong": _share(confidence[~right]),
        "torn": _share(confidence < 0.5),
        "calibration_error": round(float(sum(gaps)), 4),
    }


def _share(values: Sequence[bool] | np.ndarray) -> float:
    return round(float(np.mean(values)), 4)


def _worst_pairs(dogs: Sequence[Answer], names: tuple[str, ...], count: int = 10) -> list[dict[str, Any]]:
    """Return the pairs of breeds taken for each other most often, with the number of photos each way."""
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, ([answer.breed for answer in dogs], [answer.answer for answer in dogs]), 1)
    both = np.triu(confusion + confusion.T, k=1)
    worst = np.argsort(-both, axis=None, kind="stable")[:count]
    pairs = (np.unravel_index(position, both.shape) for position in worst)
    return [
        {"pair": [names[a], names[b]], "first_as_second": int(confusion[a, b]), "second_as_first": int(confusion[b, a])}
        for a, b in pairs
    ]
