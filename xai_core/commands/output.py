"""Writes the files of commands: checked before anything is computed, written before anything is printed."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from xai_core.commands.streams import one_line, tell
from xai_core.errors import StoreError
from xai_core.storage.files import write_files
from xai_core.workbench import Workbench


def make_folder(folder: Path) -> None:
    """Create a folder and its parents. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise _not_written(folder, failure) from None


def make_room(files: Sequence[Path], read: Sequence[Path]) -> None:
    """Create the folders of files to write. Raises StoreError where one of them cannot be written, or must not be.

    That is where it is one of the files that are `read`, under whatever name, or two of them are the same.
    """
    for number, path in enumerate(files):
        make_folder(path.parent)
        try:
            path.lstat()  # fails for a name that no file can have, too
        except FileNotFoundError:
            pass
        except OSError as failure:
            raise _not_written(path, failure) from None
        if any(_same(path, other) for other in read):
            raise StoreError("{file} is what is read; name another file to write.", file=str(path))
        if any(_same(path, other) for other in files[:number]):
            raise StoreError("{file} cannot hold two files at once; name two files.", file=str(path))
        in_place = path.exists() and not path.is_file()  # a device or a pipe
        written = path if in_place else Path(os.path.realpath(path)).parent
        if path.is_dir() or not os.access(written, os.W_OK):
            raise StoreError("{file} cannot be written; name a file in a folder that can be.", file=str(path))


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all of them or none. Raises StoreError."""
    try:
        write_files(contents)
    except OSError as failure:
        raise _not_written(next(iter(contents)), failure) from None


def print_paths(paths: Sequence[Path]) -> None:
    """Print the paths of files that were written, one a line."""
    for path in paths:
        print(one_line(str(path)))


def warn_where_not_kept(workbench: Workbench) -> None:
    """Print on standard error where the results were not stored for the next time."""
    if workbench.results.problem is not None:
        tell(one_line(workbench.results.problem))


def _same(path: Path, other: Path) -> bool:
    """Return whether two paths name one file, be it by links; either may be missing."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)


def _not_written(path: Path, failure: OSError) -> StoreError:
    reason = failure.strerror or type(failure).__name__
    return StoreError("{file} cannot be written ({reason}).", file=str(path), reason=reason)
