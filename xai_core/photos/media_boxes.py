"""What HEIC and AVIF files keep beside their pixels, in the boxes of ISO/IEC 14496-12: a colour space, and EXIF."""

import re
import struct
from collections.abc import Iterator

from xai_core.photos.colour_spaces import from_code_points

_PATH = (b"meta", b"iprp", b"ipco", b"colr")
_VERSION = {b"meta": 4}  # bytes before the first box inside
_SRGB_CURVE = 13
#: Encoders copy these names of television's curve from the video codec; the pictures are those of sRGB screens.
_TELEVISION = (1, 6, 14, 15)
#: The entry of a file's list of items that announces EXIF: version, number and protection come before its type.
_EXIF_ITEM = re.compile(rb"(infe\x02.{7}|infe\x03.{9})Exif", re.DOTALL)


def named_space(data: bytes) -> bytes | None:
    """Return the ICC profile of the first colour space that the file names by numbers; None without one."""
    for body in _boxes(data, _PATH):
        if body[:4] == b"nclx" and len(body) >= 10:
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return from_code_points(primaries, _SRGB_CURVE if transfer in _TELEVISION else transfer)
    return None


def without_exif(data: bytes) -> bytes:
    """Return the file with its EXIF under a type that no decoder looks for; lengths and places stay as they are."""
    return _EXIF_ITEM.sub(rb"\1skip", data)


def _boxes(data: bytes, path: tuple[bytes, ...]) -> Iterator[bytes]:
    position = 0
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if length == 0:
            length = len(data) - position
        if length < 8:
            return  # 64-bit lengths are those of pixels, which come last
        if name == path[0]:
            body = data[position + 8 + _VERSION.get(name, 0) : position + length]
            if path[1:]:
                yield from _boxes(body, path[1:])
            else:
                yield body
        position += length
