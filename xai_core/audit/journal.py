"""The folder in which an audit lasts: its plan, and one line for each photo that is done, so that it can be taken up again."""

import json
import logging
import os
import re
import shutil
import threading
import uuid
from pathlib import Path

from xai_core.audit.plan import Plan
from xai_core.audit.row import Row
from xai_core.errors import StoreError

_log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9a-f]{32}")
#: Older audits are thrown out; each holds some megabytes.
_KEPT = 50
_PLAN, _ROWS = "plan.json", "rows.jsonl"


class Journal:
    """One audit's plan and rows. Rows are written as they are found; a line that a crash cut off counts as not there."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self._path = folder / _ROWS
        self._lock = threading.Lock()
        self._rows = _read(self._path, plan)

    def rows(self) -> dict[int, Row]:
        """Return the rows found so far by the photos' numbers, those found now included."""
        with self._lock:
            return dict(self._rows)

    def add(self, row: Row) -> None:
        """Keep a row. Raises StoreError where it cannot be written."""
        line = json.dumps(row.as_json(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        with self._lock:
            try:
                with self._path.open("ab") as file:
                    # Begins on a line of its own, also after one that was cut off.
                    file.write(b"\n" + line.encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as failure:
                raise StoreError(
                    "The audit cannot be kept in {folder} ({reason}); make room there and go on.",
                    folder=str(self._path.parent),
                    reason=failure.strerror or type(failure).__name__,
                ) from None
            self._rows[row.number] = row


def begin(folder: Path, plan: Plan) -> Journal:
    """Return the journal of this plan under `folder`, new or taken up again. Raises StoreError where it cannot be written."""
    own = folder / plan.id
    try:
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = own / f".{uuid.uuid4().hex}.tmp"
        plan.save(temporary)
        os.replace(temporary, own / _PLAN)
    except OSError as failure:
        raise StoreError(
            "The folder {folder} cannot be written ({reason}), so an audit could not be kept; please make room there.",
            folder=str(folder),
            reason=failure.strerror or type(failure).__name__,
        ) from None
    _throw_out_old(folder)
    return Journal(own, plan)


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
            row = Row.from_json(json.loads(line)) if line else None
        except (ValueError, TypeError, KeyError):
            continue  # cut off by a crash: this photo is looked at again
        if row is not None and 0 <= row.number < len(plan.photos):
            rows[row.number] = row
    return rows


def _throw_out_old(folder: Path) -> None:
    try:
        audits = [path for path in folder.iterdir() if _ID.fullmatch(path.name)]
        audits.sort(key=lambda path: (path / _PLAN).stat().st_mtime if (path / _PLAN).exists() else 0.0)
    except OSError:
        return
    for path in audits[:-_KEPT]:
        try:
            shutil.rmtree(path)
        except OSError as failure:
            _log.warning("%s could not be deleted: %s", path, failure)
