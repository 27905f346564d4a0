"""Zips as programs of all kinds write them, byte by byte where `zipfile` would know better."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_UTF8 = 0x800
_ENCRYPTED = 0x1
_SIGNATURES = ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46))  # of a header, where its flags are, where its name is


@dataclass(frozen=True)
class Entry:
    """One entry: its name as it stands in the zip, and what is unusual about it."""

    name: bytes
    data: bytes
    flag: bool = False  # that the name is UTF-8
    unicode_path: str = ""  # Info-ZIP's extra field
    method: int = zipfile.ZIP_DEFLATED
    encrypted: bool = False  # claims to be


def archive(entries: Iterable[Entry]) -> bytes:
    """Return a zip of these entries."""
    file, entries = io.BytesIO(), list(entries)
    # `zipfile` writes names of ASCII only without the flag, so each name begins as as many other characters.
    places = [f"@{number}@".ljust(len(entry.name), "@")[: len(entry.name)] for number, entry in enumerate(entries)]
    with zipfile.ZipFile(file, "w") as made:
        for entry, place in zip(entries, places, strict=True):
            info = zipfile.ZipInfo(place)
            info.compress_type = entry.method
            info.extra = _unicode_path(entry)
            made.writestr(info, entry.data)
    data = bytearray(file.getvalue())
    for entry, place in zip(entries, places, strict=True):
        for signature, flags, name in _SIGNATURES:
            start = _header(data, signature, name, place.encode())
            data[start + name : start + name + len(place)] = entry.name
            (old,) = struct.unpack_from("<H", data, start + flags)
            struct.pack_into("<H", data, start + flags, old | _UTF8 * entry.flag | _ENCRYPTED * entry.encrypted)
    return bytes(data)


def _header(data: bytearray, signature: bytes, name: int, place: bytes) -> int:
    start = data.index(signature)
    while data[start + name : start + name + len(place)] != place:
        start = data.index(signature, start + 1)
    return start


def _unicode_path(entry: Entry) -> bytes:
    if not entry.unicode_path:
        return b""
    field = b"\x01" + struct.pack("<L", zlib.crc32(entry.name)) + entry.unicode_path.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field
