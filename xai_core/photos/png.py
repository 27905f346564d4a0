"""PNG files reduced to what their pixels need, so that no text, profile or damage beside the pixels costs the photo.

Pillow refuses a PNG for a text that unpacks to over 1 MB and for a wrong checksum beside the pixels; both are dropped here,
as libpng does. Its limits could be raised for the whole process only.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from xai_core.photos.colour_spaces import from_code_points, from_gamma

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: What decoding needs. Of an animation the picture for other programs is its first frame, so its chunks are dropped too.
_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_KEPT_BESIDE = {b"tRNS", b"eXIf"}
_COLOUR = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"}
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
#: Texts in which older programs store the orientation.
_ORIENTATION_TEXTS = (b"Raw profile type exif\0", b"Raw profile type APP1\0", b"XML:com.adobe.xmp\0")
_LONGEST_TEXT = 64 * 1024
_LONGEST_PROFILE = 4 * 1024**2
#: Bytes of pixels that are counted at most: those of 52 megapixels of 64 bits each.
_MOST_UNPACKED = 8 * 52_000_000
_PIECE = 1024**2
#: More zeros than this at the end of packed pixels are what a disk or a download filled up the file with.
_PADDING = 8
_GREY = (b"\0", b"\4")  # colour types
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Adam7: first column, first row, step to the right, step down.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    body: memoryview
    whole: memoryview  # with length, name and checksum
    intact: bool  # the file holds all of it

    @property
    def is_right(self) -> bool:
        """Whether the chunk is what its checksum says."""
        return self.intact and zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:])


def essentials(data: bytes) -> tuple[bytes, bytes | None]:
    """Return a PNG of the same pixels with nothing beside them but transparency and EXIF, and the colour profile.

    The profile is that of the first of cICP, iCCP, sRGB (none) and gAMA with cHRM that can be used. A file that was cut behind
    its last pixel gets its end back.
    """
    kept: list[_Chunk] = []
    colour: dict[bytes, bytes] = {}
    for chunk in _chunks(data):
        if chunk.name in _PIXELS:
            kept.append(chunk)
        elif not chunk.is_right:
            continue
        elif chunk.name in _COLOUR:
            colour.setdefault(chunk.name, bytes(chunk.body))
        elif chunk.name in _KEPT_BESIDE or (chunk.name in _TEXTS and _may_hold_orientation(chunk)):
            kept.append(chunk)
    return _joined(kept), _profile(colour, grey=bool(kept) and kept[0].body[9:10] in _GREY)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    view, position = memoryview(data), len(_SIGNATURE)
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        yield _Chunk(name, view[position + 8 : position + 8 + length], view[position:end], end <= len(data))
        if name == b"IEND":
            return
        position = end


def _may_hold_orientation(chunk: _Chunk) -> bool:
    body = bytes(chunk.body[:_LONGEST_TEXT])
    if len(chunk.body) > _LONGEST_TEXT or not body.startswith(_ORIENTATION_TEXTS):
        return False
    text = body.split(b"\0", 1)[1]
    if chunk.name == b"zTXt":
        return _unpacked(text[1:], _LONGEST_TEXT) is not None
    return chunk.name == b"tEXt" or text[:1] == b"\0"  # packed iTXt is left out


def _unpacked(packed: bytes, most: int) -> bytes | None:
    """Return what zlib packed, None where that is damaged or longer than `most`."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, most)
    except zlib.error:
        return None
    return text if unpacking.eof else None


def _profile(colour: dict[bytes, bytes], *, grey: bool) -> bytes | None:
    named = colour.get(b"cICP", b"")
    # RGB in the full range of values; pictures have no other.
    if len(named) == 4 and named[2:] == b"\0\x01" and (profile := from_code_points(named[0], named[1], grey=grey)):
        return profile
    embedded = colour.get(b"iCCP", b"").split(b"\0", 1)[-1]
    if embedded and (profile := _unpacked(embedded[1:], _LONGEST_PROFILE)):
        return profile
    if b"sRGB" in colour:
        return None
    gamma, points = colour.get(b"gAMA", b""), colour.get(b"cHRM", b"")
    return from_gamma(
        int.from_bytes(gamma) / 100_000 if len(gamma) == 4 else None,
        tuple(value / 100_000 for value in struct.unpack(">8I", points)) if len(points) == 32 else None,
        grey=grey,
    )


def _joined(chunks: list[_Chunk]) -> bytes:
    pixels = [chunk for chunk in chunks if chunk.name == b"IDAT"]
    if all(chunk.intact for chunk in chunks) and chunks[-1:] and chunks[-1].name == b"IEND":
        if not all(chunk.is_right for chunk in pixels):
            _check(b"".join(chunk.body for chunk in pixels))
    elif pixels and (stream := _completed(chunks[0].body, b"".join(chunk.body for chunk in pixels))) is not None:
        before = [chunk.whole for chunk in chunks if chunk.name not in (b"IDAT", b"IEND") and chunk.intact]
        return b"".join([_SIGNATURE, *before, _encoded(b"IDAT", stream), _encoded(b"IEND", b"")])
    return _SIGNATURE + b"".join(chunk.whole for chunk in chunks)


def _check(stream: bytes) -> None:
    """Raise zlib.error where packed pixels are not what their own checksum says, which Pillow does not look at."""
    unpacking, left = zlib.decompressobj(), _MOST_UNPACKED
    while left > 0 and not unpacking.eof:
        piece = unpacking.decompress(stream, _PIECE)
        if not piece and not unpacking.eof:
            raise zlib.error("the pixels have no end")
        stream = unpacking.unconsumed_tail
        left -= len(piece)


def _encoded(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _completed(header: memoryview, stream: bytes) -> bytes | None:
    """Return the packed pixels of a cut file with their end; None for a size that is refused later.

    Raises zlib.error where pixels are missing.
    """
    left = _unpacked_size(header)
    if not 0 < left <= _MOST_UNPACKED:
        return None
    bare = stream.rstrip(b"\0")
    if len(stream) - len(bare) > _PADDING:
        stream = bare
    unpacking, packing = zlib.decompressobj(), zlib.compressobj(1)
    packed = []
    while left:
        piece = unpacking.decompress(stream, min(_PIECE, left))
        if not piece:
            raise zlib.error("pixels are missing")
        stream = unpacking.unconsumed_tail
        packed.append(packing.compress(piece))
        left -= len(piece)
    return b"".join([*packed, packing.flush()])


def _unpacked_size(header: memoryview) -> int:
    """Return how many bytes the rows of a PNG with this IHDR have, each with its filter's byte; 0 for none that exists."""
    if len(header) != 13:
        return 0
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * _CHANNELS.get(colour_type, 0)
    sizes = [(width, height)]
    if interlaced:
        sizes = [
            (-(-(width - left) // right), -(-(height - top) // down))
            for left, top, right, down in _PASSES
            if width > left and height > top
        ]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes) if bits else 0
