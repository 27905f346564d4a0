"""A zip's list of entries, mended where one faulty entry would keep `zipfile` from reading all others."""

import struct
from itertools import takewhile

from xai_core.audit.names import UTF8_FLAG, extra_fields, is_utf8

_SIGNATURE = b"PK\x01\x02"
_FLAGS, _LENGTHS, _SIZE = 8, 28, 46  # where an entry's flags and its three lengths are, and where its name begins
_LOCAL_SIGNATURE, _LOCAL_SIZE, _LOCAL_FLAGS = b"PK\x03\x04", 30, 6
_UNUSED = 0xFFFF  # an extra field that nobody reads


def mended(directory: bytes) -> bytes:
    """Return the list with no flag of UTF-8 beside a name that is none, and with no extra field beyond its entry's end."""
    fixed, start = bytearray(directory), 0
    while fixed[start : start + 4] == _SIGNATURE and start + _SIZE <= len(fixed):
        (flags,) = struct.unpack_from("<H", fixed, start + _FLAGS)
        name, extra, comment = struct.unpack_from("<HHH", fixed, start + _LENGTHS)
        after_name = start + _SIZE + name
        if flags & UTF8_FLAG and not is_utf8(bytes(fixed[start + _SIZE : after_name])):
            struct.pack_into("<H", fixed, start + _FLAGS, flags & ~UTF8_FLAG)
        if not _ends_well(bytes(fixed[after_name : after_name + extra])):
            struct.pack_into("<HH", fixed, after_name, _UNUSED, extra - 4)
        start = after_name + extra + comment
    return bytes(fixed)


def with_flag(header: bytes, utf8: bool) -> bytes:
    """Return the header before an entry's data with the flag that the list of entries has, as `zipfile` compares both names.

    Other bytes are returned as they are.
    """
    if len(header) != _LOCAL_SIZE or not header.startswith(_LOCAL_SIGNATURE):
        return header
    (flags,) = struct.unpack_from("<H", header, _LOCAL_FLAGS)
    flags = flags | UTF8_FLAG if utf8 else flags & ~UTF8_FLAG
    return header[:_LOCAL_FLAGS] + struct.pack("<H", flags) + header[_LOCAL_FLAGS + 2 :]


def _ends_well(extra: bytes) -> bool:
    fields = takewhile(lambda field: len(field.data) == field.size, extra_fields(extra))
    return len(extra) - sum(4 + field.size for field in fields) < 4
