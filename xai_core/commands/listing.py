"""`list`: the networks and the methods with their parameters as JSON; updates the table of methods in a README."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from xai_core import params
from xai_core.classifiers.base import ModelSpec
from xai_core.commands.arguments import path
from xai_core.errors import StoreError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import EXPLAINERS, by_family
from xai_core.storage.files import write_file
from xai_core.workbench import Workbench

_BEGIN, _END = "<!-- methods: written by make docs -->", "<!-- methods end -->"


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("list", help="print networks and methods with their parameters as JSON")
    parser.add_argument(
        "--readme", type=path, metavar="FILE", help="write the table of methods between its marks in this file instead"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print {"classifiers": [...], "methods": [...]}, or update the table of methods in a README."""
    if arguments.readme is not None:
        _update(arguments.readme)
        return 0
    offered = {
        "classifiers": [_classifier(spec) for spec in Workbench().specs().values()],
        "methods": [_method(method) for method in EXPLAINERS.values()],
    }
    print(json.dumps(offered, indent=2))  # ASCII alone, for any locale
    return 0


def with_table(text: str) -> str:
    """Return a README's text with the current table of methods between two markers. Raises StoreError without them."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise StoreError(
            "The table of methods has no place: put “{begin}” and “{end}” where it belongs.", begin=_BEGIN, end=_END
        )
    return f"{before}{_BEGIN}\n{_table()}{_END}{after}"


def _table() -> str:
    """Return the methods as Markdown, one table per family."""
    lines = []
    for family, methods in by_family().items():
        lines += [f"\nBy {family}:\n", "| method | how it works | source |", "|---|---|---|"]
        lines += [
            f"| {info.title} `{info.key}` | {info.how} | [{info.paper}]({info.url}) |"
            for info in (method.info for method in methods)
        ]
    return "\n".join([*lines, "\n"])


def _update(readme: Path) -> None:
    try:
        write_file(readme, with_table(readme.read_text(encoding="utf-8")).encode())
    except UnicodeError:
        raise StoreError("{file} is no text in UTF-8.", file=str(readme)) from None
    except OSError as failure:
        raise StoreError("{file} cannot be rewritten ({reason}).", file=str(readme), reason=failure.strerror) from None


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
