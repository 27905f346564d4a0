"""JPEG files without their end: whether all of their pixels are there, which neither libjpeg nor Pillow tells."""

import random
import re

_END = b"\xff\xd9"
#: The next marker in coded pixels: no stuffed byte, no restart, no filling.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: What follows lost pixels when a disk or a download fills up a file.
_PADDING = b"\x00\xff"
#: Bytes of coded pixels that cannot all be superfluous: where they are, something else follows the pixels.
_NEEDED = 16
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_SCAN = 0xDA
_COEFFICIENTS = 64


def endings(data: bytes) -> tuple[list[bytes], bytes] | None:
    """Return a JPEG without an end once for each of three ends, and once without the last of its pixels; None if it has an end.

    All of its pixels are there where the three look alike, since none depends on what was cut off, and the fourth does not.
    Raises ValueError for a file that is cut before its last scan.
    """
    whole = _without_padding(data)
    if _has_end(whole):
        return None
    first, second = (_noise(seed) + _END for seed in range(2))
    shorter = whole[:-_NEEDED].rstrip(b"\xff")
    return [whole + _END, whole + first, whole + second], shorter + first


def _without_padding(data: bytes) -> bytes:
    bare = data.rstrip(_PADDING)
    tail = data[len(bare) :]
    # Up to four bytes may belong to the pixels: stuffed ones, whose last is zero.
    return bare + (tail if len(tail) <= 4 else b"").rstrip(b"\xff")


def _noise(seed: int) -> bytes:
    """Return coded pixels of another kind for each seed, with the restarts that a decoder may wait for."""
    generator = random.Random(seed)
    first = b"\xff\x00" * 4 if seed else b"\x55" * 4
    pieces = [generator.randbytes(64).replace(b"\xff", b"\xfe") + bytes([0xFF, 0xD0 + step % 8]) for step in range(16)]
    return first + b"".join(pieces)


def _has_end(data: bytes) -> bool:
    """Return whether a file has an end; where it has none, at least all coefficients of all components are announced."""
    missing: set[tuple[int, int]] = set()
    scans, position = 0, 2
    while (found := _MARKER.search(data, position)) is not None:
        marker, position = data[found.start() + 1], found.end()
        if marker == _END[1]:
            return True
        length = int.from_bytes(data[position : position + 2])
        segment = data[position + 2 : position + length]
        position += length
        if position > len(data):
            break
        if marker in _FRAMES and len(segment) > 5:
            components = segment[6 : 6 + 3 * segment[5] : 3]
            missing = {(component, number) for component in components for number in range(_COEFFICIENTS)}
        elif marker == _SCAN and segment:
            missing -= _final_coefficients(segment)
            scans += 1
    if missing or not scans or position > len(data):
        raise ValueError("the file ends before its last scan")
    return False


def _final_coefficients(scan: bytes) -> set[tuple[int, int]]:
    """Return the coefficients that a scan brings to their last bit, by component."""
    count = scan[0]
    if len(scan) < 4 + 2 * count or scan[3 + 2 * count] & 15:
        return set()
    first, last = scan[1 + 2 * count], scan[2 + 2 * count]
    return {(component, number) for component in scan[1 : 1 + 2 * count : 2] for number in range(first, last + 1)}
