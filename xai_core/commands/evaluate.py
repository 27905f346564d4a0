"""`evaluate`: measure a shipped network and write the results into its description and its model card."""

import argparse
import json
from typing import Any

from xai_core.commands.arguments import path
from xai_core.commands.streams import one_line, tell
from xai_core.resources import MODELS


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("evaluate", help="measure a network's accuracy and write its model card")
    parser.add_argument("--classifier", required=True, metavar="KEY", help="vgg16 or inception_v3")
    parser.add_argument("--photos", required=True, type=path, metavar="DIR", help="holds val/, a folder a breed")
    parser.add_argument("--not-dogs", required=True, type=path, metavar="DIR", help="photos without dogs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the measurements as JSON; the progress is printed on standard error."""
    from xai_core.training.evaluate import evaluate

    def report(line: str) -> None:
        tell(one_line(line))

    measured = evaluate(arguments.classifier, arguments.photos, arguments.not_dogs, MODELS, report)
    print(json.dumps(measured, indent=1))  # ASCII alone, for any locale
    return 0
