"""The files of an audit: its plan, and one line for each finished photo, so that it can be resumed after a crash."""

import logging
import os
import re
import shutil
import threading
import uuid
from pathlib import Path

import msgspec

from xai_core.audit.plan import Plan
from xai_core.audit.row import Row
from xai_core.errors import StoreError

_log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9a-f]{32}")
#: Audits that are kept, the latest ones; each has some megabytes.
_MOST_AUDITS = 50
_PLAN, _ROWS = "plan.json", "rows.jsonl"


class Journal:
    """The plan and the rows of one audit. Each row is written at once; a line that a crash cut off is ignored.

    Where rows are not `needed` on disk, those that cannot be written are in memory only, and `problem` says why.
    """

    def __init__(self, folder: Path, plan: Plan, *, needed: bool = True, problem: StoreError | None = None) -> None:
        self.plan = plan
        self.problem = problem
        self._needed = needed
        self._path = folder / _ROWS
        self._lock = threading.Lock()
        self._rows = _read(self._path, plan)

    def rows(self) -> dict[int, Row]:
        """Return the rows so far by the number of their photo."""
        with self._lock:
            return dict(self._rows)

    def add(self, row: Row) -> None:
        """Write a row. Raises StoreError where that fails and is needed."""
        with self._lock:
            try:
                self._write(row)
            except StoreError as failure:
                if self._needed:
                    raise
                self.problem = failure
            self._rows[row.number] = row

    def _write(self, row: Row) -> None:
        try:
            with self._path.open("ab") as file:
                # The leading line break ends a line that a crash cut off.
                file.write(b"\n" + msgspec.json.encode(row) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as failure:
            raise StoreError(
                "The audit cannot be kept in {folder} ({reason}); make room there and go on.",
                folder=str(self._path.parent),
                reason=failure.strerror or type(failure).__name__,
            ) from None


def begin(folder: Path, plan: Plan, *, needed: bool = True) -> Journal:
    """Return the journal of a plan under `folder`, new or resumed. Raises StoreError where it cannot be written.

    Where that is not `needed`, the journal's `problem` says so instead.
    """
    own = folder / plan.id
    try:
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = own / f".{uuid.uuid4().hex}.tmp"
        plan.save(temporary)
        os.replace(temporary, own / _PLAN)
    except OSError as failure:
        problem = StoreError(
            "The folder {folder} cannot be written ({reason}), so an audit could not be kept; please make room there.",
            folder=str(folder),
            reason=failure.strerror or type(failure).__name__,
        )
        if needed:
            raise problem from None
        return Journal(own, plan, needed=False, problem=problem)
    _delete_old(folder)
    return Journal(own, plan, needed=needed)


def open_journal(folder: Path, audit: str) -> Journal:
    """Return the journal of the audit with this id. Raises StoreError where there is none."""
    if not _ID.fullmatch(audit):
        raise StoreError("This audit is not stored here (any more); please start it again.")
    own = folder / audit
    plan = Plan.load(own / _PLAN)
    return Journal(own, plan)


def _read(path: Path, plan: Plan) -> dict[int, Row]:
    rows: dict[int, Row] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return rows
    for line in lines:
        try:
            row = msgspec.json.decode(line, type=Row)
        except msgspec.DecodeError:
            continue  # empty, or cut off by a crash: this photo is computed again
        if 0 <= row.number < len(plan.photos):
            rows[row.number] = row
    return rows


def _delete_old(folder: Path) -> None:
    try:
        audits = [path for path in folder.iterdir() if _ID.fullmatch(path.name)]
        audits.sort(key=lambda path: (path / _PLAN).stat().st_mtime if (path / _PLAN).exists() else 0.0)
    except OSError:
        return
    for path in audits[:-_MOST_AUDITS]:
        try:
            shutil.rmtree(path)
        except OSError as failure:
            _log.warning("%s could not be deleted: %s", path, failure)
