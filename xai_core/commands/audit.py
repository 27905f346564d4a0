"""`audit`: a network's mistakes in a folder or zip of photos, where its evidence lies, and clusters of similar maps."""

import argparse
from pathlib import Path
from typing import Any

from xai_core.audit import files, journal, sentences, sources
from xai_core.audit.clusters import group
from xai_core.audit.plan import DEFAULT_METHODS, Listed, Plan
from xai_core.audit.planning import make_plan
from xai_core.audit.remarks import remarks
from xai_core.audit.run import AuditRun, audits_folder, seconds_per_photo
from xai_core.audit.summary import summarise
from xai_core.classifiers.base import ModelSpec
from xai_core.classifiers.reference import NetworkRef
from xai_core.commands.arguments import path
from xai_core.commands.interrupts import SIGNALLED
from xai_core.commands.output import make_room, print_paths, warn_where_not_kept, write
from xai_core.commands.streams import one_line, tell
from xai_core.execution.executors import ThreadExecutor
from xai_core.explainers.registry import build_explainer
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.photos.decoding import load_photo
from xai_core.types import ImageInput
from xai_core.workbench import Workbench

_FILES = ("audit.csv", "audit.html")
_STEP_SECONDS = 10.0  # between two lines about the progress


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser(
        "audit", help="look at many photos: mistakes, evidence on dog or background, alike maps"
    )
    parser.add_argument("source", type=path, metavar="DIR|ZIP", help="photos; folders may be named by the true breed")
    parser.add_argument("--classifier", default="vgg16", metavar="KEY", help="the network (see list); default: vgg16")
    parser.add_argument(
        "--method",
        nargs="+",
        default=list(DEFAULT_METHODS),
        metavar="KEY",
        help="methods (see list); default: grad_cam",
    )
    parser.add_argument(
        "--crop", choices=("dog",), help="of photos that a dog fills little of, look at the part around it alone"
    )
    parser.add_argument(
        "--output", type=path, default=Path("audit"), metavar="FOLDER", help="for the two files; default: audit"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write audit.csv and audit.html into the folder, and print a summary and their paths.

    After Ctrl-C or a crash, the same command resumes the audit. The progress is printed on standard error.
    """
    workbench = Workbench(executor=ThreadExecutor())
    spec = workbench.spec(NetworkRef.parse(arguments.classifier))
    explainers = [build_explainer(key, {}) for key in dict.fromkeys(arguments.method)]
    source = sources.open_source(arguments.source)
    paths = [arguments.output / name for name in _FILES]
    make_room(paths, [arguments.source])  # fails before minutes are spent on the results
    plan, numbers = make_plan(source, spec, explainers, load_photo, cropped=arguments.crop is not None)
    places = source.places()

    def photo(listed: Listed) -> ImageInput:
        return load_photo(source.read(places[numbers[listed.digest]]), listed.name)

    # What cannot be kept for another run is computed and written all the same.
    audit = AuditRun(workbench, journal.begin(audits_folder(workbench), plan, needed=False), photo)
    if audit.journal.problem is not None:
        tell(one_line(f"{audit.journal.problem} " + _("It goes on, but cannot be taken up again after a stop.")))
    _announce(workbench, audit)
    audit.start()
    try:
        while not audit.wait(_STEP_SECONDS):
            _print_progress(audit)
    except KeyboardInterrupt:
        audit.stop()
        audit.wait()
        _print_stopped(audit)
        return SIGNALLED + 2
    if audit.error is not None:
        raise audit.error
    _write(paths, audit, spec)
    print_paths(paths)
    warn_where_not_kept(workbench)
    return 0


def _announce(workbench: Workbench, audit: AuditRun) -> None:
    done = len(audit.journal.rows())
    if done:
        _print(_("{done} of {count} photos are known from before."), audit)
    each = seconds_per_photo(workbench, audit.plan)
    if each is not None and done < len(audit.plan.photos):
        tell(formatting.takes(each * (len(audit.plan.photos) - done)))


def _print_progress(audit: AuditRun) -> None:
    _print(_("{done} of {count} photos. {left}"), audit)


def _print_stopped(audit: AuditRun) -> None:
    if audit.journal.problem is None:
        _print(_("Stopped after {done} of {count} photos; the same command goes on from there."), audit)
    else:
        tell(one_line(str(audit.journal.problem)))


def _print(sentence: str, audit: AuditRun) -> None:
    left = formatting.time_left(audit.seconds_left)
    tell(sentence.format(done=audit.done, count=len(audit.plan.photos), left=left))


def _write(paths: list[Path], audit: AuditRun, spec: ModelSpec) -> None:
    plan: Plan = audit.plan
    rows = list(audit.journal.rows().values())
    summary = summarise(plan, rows)
    groups = {one.info.key: group(plan, rows, one.info.key) for one in plan.explainers}
    contents = (files.as_csv(plan, rows, spec), files.as_html(plan, rows, summary, groups, spec))
    write(dict(zip(paths, contents, strict=True)))
    for sentence in (*sentences.overview(summary), *sentences.evidence(summary), *remarks(plan)):
        print(one_line(sentence))
    for number, failure in sorted(audit.failures.items()):
        print(one_line(f"{plan.photos[number].path}: {failure}"))
