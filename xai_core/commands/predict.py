"""`predict`: the most probable breeds in one or many photos."""

import argparse
import json
import math
from typing import Any

from xai_core.classifiers.reference import NetworkRef
from xai_core.commands import cropping
from xai_core.commands.output import warn_where_not_kept
from xai_core.commands.photos import read_photo
from xai_core.commands.streams import one_line, tell
from xai_core.errors import ImageError, ParameterError, XaiError
from xai_core.i18n.catalogues import _, ngettext
from xai_core.i18n.formatting import breed, share
from xai_core.report.raw_files import crop_description
from xai_core.requests import PredictionRequest
from xai_core.types import ImageInput, Prediction
from xai_core.workbench import Workbench

_TOP = 5


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("predict", help="say which breeds a network sees in photos")
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument("--classifier", default="vgg16", metavar="KEY", help="the network (see list); default: vgg16")
    cropping.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON list with one entry a photo")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one entry per photo in the given order.

    A photo that cannot be used does not stop the others: its entry is {"photo", "error"}, the exit code is 2, and one line
    on standard error names the first such photo.
    """
    workbench = Workbench()
    network = NetworkRef.parse(arguments.classifier)
    workbench.spec(network)  # a wrong name is reported before any photo is read
    cropping.check(arguments.crop)
    answers = [(path, _answer(workbench, network, path, arguments.crop)) for path in arguments.photos]
    if arguments.json:
        print(json.dumps([_entry(path, answer) for path, answer in answers], indent=2))  # ASCII alone
    else:
        for path, answer in answers:
            if not isinstance(answer, XaiError):
                print(one_line(_as_text(path, *answer)))
    warn_where_not_kept(workbench)
    errors = [answer for _path, answer in answers if isinstance(answer, XaiError)]
    if not errors:
        return 0
    tell(one_line(f"{errors[0]} {_others(len(errors) - 1, len(answers))}".rstrip()))
    return 2


def _others(count: int, photos: int) -> str:
    """Return a sentence with the number of other photos that could not be used."""
    sentence = ngettext(
        "(1 more of the {photos} photos could not be used.)",
        "({count} more of the {photos} photos could not be used.)",
        count,
    )
    return sentence.format(count=count, photos=photos) if count else ""


def _answer(
    workbench: Workbench, network: NetworkRef, path: str, crop: str | None
) -> tuple[ImageInput, Prediction] | XaiError:
    """Return what was looked at, and the answer."""
    try:
        image = cropping.part(workbench, network, read_photo(path), crop)
    except (ImageError, ParameterError) as failure:
        return failure
    return image, workbench.answer(PredictionRequest(network, image.digest), [image])


def _entry(path: str, answer: tuple[ImageInput, Prediction] | XaiError) -> dict[str, Any]:
    if isinstance(answer, XaiError):
        return {"photo": path, "error": str(answer)}
    image, prediction = answer
    top = [
        {
            "wnid": prediction.labels[position].wnid,
            "label": prediction.labels[position].english,
            "probability": float(prediction.probabilities[position]),
        }
        for position in prediction.top(_TOP)
    ]
    # NaN, the familiarity of networks without one, is no JSON.
    familiarity = None if math.isnan(prediction.familiarity) else prediction.familiarity
    crop = {"crop": crop_description(image.crop)} if image.crop is not None else {}
    return {"photo": path, **crop, "top": top, "familiarity": familiarity}


def _as_text(path: str, image: ImageInput, prediction: Prediction) -> str:
    if image.crop is not None:
        left, top, right, bottom = image.crop.edges
        path = _("{photo}, pixels {left} to {right} from the left and {top} to {bottom} from above").format(
            photo=path, left=left, right=right, top=top, bottom=bottom
        )
    breeds = (
        f"{breed(prediction.labels[position])} {share(prediction.probabilities[position])}"
        for position in prediction.top(_TOP)
    )
    return f"{path}: {', '.join(breeds)}"
