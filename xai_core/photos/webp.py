"""WebP files cut behind their picture: what is lost is no pixel."""

import struct

_PICTURES = (b"VP8 ", b"VP8L", b"ANMF")


def without_cut_tail(data: bytes) -> bytes:
    """Return a WebP that was cut within or before a chunk behind its picture, or its first frame, without that chunk."""
    if len(data) >= 8 + int.from_bytes(data[4:8], "little"):
        return data
    position, has_picture = 12, False
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        end = position + 8 + length
        if end > len(data):
            break
        has_picture = has_picture or name in _PICTURES
        position = end + length % 2
    if not has_picture:
        return data
    whole = data[12:position].ljust(position - 12, b"\0")  # the byte that makes a length even may be cut off too
    return b"RIFF" + struct.pack("<I", 4 + len(whole)) + b"WEBP" + whole
