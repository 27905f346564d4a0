"""Files that are written aside and renamed, so that nobody reads half of one and a failure leaves the old one."""

import os
import stat
import uuid
from collections.abc import Mapping
from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write one file, as `write_files`. Raises OSError."""
    write_files({path: data})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files by their paths, all of them or none where one of them cannot be written. Raises OSError.

    A link is followed; what is no regular file (a device, a pipe) is written in place.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        for path, data in contents.items():
            if path.exists() and not path.is_file():
                path.write_bytes(data)
                continue
            target = Path(os.path.realpath(path))
            temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")  # no part of the name, which may be of full length
            ready.append((temporary, target))
            temporary.write_bytes(data)
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        for temporary, target in ready:
            os.replace(temporary, target)
    finally:
        for temporary, _target in ready:
            try:
                temporary.unlink(missing_ok=True)
            except OSError:
                pass  # the first failure is the one to report
