"""The store of results and photos: bytes by key, in memory and on disk, bounded in bytes, safe between threads and
processes. What the bytes mean is in codec.py."""

import errno
import hashlib
import logging
import math
import os
import re
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from cachetools import LRUCache

from xai_core.errors import StoreError
from xai_core.i18n.catalogues import N_, LazyText

_log = logging.getLogger(__name__)
_FULL = N_("the disk is full")
_KEY = re.compile(r"[0-9a-f]{64}")
_MAGIC = b"SEESPOT1"
_HEADER_BYTES = len(_MAGIC) + hashlib.sha256().digest_size
_TEMPORARY_SUFFIX = ".tmp"
_ABANDONED_SECONDS = 3600.0
_PUTS_BETWEEN_SCANS = 64
_KEEP_AFTER_EVICTION = 0.9  # evicting a little more than needed makes the next scan rarer
_PINS = "pins"
_PINNED_SECONDS = 2 * 24 * 3600.0  # pins end by themselves where the process that set them crashed
_PINNED_TIMES = 3  # pinned entries are evicted only above this multiple of the limit


def default_folder() -> Path:
    """Return the folder named by SEESPOT_CACHE, or else the platform's folder for a user's caches.

    Not by platformdirs, which follows XDG_CACHE_HOME on macOS and ignores LOCALAPPDATA on Windows: stores would move.
    """
    if named := os.environ.get("SEESPOT_CACHE"):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:  # a container's user may have no home
        return Path(tempfile.gettempdir()) / "seespot"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "seespot"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "seespot"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "seespot"


