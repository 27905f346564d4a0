"""`train`: train a network again from its public sources and a folder of photos."""

import argparse
from pathlib import Path
from typing import Any

from xai_core.commands.arguments import path
from xai_core.commands.output import make_folder
from xai_core.commands.streams import one_line, report_progress
from xai_core.resources import MODELS


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("train", help="train a network again; a stopped run goes on where it was")
    parser.add_argument("--classifier", required=True, metavar="KEY", help="vgg16 or inception_v3")
    parser.add_argument(
        "--photos", required=True, type=path, metavar="DIR", help="holds train/ and val/, a folder a breed"
    )
    parser.add_argument(
        "--work", type=path, default=Path(".cache/training"), metavar="DIR", help="features, checkpoints"
    )
    parser.add_argument("--models", type=path, default=MODELS, metavar="DIR", help="where the network is written")
    parser.add_argument(
        "--recipe",
        choices=("distillation", "cached-features"),
        default="distillation",
        help="distillation (default) learns from two better networks on a GPU; cached-features is for two cores",
    )
    parser.add_argument("--start", type=path, metavar="FILE", help="weights.safetensors to distil on from")
    parser.add_argument("--steps", type=int, metavar="N", help="steps of the distillation; default: the network's plan")
    parser.add_argument("--batch", type=int, metavar="N", help="photos a step of the distillation; default: 256")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, printing one line per step. Where nobody reads them any more, it goes on."""
    from xai_core.classifiers.trained import read_labels
    from xai_core.training.background import write_background
    from xai_core.training.distilled_recipe import Changes
    from xai_core.training.pipeline import plan_of, train

    changes = Changes(arguments.start, arguments.steps, arguments.batch)
    # Reports wrong names and numbers before photos are read.
    changes.applied(plan_of(arguments.classifier).distillation)
    for folder in (arguments.work, arguments.models):
        make_folder(folder)

    def report(line: str) -> None:
        report_progress(one_line(line))

    background = arguments.models / "background.npz"
    if not background.exists():
        wnids = tuple(label.wnid for label in read_labels(arguments.models))
        write_background(arguments.photos, wnids, background)
    train(arguments.classifier, arguments.photos, arguments.work, arguments.models, arguments.recipe, changes, report)
    return 0
