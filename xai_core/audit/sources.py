"""Photos from a folder or a zip, one at a time. Names in a zip are never used as paths."""

import io
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from xai_core.errors import ImageError, ParameterError
from xai_core.photos.decoding import MAXIMUM_BYTES, shown_name

#: Photos of an audit.
MOST_PHOTOS = 500
#: Unpacked bytes of all photos of a zip: about the size of the store that keeps them while the audit runs.
MOST_UNPACKED = 400 * 1024**2
#: Entries of a zip, photos or not.
MOST_ENTRIES = 20_000
#: The largest compression ratio of an entry. Pictures are compressed already and hardly exceed 2.
MOST_RATIO = 100

_PICTURES = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
_SYSTEM_FILES = {"__macosx", "thumbs.db", "desktop.ini"}
_PIECE = 64 * 1024
_RATIO_FROM = 1024**2  # bytes: smaller entries do no harm, whatever their ratio
#: `zipfile` reads the list of entries in one piece; a longer one than this is an attack.
_LONGEST_PIECE = 4 * 1024**2
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
#: Other methods unpack without a bound: some hundred bytes of bzip2 become a gigabyte in one step.
_UNPACKED_IN_STEPS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Place:
    """The position of a photo in its source."""

    number: int  # among the source's pictures
    name: str  # the file's own name
    folders: tuple[str, ...]  # outermost first


class Source(Protocol):
    """A source of photos. `others` counts the files that are no pictures, which are left out."""

    others: int

    def places(self) -> list[Place]:
        """Return all files with the name of a picture, in alphabetical order; nothing is read yet."""
        ...

    def read(self, place: Place) -> bytes:
        """Return a picture's bytes. Raises ImageError where it cannot be read, ParameterError where the source is rejected."""
        ...


def open_source(path: Path) -> Source:
    """Return the folder or the zip at `path`. Raises ParameterError for anything else."""
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise ParameterError("“{path}” does not exist; please name a folder or a zip with photos.", path=str(path))
    try:
        return Zip(path.open("rb"))
    except OSError as failure:
        raise ParameterError(
            "“{path}” cannot be read ({reason}).", path=str(path), reason=failure.strerror or type(failure).__name__
        ) from None


class Folder:
    """All photos in a folder and its sub-folders; its own name may be that of a breed."""

    def __init__(self, root: Path) -> None:
        self.others = 0
        self._root = root
        self._paths: list[Path] = []

    def places(self) -> list[Place]:
        """Return the pictures, as Source.places."""
        found, self.others = [], 0
        for path in self._walk(self._root):
            parts = path.relative_to(self._root).parts
            if _is_system_file(parts):
                continue
            if _is_picture(parts[-1]):
                found.append(path)
            else:
                self.others += 1
        self._paths = sorted(found)
        own = self._root.resolve().name
        return [
            Place(number, path.name, (own, *path.relative_to(self._root).parts[:-1]))
            for number, path in enumerate(self._paths)
        ]

    def read(self, place: Place) -> bytes:
        """Return the file's bytes, as Source.read; of a file that is too large, one byte more than the limit."""
        try:
            with self._paths[place.number].open("rb") as file:
                return file.read(MAXIMUM_BYTES + 1)
        except OSError as failure:
            raise ImageError(
                "“{name}” cannot be read ({reason}).",
                name=shown_name(place.name),
                reason=failure.strerror or type(failure).__name__,
            ) from None

    def _walk(self, folder: Path) -> Iterator[Path]:
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            return  # a folder without permission holds no photos for this user
        for entry in entries:
            # A link to a folder might lead back to one of its parents.
            if entry.is_dir() and not entry.is_symlink():
                yield from self._walk(entry)
            elif entry.is_file():
                yield entry


