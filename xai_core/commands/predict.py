"""`predict`: the breeds that a network sees in one or many photos."""

import argparse
import json
import math
import sys
from typing import Any

from xai_core.commands.photos import read_photo
from xai_core.errors import ImageError
from xai_core.types import ImageInput, Prediction
from xai_core.workbench import Workbench

_AT_ONCE = 32  # photos held in memory together; each may have several megabytes of pixels
_TOP = 5


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("predict", help="say which breeds a network sees in photos")
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument("--classifier", default="vgg16", metavar="KEY", help="the network (see list); default: vgg16")
    parser.add_argument("--json", action="store_true", help="print a JSON list with one entry a photo")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one entry a photo, in their order.

    A photo that cannot be used does not stop the others: its entry is {"photo", "error"}, the exit code becomes 2, and
    one line on standard error names the first such photo.
    """
    workbench = Workbench()
    workbench.spec(arguments.classifier)  # a wrong name is said before any photo is read
    entries: list[dict[str, Any]] = []
    for start in range(0, len(arguments.photos), _AT_ONCE):
        entries += _entries(workbench, arguments.classifier, arguments.photos[start : start + _AT_ONCE])
    if arguments.json:
        print(json.dumps(entries, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_in_words(entry) for entry in entries if "error" not in entry))
    errors = [entry["error"] for entry in entries if "error" in entry]
    if not errors:
        return 0
    more = f" ({len(errors) - 1} more of the {len(entries)} photos could not be used.)" if len(errors) > 1 else ""
    print(errors[0] + more, file=sys.stderr)
    return 2


def _entries(workbench: Workbench, classifier: str, paths: list[str]) -> list[dict[str, Any]]:
    photos: list[ImageInput | ImageError] = []
    for path in paths:
        try:
            photos.append(read_photo(path))
        except ImageError as failure:
            photos.append(failure)
    predictions = iter(workbench.predict(classifier, [photo for photo in photos if isinstance(photo, ImageInput)]))
    return [
        {"photo": path, "error": str(photo)} if isinstance(photo, ImageError) else _entry(path, next(predictions))
        for path, photo in zip(paths, photos, strict=True)
    ]


def _entry(path: str, prediction: Prediction) -> dict[str, Any]:
    top = [
        {
            "wnid": prediction.labels[position].wnid,
            "label": prediction.labels[position].english,
            "probability": float(prediction.probabilities[position]),
        }
        for position in prediction.top(_TOP)
    ]
    # JSON knows no NaN, which is the familiarity of a network that has none.
    familiarity = None if math.isnan(prediction.familiarity) else prediction.familiarity
    return {"photo": path, "top": top, "familiarity": familiarity}


def _in_words(entry: dict[str, Any]) -> str:
    breeds = ", ".join(f"{breed['label']} {breed['probability']:.1%}" for breed in entry["top"])
    return f"{entry['photo']}: {breeds}"
