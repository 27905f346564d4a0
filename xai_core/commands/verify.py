"""`verify`: compute a report's maps and scores again and compare them."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from xai_core.commands.arguments import path
from xai_core.commands.streams import one_line
from xai_core.errors import ParameterError
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.report import manifest
from xai_core.report.verify import TOLERANCE, Outcome, verify
from xai_core.workbench import Workbench

_KINDS = {
    "prediction": N_("Breeds"),
    "map": N_("Map"),
    "scores": N_("Scores"),
    "checks": N_("Checks"),
    "hiding": N_("Hiding"),
    "outline": N_("The dog's outline"),
}


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("verify", help="compute a report's maps and scores again and compare")
    parser.add_argument("report", type=path, metavar="REPORT", help="a report's HTML or PDF file")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        metavar="SHARE",
        help=f"the largest difference that counts as equal, as a share of a map's strongest value; default: {TOLERANCE:g}",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each prediction, map and score; return 1 where one of them differs."""
    if not 0 <= arguments.tolerance <= 1:
        raise ParameterError("The tolerance is a share between 0 and 1, not {value}.", value=arguments.tolerance)
    report = manifest.read_file(arguments.report)
    outcomes = []
    # With an empty store, since stored results would be compared with themselves.
    with tempfile.TemporaryDirectory() as folder:
        for outcome in verify(Workbench(Path(folder)), report, arguments.tolerance):
            print(one_line(_line(outcome)), flush=True)
            outcomes.append(outcome)
    differing = sum(one.same == "differs" for one in outcomes)
    print(_("{confirmed} of {all} confirmed.").format(confirmed=len(outcomes) - differing, all=len(outcomes)))
    return 1 if differing or not outcomes else 0


def _line(outcome: Outcome) -> str:
    what = ", ".join(filter(None, (_(_KINDS[outcome.kind]), outcome.method, outcome.network)))
    sentence = {
        "identical": _("{what}: identical"),
        "equal": _("{what}: equal within the tolerance (largest difference {difference}{correlation})"),
        "differs": _("{what}: DIFFERS (largest difference {difference}{correlation})"),
    }[outcome.same]
    correlation = ""
    if outcome.correlation is not None:
        correlation = _(", rank correlation {value}").format(value=formatting.number(outcome.correlation, 6))
    return sentence.format(what=what, difference=formatting.number(outcome.difference, 5), correlation=correlation)
