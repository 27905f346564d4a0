"""Photo files made for tests: a small photo in many kinds, colour spaces and states of damage."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageEnhance

from xai_core.resources import SAMPLES

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Largest mean difference in levels that a kind's own loss may make at quality 95.
LOSSES = {"JPEG": 2.5, "WEBP": 4.0, "HEIF": 3.0, "AVIF": 3.0, "PNG": 0.0, "BMP": 0.0}
_CLOSE: dict[str, dict[str, object]] = {
    "JPEG": {"subsampling": 0},
    "HEIF": {"chroma": 444},
    "AVIF": {"subsampling": "4:4:4"},
}


def small_photo(width: int = 96, height: int = 72) -> Image.Image:
    """Return a sample in brighter colours than its own, so that spaces differ."""
    with Image.open(SAMPLES / "dog_and_bicycle.jpg") as image:
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    return ImageEnhance.Color(small).enhance(2.0)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture as a file; where a kind is lossy, hardly."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **{"quality": 95, **_CLOSE.get(kind, {}), **options})
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes, checksum: int | None = None) -> bytes:
    """Return a chunk of a PNG, with a wrong checksum where one is given."""
    right = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", right if checksum is None else checksum)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with these chunks behind its header."""
    header = len(PNG_SIGNATURE) + 25
    return png[:header] + b"".join(chunks) + png[header:]


def difference(pixels: np.ndarray, expected: Image.Image | np.ndarray) -> float:
    """Return by how many levels pixels differ in the mean."""
    return float(np.abs(pixels.astype(int) - np.asarray(expected, int)).mean())
