"""Writes the files of commands."""

from pathlib import Path

from xai_core.errors import StoreError


def make_folder(folder: Path) -> None:
    """Create a folder and its parents. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise _not_written(folder, failure) from None


def write(path: Path, data: bytes) -> None:
    """Write a file and print its path. Raises StoreError."""
    try:
        path.write_bytes(data)
    except OSError as failure:
        raise _not_written(path, failure) from None
    print(path)


def _not_written(path: Path, failure: OSError) -> StoreError:
    reason = failure.strerror or type(failure).__name__
    return StoreError("{file} cannot be written ({reason}).", file=str(path), reason=reason)
