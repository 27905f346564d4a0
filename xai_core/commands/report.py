"""`report`: a photo with its predictions, maps, scores and findings as HTML and PDF."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import Any

from xai_core.classifiers.reference import NetworkRef
from xai_core.commands import cropping
from xai_core.commands.arguments import path
from xai_core.commands.output import make_room, print_paths, warn_where_not_kept, write
from xai_core.commands.photos import read_photo
from xai_core.commands.streams import one_line, tell
from xai_core.errors import ParameterError
from xai_core.explainers.registry import DEFAULT_METHODS_QUICK_FIRST, build_explainer
from xai_core.i18n import catalogues
from xai_core.report.contents import Scoring
from xai_core.report.html import to_html
from xai_core.report.making import make
from xai_core.report.pdf import to_pdf
from xai_core.studies.faithfulness import FILLS
from xai_core.workbench import Workbench


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("report", help="write a report of a photo that others can check")
    parser.add_argument("photo", metavar="PHOTO")
    parser.add_argument(
        "--classifier", action="append", metavar="KEY", help="a network (see list), may be repeated; default: vgg16"
    )
    parser.add_argument(
        "--method",
        action="append",
        metavar="KEY[:NAME=VALUE,...]",
        help=f"a method and its settings (see list), may be repeated; default: {', '.join(DEFAULT_METHODS_QUICK_FIRST)}",
    )
    parser.add_argument(
        "--target", metavar="CLASS", help="name, WordNet id or number; default: the first network's most probable class"
    )
    cropping.add_option(parser)
    parser.add_argument("--output", required=True, type=path, metavar="FILE", help="the HTML file to write")
    parser.add_argument("--pdf", type=path, metavar="FILE", help="a PDF file to write as well")
    # Also allowed before the command's name; SUPPRESS keeps that value where it is not repeated here.
    parser.add_argument(
        "--language", choices=catalogues.LANGUAGES, default=argparse.SUPPRESS, help="the report's language"
    )
    parser.add_argument("--no-scores", action="store_true", help="leave out deletion and insertion")
    parser.add_argument("--fill", choices=FILLS, default=FILLS[0], help="what hidden pixels become for the scores")
    parser.add_argument(
        "--checks", action="store_true", help="check which maps can be trusted; takes several times as long"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print the paths of its files."""
    explainers = [_explainer(text) for text in arguments.method or DEFAULT_METHODS_QUICK_FIRST]
    networks = [NetworkRef.parse(text) for text in dict.fromkeys(arguments.classifier or ["vgg16"])]
    workbench = Workbench()
    for network in networks:
        workbench.spec(network)  # reports a wrong name before any photo is read
    cropping.check(arguments.crop)
    image = read_photo(arguments.photo)
    files = [file for file in (arguments.output, arguments.pdf) if file is not None]
    make_room(files, [Path(arguments.photo)])  # fails before minutes are spent on the report
    report = make(
        workbench,
        networks,
        cropping.part(workbench, networks[0], image, arguments.crop),
        explainers,
        target=arguments.target,
        scoring=None if arguments.no_scores else Scoring(fill=arguments.fill),
        checked=arguments.checks,
        made=datetime.date.today(),
        on_step=_print_step,
    )
    write({file: make_file(report) for file, make_file in zip(files, (to_html, to_pdf), strict=False)})
    print_paths(files)
    warn_where_not_kept(workbench)
    return 0


def _explainer(text: str) -> Any:
    """Return the method described by a text such as "grad_cam" or "lime:samples=200,seed=3"."""
    key, _colon, given = text.partition(":")
    settings = {}
    for one in filter(None, given.split(",")):
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise ParameterError("“--method {text}” must have the form --method KEY:NAME=VALUE,NAME=VALUE.", text=text)
        settings[name] = value
    return build_explainer(key, settings)


def _print_step(step: str) -> None:
    if sys.stderr.isatty():
        tell(one_line(step))