class Zip:
    """All photos in a zip, unpacked in memory one at a time.

    Sizes in its headers are not trusted: bytes are counted while they are unpacked. Raises ParameterError for a file that is
    no zip, or one with too many entries.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.others = 0
        self._file = _Metered(file)
        self._lock = threading.Lock()
        self._unpacked: dict[int, int] = {}  # bytes by number of the picture, each of which may be read several times
        self._infos: list[zipfile.ZipInfo] = []
        try:
            self._archive = zipfile.ZipFile(self._file)
        except _TooLong:
            raise _too_many() from None
        except _DAMAGED:
            raise ParameterError("This is not a zip, or a damaged one; please make it again.") from None
        if len(self._archive.infolist()) > MOST_ENTRIES:
            raise _too_many()

    def places(self) -> list[Place]:
        """Return the pictures, as Source.places. Raises ParameterError where all of them are encrypted."""
        named, self.others = [], 0
        for info in self._archive.infolist():
            # "..", drives and roots are names like others, since no path is made of them.
            parts = tuple(part for part in info.filename.replace("\\", "/").split("/") if part)
            if info.is_dir() or not parts or _is_system_file(parts):
                continue
            if _is_picture(parts[-1]):
                named.append((parts, info))
            else:
                self.others += 1
        if named and all(info.flag_bits & _ENCRYPTED for _, info in named):
            raise ParameterError("This zip is protected by a password; please make it again without one.")
        named.sort(key=lambda entry: entry[0])
        self._infos = [info for _, info in named]
        return [Place(number, parts[-1], parts[:-1]) for number, (parts, _) in enumerate(named)]

    def read(self, place: Place) -> bytes:
        """Return the unpacked entry, as Source.read; a zip bomb is rejected."""
        info = self._infos[place.number]
        if info.flag_bits & _ENCRYPTED:
            raise ImageError("“{name}” is protected by a password.", name=shown_name(place.name))
        if info.compress_type not in _UNPACKED_IN_STEPS:
            raise ImageError(
                "“{name}” is packed in an unusual way; please make the zip again.", name=shown_name(place.name)
            )
        data = io.BytesIO()
        try:
            with self._lock, self._archive.open(info) as entry:
                packed_before = self._file.count
                while data.tell() <= MAXIMUM_BYTES and (piece := entry.read(_PIECE)):
                    data.write(piece)
                    self._unpacked[place.number] = data.tell()
                    self._check(data.tell(), self._file.count - packed_before)
        except (*_DAMAGED, _TooLong, RuntimeError):
            raise ImageError("“{name}” is damaged inside the zip.", name=shown_name(place.name)) from None
        return data.getvalue()

    def _check(self, unpacked: int, packed: int) -> None:
        if sum(self._unpacked.values()) > MOST_UNPACKED:
            raise ParameterError(
                "The photos in this zip make up more than {megabytes} MB; please use smaller or fewer photos.",
                megabytes=MOST_UNPACKED // 1024**2,
            )
        if unpacked > _RATIO_FROM and unpacked > MOST_RATIO * packed:
            raise ParameterError("This zip unpacks to far more than photos do, so it is not opened any further.")


class _TooLong(Exception):
    """More bytes are requested at once than a regular zip needs."""


class _Metered(io.RawIOBase):
    """A file that counts the bytes read from it and refuses long reads."""

    def __init__(self, file: BinaryIO) -> None:
        self.count = 0
        self._inner = file

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _LONGEST_PIECE:
            position = self._inner.tell()
            left = self._inner.seek(0, io.SEEK_END) - position
            self._inner.seek(position)
            if left > _LONGEST_PIECE:
                raise _TooLong
        data = self._inner.read(size)
        self.count += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _too_many() -> ParameterError:
    return ParameterError("This zip has more than {count} entries; please use a smaller one.", count=MOST_ENTRIES)


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in _PICTURES


def _is_system_file(parts: tuple[str, ...]) -> bool:
    """Return whether a file was created by an operating system: hidden files, and the copies in a Mac's zips."""
    return any(part.lower() in _SYSTEM_FILES or (part.startswith(".") and part.strip(".")) for part in parts)
