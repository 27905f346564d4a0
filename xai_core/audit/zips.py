"""Photos from a zip, unpacked in memory one at a time. Its names are never used as paths."""

import io
import threading
import zipfile
import zlib
from typing import IO, BinaryIO

from xai_core.audit.names import UTF8_FLAG, names_in_zip
from xai_core.audit.places import LeftOut, Place, alphabetical, shown_paths
from xai_core.audit.system_files import is_system
from xai_core.audit.zip_directory import mended, with_flag
from xai_core.errors import ImageError, ParameterError
from xai_core.photos.decoding import MAXIMUM_BYTES
from xai_core.photos.kinds import FIRST_BYTES, is_picture_name, is_read

#: Unpacked bytes of all photos of a zip: about the size of the store that keeps them while the audit runs.
MOST_UNPACKED = 400 * 1024**2
#: Entries of a zip, photos or not.
MOST_ENTRIES = 20_000
#: The largest compression ratio of an entry. Pictures are compressed already and hardly exceed 2.
MOST_RATIO = 100

_PIECE = 64 * 1024
_RATIO_FROM = 1024**2  # bytes: smaller entries do no harm, whatever their ratio
#: `zipfile` reads the list of entries in one piece; a longer one than this is an attack.
_LONGEST_PIECE = 4 * 1024**2
_ENCRYPTED = 0x1
_MS_DOS_FOLDER = 0x10
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
#: Other methods unpack without a bound: some hundred bytes of bzip2 become a gigabyte in one step.
_UNPACKED_IN_STEPS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Zip:
    """All photos in a zip.

    Sizes in its headers are not trusted: bytes are counted while they are unpacked, for each entry and for all of them. An
    entry beyond a limit is refused by itself. Raises ParameterError for a file that is no zip, or one with too many entries.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.others = 0
        self.system = 0
        self.left_out: list[LeftOut] = []
        self._file = _Metered(file)
        self._lock = threading.Lock()
        self._unpacked: dict[int, int] = {}  # bytes by number of the picture
        self._whole: set[int] = set()  # pictures that were read to their end, and may be read again
        self._infos: list[zipfile.ZipInfo] = []
        try:
            self._archive = zipfile.ZipFile(self._file)
            self._file.listing = False
        except _TooLong:
            raise _too_many() from None
        except _DAMAGED:
            raise ParameterError("This is not a zip, or a damaged one; please make it again.") from None
        if len(self._archive.infolist()) > MOST_ENTRIES:
            raise _too_many()

    def places(self) -> list[Place]:
        """Return the pictures, as Source.places. Raises ParameterError where all of them are encrypted."""
        found: list[tuple[tuple[str, ...], zipfile.ZipInfo]] = []
        self.others, self.system = 0, 0
        infos = self._archive.infolist()
        for name, info in zip(names_in_zip(infos), infos, strict=True):
            # "..", drives and roots are names like others, since no path is made of them.
            parts = tuple(part for part in name.split("/") if part)
            if not parts or _is_folder(name, info):
                continue
            if is_system(parts):
                self.system += 1
            elif is_picture_name(parts[-1]) or self._begins_like_a_picture(info):
                found.append((parts, info))
            else:
                self.others += 1
        if found and all(info.flag_bits & _ENCRYPTED for _, info in found):
            raise ParameterError("This zip is protected by a password; please make it again without one.")
        found.sort(key=lambda entry: alphabetical(entry[0]))
        self._infos = [info for _, info in found]
        paths = shown_paths([parts for parts, _ in found])
        return [Place(number, path, found[number][0][:-1]) for number, path in enumerate(paths)]

    def read(self, place: Place) -> bytes:
        """Return the unpacked entry, as Source.read."""
        info = self._infos[place.number]
        if info.flag_bits & _ENCRYPTED:
            raise ImageError("“{name}” is protected by a password.", name=place.path)
        if info.compress_type not in _UNPACKED_IN_STEPS:
            raise ImageError("“{name}” is packed in an unusual way; please make the zip again.", name=place.path)
        data = io.BytesIO()
        try:
            with self._lock, self._opened(info) as entry:
                packed_before = self._file.count
                while data.tell() <= MAXIMUM_BYTES and (piece := entry.read(_PIECE)):
                    data.write(piece)
                    if place.number not in self._whole:
                        self._unpacked[place.number] = data.tell()
                        self._check(place, data.tell(), self._file.count - packed_before)
                self._whole.add(place.number)
        except (*_DAMAGED, _TooLong, RuntimeError):
            raise ImageError("“{name}” is damaged inside the zip.", name=place.path) from None
        return data.getvalue()

    def _opened(self, info: zipfile.ZipInfo) -> IO[bytes]:
        self._file.utf8 = bool(info.flag_bits & UTF8_FLAG)
        try:
            return self._archive.open(info)
        finally:
            self._file.utf8 = None

    def _begins_like_a_picture(self, info: zipfile.ZipInfo) -> bool:
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _UNPACKED_IN_STEPS:
            return False
        try:
            with self._lock, self._opened(info) as entry:
                return is_read(entry.read(FIRST_BYTES))
        except (*_DAMAGED, _TooLong, RuntimeError):
            return False

    def _check(self, place: Place, unpacked: int, packed: int) -> None:
        if unpacked > _RATIO_FROM and unpacked > MOST_RATIO * packed:
            raise ImageError(
                "“{name}” unpacks to far more than a photo does, so it is damaged or no photo.", name=place.path
            )
        if sum(self._unpacked.values()) > MOST_UNPACKED:
            raise ImageError(
                "“{name}” is not read, as the photos before it make up {megabytes} MB; please use smaller or fewer photos.",
                name=place.path,
                megabytes=MOST_UNPACKED // 1024**2,
            )


class _TooLong(Exception):
    """More bytes are requested at once than a regular zip needs."""


class _Metered(io.RawIOBase):
    """A file that counts the bytes read from it and refuses long reads; the headers of entries are mended on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self.count = 0
        self.listing = True
        self.utf8: bool | None = None  # of the entry that is being opened
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
        if self.listing:
            return mended(data)
        return data if self.utf8 is None else with_flag(data, self.utf8)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _is_folder(name: str, info: zipfile.ZipInfo) -> bool:
    return name.endswith("/") or bool(info.external_attr & _MS_DOS_FOLDER and not info.file_size)


def _too_many() -> ParameterError:
    return ParameterError("This zip has more than {count} entries; please use a smaller one.", count=MOST_ENTRIES)
