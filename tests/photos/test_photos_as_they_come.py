"""Photos in all mixtures of kind, colour space, damage and name: right pixels, or the right sentence, never anything else."""

import random
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from tests.photos import colours
from tests.photos.making import LOSSES, difference, encoded, png_chunk, small_photo, with_chunks
from xai_core.errors import ImageError
from xai_core.photos.decoding import load_photo

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

PHOTO = small_photo()
KINDS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "BMP")
SPACES = (None, "sRGB", "Adobe RGB", "Display P3", "ProPhoto", "BT.2020")
NAMES = (
    "rex.jpg",
    "rex.jfif",
    "rex.pjpeg",
    "rex.jpe",
    "rex",
    "rex.png",
    "REX.HEIC",
    "rex.txt",
    "Élan 犬.webp",
    "../rex.avif",
    "",
)
WITH_PROFILES = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
VARIANTS = 240


@dataclass(frozen=True)
class Damage:
    """What is done to a file, to which kinds, and the words of the refusal; None where the photo is used all the same."""

    change: Callable[[bytes, random.Random], bytes]
    kinds: tuple[str, ...]
    refusal: str | None


def unchanged(data: bytes, generator: random.Random) -> bytes:
    return data


def long_text(data: bytes, generator: random.Random) -> bytes:
    return with_chunks(data, png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(generator.randbytes(1000) * 3000)))


def wrong_checksum(data: bytes, generator: random.Random) -> bytes:
    return with_chunks(data, png_chunk(generator.choice((b"tEXt", b"tIME", b"bKGD")), b"a\0bcdef", checksum=1))


def lost_end(data: bytes, generator: random.Random) -> bytes:
    return data[: -generator.randint(1, 2)]


def lost_half(data: bytes, generator: random.Random) -> bytes:
    return data[: len(data) * generator.randint(30, 70) // 100]


def zeroed_half(data: bytes, generator: random.Random) -> bytes:
    kept = len(data) * generator.randint(30, 70) // 100
    return data[:kept] + bytes(len(data) - kept)


def broken_exif(data: bytes, generator: random.Random) -> bytes:
    entries = struct.pack(">HHII", 0x010F, 2, 60_000, generator.randrange(60_000)) + generator.randbytes(3)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", generator.randint(2, 900)) + entries
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif + data[2:]
    return with_chunks(data, png_chunk(b"eXIf", exif[6:]))


def trailing_bytes(data: bytes, generator: random.Random) -> bytes:
    return data + generator.randbytes(generator.randint(1, 500))


CUT = "damaged or incomplete"
DAMAGES = (
    Damage(unchanged, KINDS, None),
    Damage(long_text, ("PNG",), None),
    Damage(wrong_checksum, ("PNG",), None),
    Damage(lost_end, ("JPEG", "PNG"), None),
    Damage(broken_exif, ("JPEG", "PNG"), None),
    Damage(trailing_bytes, ("JPEG", "PNG", "WEBP", "BMP"), None),
    Damage(lost_half, KINDS, CUT),
    Damage(zeroed_half, ("JPEG", "PNG"), CUT),
)

#: First bytes of files that are not read, and the words of their sentence.
OTHERS = (
    (b"", "is an empty file"),
    (b"\xff\x0a" + bytes(50), "is a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(50), "is a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(50), "is a JPEG 2000 picture"),
    (b"8BPS\x00\x01" + bytes(50), "is a Photoshop file"),
    (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(50), "is a camera's raw picture"),
    (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom", "is a camera's raw picture"),
    (b"MM\x00*" + bytes(50), "is a TIFF picture"),
    (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42", "is a video"),
    (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "is a video"),
    (b"%PDF-1.7\n" + bytes(50), "is a PDF document"),
    (b"<!DOCTYPE html><html></html>", "is a web page"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG drawing"),
    (b"PK\x03\x04" + bytes(50), "is a zip"),
    (b"Dear Rex,\nhow are you?", "does not hold a picture"),
    (bytes(5000), "does not hold a picture"),
)


def test_every_variant_gives_the_right_pixels_or_the_right_sentence() -> None:
    """Catches a mixture that no test of one fault would make, such as a profile in a file that lost its end."""
    seen: Counter[str] = Counter()
    for seed in range(VARIANTS):
        generator = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        damage = generator.choice([damage for damage in DAMAGES if kind in damage.kinds])
        space = generator.choice(SPACES) if kind in WITH_PROFILES else None
        name, size = generator.choice(NAMES), (generator.randint(60, 120), generator.randint(50, 100))
        case = f"{seed}: {kind}, {space}, {damage.change.__name__}, {name!r}, {size}"
        original = PHOTO.resize(size)
        stored = original if space is None else Image.fromarray(colours.written_in(space, np.asarray(original)))
        options = {} if space is None else {"icc_profile": colours.profile(space)}
        data = damage.change(encoded(stored, kind, **options), generator)
        seen[f"{kind} {damage.refusal}"] += 1
        if damage.refusal is None:
            pixels = load_photo(data, name).pixels
            assert pixels.shape == (size[1], size[0], 3), case
            assert difference(pixels, original) < 1 + 1.7 * LOSSES[kind], case
        else:
            _assert_refused(data, name, damage.refusal, case)
    assert min(seen.values()) >= 5, "some kinds are hardly tried"


@pytest.mark.parametrize(("data", "words"), OTHERS, ids=[words for _, words in OTHERS])
def test_other_files_are_named_whatever_they_are_called(data: bytes, words: str) -> None:
    """Catches a refusal that says neither what the file is nor what to do."""
    for name in NAMES:
        _assert_refused(data, name, words, name)


def _assert_refused(data: bytes, name: str, words: str, case: str) -> None:
    try:
        load_photo(data, name)
    except ImageError as error:
        sentence = str(error)
    else:
        pytest.fail(f"{case}: read, though {words!r}")
    assert words in sentence, f"{case}: {sentence}"
    assert re.fullmatch(r"“[^/]+” .+[;,] please [^.]+\.", sentence), f"{case}: {sentence}"
