"""`list`: the networks, and the methods with their parameters, as JSON."""

import argparse
import dataclasses
import json
from typing import Any

from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import EXPLAINERS
from xai_core.workbench import Workbench


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("list", help="print networks and methods with their parameters as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print {"classifiers": [...], "methods": [...]}."""
    offered = {
        "classifiers": [_classifier(spec) for spec in Workbench().specs().values()],
        "methods": [_method(method) for method in EXPLAINERS.values()],
    }
    print(json.dumps(offered, ensure_ascii=False, indent=2))
    return 0


def _classifier(spec: ModelSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "title": spec.title,
        "sentence": spec.sentence,
        "input_size": spec.input_size,
        "layers": spec.cam_layers,
        "classes": len(spec.labels),
        "weights_sha256": spec.weights_digest,
    }


def _method(method: type[Explainer]) -> dict[str, Any]:
    parameters = [dataclasses.asdict(parameter) for parameter in params.param_specs(method)]
    return {**dataclasses.asdict(method.info), "parameters": parameters}
