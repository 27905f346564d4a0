"""`audit`: a folder or zip of photos, what a network answers, where its evidence lies, and what its mistakes have in common."""

import argparse
import sys
from pathlib import Path
from typing import Any

from xai_core.audit import files, journal, sentences, sources
from xai_core.audit.clusters import group
from xai_core.audit.plan import DEFAULT_METHODS, Listed, Plan, make_plan
from xai_core.audit.run import AuditRun, audits_folder, seconds_a_photo
from xai_core.audit.summary import summarise
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.errors import StoreError
from xai_core.execution.executors import ThreadExecutor
from xai_core.explainers.registry import build_explainer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.photos.decoding import load_photo
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

_STOPPED = 130  # as shells say it of a command that was interrupted
_TELL_SECONDS = 10.0


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser(
        "audit", help="look at many photos: mistakes, evidence on dog or background, alike maps"
    )
    parser.add_argument("source", type=Path, metavar="DIR|ZIP", help="photos; folders may be named by the true breed")
    parser.add_argument("--classifier", default="vgg16", metavar="KEY", help="the network (see list); default: vgg16")
    parser.add_argument(
        "--method",
        nargs="+",
        default=list(DEFAULT_METHODS),
        metavar="KEY",
        help="methods (see list); default: grad_cam",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("audit"), metavar="FOLDER", help="for the two files; default: audit"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write audit.csv and audit.html into the folder, and print what they say in short and their paths.

    Stopped with Ctrl-C, or by a crash, the same command goes on from there. How far it is goes to standard error.
    """
    workbench = Workbench(executor=ThreadExecutor())
    spec = workbench.spec(NetworkRef.parse(arguments.classifier))
    explainers = [build_explainer(key, {}) for key in dict.fromkeys(arguments.method)]
    source = sources.open_source(arguments.source)
    _make(arguments.output)  # before minutes are spent on what could not be written
    plan, numbers = make_plan(source, spec, explainers, load_photo)
    places = source.places()

    def photo(listed: Listed) -> ImageInput:
        return load_photo(source.read(places[numbers[listed.digest]]), listed.name)

    audit = AuditRun(workbench, journal.begin(audits_folder(workbench), plan), photo)
    _announce(workbench, audit)
    audit.start()
    try:
        while not audit.wait(_TELL_SECONDS):
            _tell(audit)
    except KeyboardInterrupt:
        audit.stop()
        audit.wait()
        _say(_("Stopped after {done} of {count} photos; the same command goes on from there."), audit)
        return _STOPPED
    if audit.error is not None:
        raise audit.error
    _write(arguments.output, audit, spec)
    return 0


def _announce(workbench: Workbench, audit: AuditRun) -> None:
    known = len(audit.journal.rows())
    if known:
        _say(_("{done} of {count} photos are known from before."), audit)
    each = seconds_a_photo(workbench, audit.plan)
    if each is not None and known < len(audit.plan.photos):
        print(formatting.takes(each * (len(audit.plan.photos) - known)), file=sys.stderr, flush=True)


def _tell(audit: AuditRun) -> None:
    _say(_("{done} of {count} photos. {left}"), audit)


def _say(sentence: str, audit: AuditRun) -> None:
    left = formatting.time_left(audit.seconds_left)
    print(sentence.format(done=audit.done, count=len(audit.plan.photos), left=left), file=sys.stderr, flush=True)


def _write(folder: Path, audit: AuditRun, spec: ModelSpec) -> None:
    plan: Plan = audit.plan
    rows = list(audit.journal.rows().values())
    summary = summarise(plan, rows)
    groups = {one.info.key: group(plan, rows, one.info.key) for one in plan.explainers}
    for sentence in (*sentences.overview(summary), *sentences.evidence(summary), *sentences.left_out(plan)):
        print(sentence)
    for number, failure in sorted(audit.failures.items()):
        print(f"{plan.photos[number].name}: {failure}")
    for name, contents in (
        ("audit.csv", files.as_csv(plan, rows, spec)),
        ("audit.html", files.as_html(plan, rows, summary, groups, spec)),
    ):
        try:
            (folder / name).write_bytes(contents)
        except OSError as failure:
            raise _not_written(folder, failure) from None
        print(folder / name)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise _not_written(folder, failure) from None


def _not_written(folder: Path, failure: OSError) -> StoreError:
    return StoreError(
        "The files cannot be written into {folder} ({reason}).",
        folder=str(folder),
        reason=failure.strerror or type(failure).__name__,
    )