class Store:
    """Bytes by SHA-256 key, in memory and on disk; the least recently used entries are evicted first.

    There is no index beside the files, so several processes may share one folder. Every file holds a checksum; a missing
    or damaged one is a miss. Where the folder cannot be written, the newest results stay in memory, and `problem` says so
    in one sentence for the user until writing works again. Several processes that write at once may exceed the limit by
    what each of them writes in 64 puts. Pinned entries are evicted last, and may take up to three times the limit.
    """

    def __init__(self, folder: Path, limit_bytes: int = 2 * 1024**3, memory_bytes: int = 256 * 1024**2) -> None:
        self.folder = folder
        self._problem: StoreError | None = None
        self._limit_bytes = limit_bytes
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._memory: LRUCache[str, bytes] = LRUCache(math.inf, getsizeof=len)  # bounded by _remember
        self._disk_total: int | None = None  # an estimate between two scans; None: not scanned yet
        self._puts_since_scan = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # no other user of the machine may read the photos
        except OSError as failure:
            self._set_problem(failure)

    def get(self, key: str) -> bytes | None:
        """Return what was put under `key` (64 hexadecimal digits), or None."""
        path = self._path(key)
        with self._lock:
            data = self._memory.get(key)
        if data is None:
            data = _read(path)
            if data is None:
                return None
            self._remember(key, data)
        try:
            os.utime(path)  # eviction goes by the time of last use
        except OSError:
            pass  # evicted by another process, or a read-only folder: the data is good all the same
        return data

    @property
    def problem(self) -> str | None:
        """Why results are in memory only, one sentence; None where they are on disk."""
        return None if self._problem is None else str(self._problem)

    def put(self, key: str, data: bytes) -> None:
        """Store `data` under `key`, on disk where possible and always in memory. Raises nothing for a bad folder."""
        path = self._path(key)
        self._remember(key, data)
        try:
            _write(path, data)
        except OSError as failure:
            self._set_problem(failure)
            return
        self._problem = None
        with self._lock:
            self._puts_since_scan += 1
            if self._disk_total is not None:
                self._disk_total += _HEADER_BYTES + len(data)
            due = (
                self._disk_total is None
                or self._disk_total > self._limit_bytes
                or self._puts_since_scan >= _PUTS_BETWEEN_SCANS
            )
        if due:
            self._evict()

    def pin(self, name: str, keys: Iterable[str]) -> None:
        """Evict these entries last, in all processes, for two days or until `unpin`.

        `name` (letters, digits, hyphens) identifies the set of entries. Where the folder cannot be written nothing is pinned.
        """
        try:
            (self.folder / _PINS).mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self.folder / _PINS / f".{name}.{uuid.uuid4().hex}{_TEMPORARY_SUFFIX}"
            temporary.write_text("\n".join(keys))
            os.replace(temporary, self.folder / _PINS / name)
        except OSError as failure:
            self._set_problem(failure)

    def unpin(self, name: str) -> None:
        """Evict the entries pinned under this name like any others again."""
        try:
            (self.folder / _PINS / name).unlink(missing_ok=True)
        except OSError:
            pass  # the pin ends by itself

    def __contains__(self, key: str) -> bool:
        """Return whether there is an entry; only `get` checks that its file is not damaged."""
        path = self._path(key)
        with self._lock:
            if key in self._memory:
                return True
        return path.is_file()

    def size(self) -> int:
        """Return the bytes stored on disk, or in memory where that is more (a folder that cannot be written)."""
        on_disk = sum(size for _, size, _ in self._files())
        with self._lock:
            self._disk_total = on_disk
            return max(on_disk, int(self._memory.currsize))

    def clear(self) -> None:
        """Delete all entries. Raises StoreError where files cannot be deleted."""
        with self._lock:
            self._memory.clear()
            self._disk_total = None
        failure: OSError | None = None
        for path, _, _ in list(self._files()):
            try:
                path.unlink(missing_ok=True)
            except OSError as caught:
                failure = caught
        if failure is not None:
            raise StoreError(
                "Some stored results in {folder} could not be deleted ({reason}).",
                folder=str(self.folder),
                reason=failure.strerror,
            )

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"a key is 64 hexadecimal digits, not {key!r}")
        return self.folder / key[:2] / key

    def _remember(self, key: str, data: bytes) -> None:
        with self._lock:
            self._memory[key] = data
            # The newest entry stays even when it alone is over the bound, which LRUCache would refuse: on a disk that
            # cannot be written it exists nowhere else.
            while self._memory.currsize > self._memory_bytes and len(self._memory) > 1:
                self._memory.popitem()

    def _files(self) -> Iterator[tuple[Path, int, float]]:
        """Yield (path, bytes, time of last use) of every entry, and delete temporary files of crashed writers."""
        try:
            folders = [entry.path for entry in os.scandir(self.folder) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return
        for folder in folders:
            try:
                entries = list(os.scandir(folder))
            except OSError:
                continue
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                    if _KEY.fullmatch(entry.name):
                        yield Path(entry.path), status.st_size, status.st_mtime
                    elif entry.name.endswith(_TEMPORARY_SUFFIX) and time.time() - status.st_mtime > _ABANDONED_SECONDS:
                        os.unlink(entry.path)
                except OSError:
                    continue  # deleted since the folder was read

    def _evict(self) -> None:
        files = sorted(self._files(), key=lambda file: file[2])
        total = sum(size for _, size, _ in files)
        if total > self._limit_bytes:
            pinned = self._pinned()
            # Never the newest, which has just been computed. The sort is stable: within each group it stays by age.
            for path, size, _ in sorted(files[:-1], key=lambda file: file[0].name in pinned):
                share = _PINNED_TIMES if path.name in pinned else _KEEP_AFTER_EVICTION
                if total <= self._limit_bytes * share:
                    break
                try:
                    path.unlink(missing_ok=True)
                    total -= size
                except OSError as failure:
                    _log.warning("%s could not be deleted: %s", path, failure)
        with self._lock:
            self._disk_total = total
            self._puts_since_scan = 0

    def _pinned(self) -> set[str]:
        pinned: set[str] = set()
        for path in (self.folder / _PINS).glob("*"):
            try:
                if time.time() - path.stat().st_mtime < _PINNED_SECONDS:
                    pinned.update(path.read_text().split())
            except OSError:
                continue  # unpinned meanwhile
        return pinned

    def _set_problem(self, failure: OSError) -> None:
        _log.warning("the store in %s cannot be written: %s", self.folder, failure)
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT)
        self._problem = StoreError(
            "The folder {folder} cannot be written ({reason}); new results are not kept for the next time.",
            folder=str(self.folder),
            reason=LazyText(_FULL) if full else failure.strerror or type(failure).__name__,
        )


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    data = content[_HEADER_BYTES:]
    if content[:_HEADER_BYTES] == _MAGIC + hashlib.sha256(data).digest():
        return data
    _log.warning("%s is damaged and is deleted", path)
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # stays a miss
    return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_TEMPORARY_SUFFIX}")
    try:
        temporary.write_bytes(_MAGIC + hashlib.sha256(data).digest() + data)
        os.replace(temporary, path)
    except OSError:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass  # the first failure is the one to report
        raise
