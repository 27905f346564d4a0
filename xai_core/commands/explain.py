"""`explain`: one explanation of one photo as array, picture and description."""

import argparse
from pathlib import Path
from typing import Any

from xai_core.classifiers.reference import NetworkRef
from xai_core.classifiers.registry import target_position
from xai_core.commands import cropping
from xai_core.commands.arguments import path
from xai_core.commands.output import make_room, print_paths, warn_where_not_kept, write
from xai_core.commands.photos import read_photo
from xai_core.errors import ParameterError
from xai_core.explainers.registry import build_explainer
from xai_core.photos.decoding import to_png
from xai_core.render.heatmap import overlay
from xai_core.render.pictures import on_whole
from xai_core.report.raw_files import as_json, description, numbers_file
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Explanation, ImageInput, Label
from xai_core.workbench import Workbench

_FILES = ("attribution.npz", "overlay.png", "explanation.json")


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("explain", help="explain what a network saw in a photo")
    parser.add_argument("photo", metavar="PHOTO")
    parser.add_argument("--classifier", default="vgg16", metavar="KEY", help="the network (see list); default: vgg16")
    parser.add_argument("--method", required=True, metavar="KEY", help="the method (see list)")
    parser.add_argument(
        "--target", metavar="CLASS", help="name, WordNet id or number; default: the most probable class"
    )
    cropping.add_option(parser)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be repeated")
    parser.add_argument(
        "--out", "--output", required=True, type=path, metavar="DIR", help="the folder for the three files"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write attribution.npz, overlay.png and explanation.json into the folder, and print their paths."""
    workbench = Workbench()
    spec = workbench.spec(NetworkRef.parse(arguments.classifier))
    explainer = build_explainer(arguments.method, _settings(arguments.set))
    target = None if arguments.target is None else target_position(spec, arguments.target)
    cropping.check(arguments.crop)
    image = read_photo(arguments.photo)
    paths = [arguments.out / name for name in _FILES]
    make_room(paths, [Path(arguments.photo)])  # fails before minutes are spent on the explanation
    image = cropping.part(workbench, spec.ref, image, arguments.crop)
    if target is None:
        target = workbench.answer(PredictionRequest(spec.ref, image.digest), [image]).top(1)[0]
    explanation = workbench.answer(ExplanationRequest(spec.ref, image.digest, target, explainer), [image])
    write(dict(zip(paths, _contents(image, explanation, spec.labels[target]), strict=True)))
    print_paths(paths)
    warn_where_not_kept(workbench)
    return 0


def _settings(texts: list[str]) -> dict[str, str]:
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterError("“--set {text}” must have the form --set NAME=VALUE.", text=text)
        settings[name] = value
    return settings


def _contents(image: ImageInput, explanation: Explanation, label: Label) -> tuple[bytes, bytes, bytes]:
    """Return the contents of _FILES."""
    picture = overlay(image.pixels, explanation.values, explanation.signed, segments=explanation.segments)
    if image.crop is not None:
        picture = on_whole(picture, image.crop.whole, image.crop.edges)
    return numbers_file(explanation), to_png(picture), as_json(description(image, explanation, label))
