"""Photos from a folder, one at a time."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from xai_core.audit.names import name_on_disk
from xai_core.audit.places import LeftOut, Place, alphabetical, left_out, shown_path, shown_paths
from xai_core.audit.system_files import is_system
from xai_core.errors import ImageError
from xai_core.photos.decoding import MAXIMUM_BYTES
from xai_core.photos.kinds import FIRST_BYTES, is_picture_name, is_read

_Parts = tuple[str, ...]


class Folder:
    """All photos in a folder and its sub-folders; its own name may be that of a breed.

    A link to a folder inside of it gives that folder's photos a further name; one that leads out is not followed.
    """

    def __init__(self, root: Path) -> None:
        self.others = 0
        self.system = 0
        self.left_out: list[LeftOut] = []
        self._root = root
        self._paths: list[Path] = []

    def places(self) -> list[Place]:
        """Return the pictures, as Source.places."""
        walk = _Walk(self._root)
        found = sorted(walk.pictures, key=lambda picture: alphabetical(picture[0]))
        self.others, self.system, self.left_out = walk.others, walk.system, sorted(walk.left_out, key=_by_path)
        self._paths = [path for _, path in found]
        own = name_on_disk(self._root.resolve().name)
        shown = shown_paths([parts for parts, _ in found])
        return [
            Place(number, path, (own, *walk.further_names(file), *parts[:-1]))
            for number, (path, (parts, file)) in enumerate(zip(shown, found, strict=True))
        ]

    def read(self, place: Place) -> bytes:
        """Return the file's bytes, as Source.read; of a file that is too large, one byte more than the limit."""
        try:
            with self._paths[place.number].open("rb") as file:
                return file.read(MAXIMUM_BYTES + 1)
        except OSError as failure:
            raise _unreadable(place.path, failure) from None


class _Walk:
    """One look at everything under a folder."""

    def __init__(self, root: Path) -> None:
        self.pictures: list[tuple[_Parts, Path]] = []
        self.others = 0
        self.system = 0
        self.left_out: list[LeftOut] = []
        self._root = root.resolve()
        self._visited: set[tuple[int, int]] = set()
        self._links: dict[Path, list[_Parts]] = {}
        # Without recursion, as folders may be nested deeper than Python calls.
        self._waiting: list[tuple[Path, _Parts]] = [(self._root, ())]
        while self._waiting:
            self._look_into(*self._waiting.pop())

    def further_names(self, file: Path) -> _Parts:
        """Return the names of the one link that leads to a folder of a file, where there is exactly one."""
        links = [parts for folder in file.parents for parts in self._links.get(folder, [])]
        return links[0] if len(links) == 1 else ()

    def _look_into(self, folder: Path, parts: _Parts) -> None:
        try:
            status = folder.stat()
            identity = status.st_dev, status.st_ino
            if identity in self._visited:  # mounted twice, or inside of itself
                return
            self._visited.add(identity)
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._sort_in(entry, (*parts, name_on_disk(entry.name)))
        except OSError as failure:
            self._leave_out(parts or (folder.name,), _unreadable("", failure))

    def _sort_in(self, entry: os.DirEntry[str], parts: _Parts) -> None:
        path = Path(entry.path)
        if is_system(parts[-1:]):
            self.system += _count_files(path) if entry.is_dir(follow_symlinks=False) else 1
            return
        try:
            mode = entry.stat().st_mode
            if stat.S_ISDIR(mode) and entry.is_symlink():
                self._link(path, parts)
            elif stat.S_ISDIR(mode):
                self._waiting.append((path, parts))
            elif stat.S_ISREG(mode) and (is_picture_name(parts[-1]) or _is_read(path)):
                self.pictures.append((parts, path))
            else:
                self.others += 1
        except OSError as failure:  # a link to nothing, or a file without permission
            self._leave_out(parts, _unreadable("", failure))

    def _link(self, path: Path, parts: _Parts) -> None:
        target = path.resolve()
        if not target.is_relative_to(self._root):
            self._leave_out(parts, ImageError("“{name}” leads out of the folder, so it is not followed.", name=""))
        elif not path.parent.is_relative_to(target):  # a link to one of its own parents names nothing
            self._links.setdefault(target, []).append(parts)

    def _leave_out(self, parts: _Parts, error: ImageError) -> None:
        self.left_out.append(left_out(shown_path(parts), error))


def _is_read(path: Path) -> bool:
    with path.open("rb") as file:
        return is_read(file.read(FIRST_BYTES))


def _count_files(folder: Path) -> int:
    walked: Iterable[tuple[str, list[str], list[str]]] = os.walk(folder)
    return sum(len(files) for _, _, files in walked)


def _unreadable(path: str, failure: OSError) -> ImageError:
    return ImageError(
        "“{name}” cannot be read ({reason}).", name=path, reason=failure.strerror or type(failure).__name__
    )


def _by_path(left: LeftOut) -> str:
    return left.path
