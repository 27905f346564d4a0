"""`train`: train a network again from its public sources and a folder of photos."""

import argparse
from pathlib import Path
from typing import Any

from xai_core.resources import MODELS


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("train", help="train a network again; a stopped run goes on where it was")
    parser.add_argument("--classifier", required=True, metavar="KEY", help="vgg16 or inception_v3")
    parser.add_argument(
        "--photos", required=True, type=Path, metavar="DIR", help="holds train/ and val/, a folder a breed"
    )
    parser.add_argument(
        "--work", type=Path, default=Path(".cache/training"), metavar="DIR", help="features, checkpoints"
    )
    parser.add_argument("--models", type=Path, default=MODELS, metavar="DIR", help="where the network is written")
    parser.add_argument(
        "--recipe",
        choices=("distillation", "cached-features"),
        default="distillation",
        help="distillation (default) learns from two better networks on a GPU; cached-features is for two cores",
    )
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights.safetensors to distil on from")
    parser.add_argument("--steps", type=int, metavar="N", help="steps of the distillation; default: the network's plan")
    parser.add_argument("--batch", type=int, metavar="N", help="photos a step of the distillation; default: 256")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, printing one line per step."""
    from xai_core.classifiers.trained import read_labels
    from xai_core.training.background import write_background
    from xai_core.training.distilled_recipe import Changes
    from xai_core.training.pipeline import train

    background = arguments.models / "background.npz"
    if not background.exists():
        wnids = tuple(label.wnid for label in read_labels(arguments.models))
        write_background(arguments.photos, wnids, background)
    changes = Changes(arguments.start, arguments.steps, arguments.batch)
    train(arguments.classifier, arguments.photos, arguments.work, arguments.models, arguments.recipe, changes)
    return 0
