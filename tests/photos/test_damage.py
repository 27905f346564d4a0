"""Damaged photos: what lies beside the pixels costs nothing, what belongs to them costs the photo."""

import random
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.photos.making import PNG_SIGNATURE, difference, encoded, png_chunk, small_photo, with_chunks
from xai_core.errors import ImageError
from xai_core.photos.decoding import load_photo
from xai_core.photos.png import essentials

# pytest shows every warning; `test_decoders_write_nothing` looks at what is shown outside of it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

PHOTO = small_photo()
TEXT = b"Comment\0" + bytes(range(1, 256)) * 8000


def read(data: bytes) -> np.ndarray | None:
    """Return a photo's pixels, None where it is refused as damaged."""
    try:
        return load_photo(data).pixels
    except ImageError as error:
        assert "damaged or incomplete" in str(error)
        return None


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"tEXt", TEXT),
        png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(TEXT)),
        png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(TEXT)),
        png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(TEXT)),
        png_chunk(b"zTXt", b"Raw profile type exif\0\0no zlib"),
        png_chunk(b"iCCP", b"long\0\0" + zlib.compress(bytes(6_000_000))),
        png_chunk(b"iCCP", b"broken\0\0no zlib"),
        png_chunk(b"iCCP", b""),
        png_chunk(b"cHRM", bytes(32)) + png_chunk(b"gAMA", bytes(4)),
        png_chunk(b"gAMA", b"\0"),
        png_chunk(b"cICP", b"\x63\x63\x00\x01"),
        png_chunk(b"tEXt", b"Comment\0short", checksum=1),
        png_chunk(b"pHYs", bytes(9), checksum=2),
        png_chunk(b"pHYs", b""),
        png_chunk(b"eXIf", b"MM\0*\0\0\xff\xff"),
        png_chunk(b"eXIf", b""),
        png_chunk(b"acTL", b""),
        png_chunk(b"acTL", struct.pack(">II", 3, 0)),
        png_chunk(b"tRNS", bytes(6), checksum=3),
        png_chunk(b"abCd", bytes(100_000)),
    ],
    ids=lambda chunk: f"{chunk[4:8].decode()}-{len(chunk)}",
)
def test_nothing_beside_the_pixels_of_a_png_costs_the_photo(chunk: bytes) -> None:
    """Catches the limits of Pillow for texts and profiles, and checksums that concern no pixel."""
    pixels = read(with_chunks(encoded(PHOTO), chunk))
    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(PHOTO))


def test_a_wrong_checksum_of_the_header_is_damage() -> None:
    """Catches a size read from damaged bytes."""
    data = bytearray(encoded(PHOTO))
    data[len(PNG_SIGNATURE) + 11] ^= 1
    assert read(bytes(data)) is None


def test_a_wrong_checksum_of_pixels_is_looked_into() -> None:
    """Catches noise for lost pixels, which the decoder does not see, and a refusal where only the checksum is wrong."""
    data = encoded(PHOTO)
    end = data.rindex(b"IEND") - 8
    pixels = read(data[:end] + b"\1\2\3\4" + data[end + 4 :])
    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(PHOTO))
    for kept in range(100, end - 100, 97):
        assert read(data[:kept] + bytes(end - kept) + data[end:]) is None
        assert read(data[:kept] + bytes(300)) is None


def test_many_packed_texts_unpack_to_little() -> None:
    """Catches memory that grows with what texts unpack to: nothing of these reaches the decoder."""
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(10_000_000)))
    data = with_chunks(encoded(PHOTO), *[bomb] * 200)
    assert len(essentials(data)[0]) <= len(encoded(PHOTO))
    assert read(data) is not None


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "LA", "I;16"])
def test_a_png_cut_anywhere_is_whole_or_refused(mode: str) -> None:
    """Catches rows that are missing and shown black, and a photo that is refused though only its end is lost."""
    picture = (
        Image.fromarray(np.arange(96 * 72, dtype=np.uint16).reshape(72, 96)) if mode == "I;16" else PHOTO.convert(mode)
    )
    data = encoded(picture)
    expected = load_photo(data).pixels
    last_pixel = data.rindex(b"IEND") - 4 - 4 - 4  # before the length, the checksum of IDAT and the one of zlib
    for length in [*range(60, last_pixel - 12, 1 + len(data) // 60), *range(last_pixel - 12, len(data))]:
        pixels = read(data[:length])
        if length >= last_pixel:
            assert pixels is not None
        if length < last_pixel - 12:
            assert pixels is None
        if pixels is not None:
            np.testing.assert_array_equal(pixels, expected)


def test_an_interlaced_png_cut_anywhere_is_whole_or_refused() -> None:
    """Catches a wrong count of the bytes that seven passes have."""
    width, height = 21, 18
    pixels = np.asarray(PHOTO.resize((width, height)))
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(
        b"\0" + row.tobytes() for left, top, right, down in passes for row in pixels[top::down, left::right]
    )
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1))
    data = PNG_SIGNATURE + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    for length in range(60, len(data) + 1):
        read_pixels = read(data[:length])
        if length >= len(data) - 20:
            assert read_pixels is not None
        if read_pixels is not None:
            np.testing.assert_array_equal(read_pixels, pixels)


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {}),
        ("RGB", {"progressive": True}),
        ("RGB", {"restart_marker_blocks": 4}),
        ("RGB", {"restart_marker_rows": 1, "progressive": True}),
        ("RGB", {"subsampling": 2, "quality": 60}),
        ("L", {}),
        ("CMYK", {}),
    ],
)
@pytest.mark.parametrize("padding", [b"", bytes(700), b"\xff" * 700])
def test_a_jpeg_cut_anywhere_is_whole_or_refused(mode: str, options: dict[str, object], padding: bytes) -> None:
    """Catches a photo that is half grey, and one refused for its two last bytes, which show nothing."""
    data = encoded(PHOTO.convert(mode), "JPEG", **options)
    expected = load_photo(data).pixels
    for cut in [0, 1, 2, *range(3, 20), *range(20, len(data) - 20, len(data) // 25)]:
        pixels = read(data[: len(data) - cut] + padding)
        assert (pixels is not None) == (cut <= 2) or (3 <= cut <= 4), cut
        if pixels is not None:
            np.testing.assert_array_equal(pixels, expected)


def test_a_large_jpeg_without_its_end_is_whole() -> None:
    """Catches a check that fails where the decoder reduces the picture."""
    data = encoded(small_photo(2400, 1800), "JPEG")
    expected = load_photo(data).pixels
    pixels = read(data[:-2])
    assert pixels is not None
    np.testing.assert_array_equal(pixels, expected)
    assert read(data[:-2000]) is None


@pytest.mark.parametrize("kept", [0, 1, 10, 500])
def test_a_phones_jpeg_cut_in_its_trailer_is_whole(kept: int) -> None:
    """Catches a refusal for a second picture (depth, video, gain map) behind the end of the first."""
    data = encoded(PHOTO, "MPO", save_all=True, append_images=[PHOTO.rotate(180)])
    end = data.index(b"\xff\xd9") + 2
    pixels = read(data[: end + kept])
    assert pixels is not None
    np.testing.assert_array_equal(pixels, load_photo(data).pixels)


def test_a_jpeg_with_another_files_bytes_for_its_lower_half_is_refused() -> None:
    """Catches noise shown as a part of the photo, where a disk's recovery joined two files."""
    data = encoded(PHOTO, "JPEG")
    other = random.Random(1).randbytes(5000).replace(b"\xff", b"\xfe")
    assert read(data[: len(data) * 2 // 3] + other) is None


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_cut_anywhere_is_whole_or_refused(lossless: bool) -> None:
    """Catches a refusal for metadata, which WebP keeps behind the picture, and a photo with missing rows."""
    exif = Image.Exif()
    exif[0x010E] = "a dog" * 50
    data = encoded(PHOTO, "WEBP", lossless=lossless, exif=exif, xmp=b"<x/>" * 50)
    expected, picture_end = load_photo(data).pixels, data.index(b"EXIF", 40)
    for length in [*range(60, picture_end - 8, len(data) // 40), *range(picture_end, len(data))]:
        pixels = read(data[:length])
        assert (pixels is not None) == (length >= picture_end), length
        if pixels is not None:
            np.testing.assert_array_equal(pixels, expected)


def test_of_a_cut_animation_the_first_frame_is_whole() -> None:
    """Catches a refusal for frames that nobody sees."""
    frames = [PHOTO.rotate(turn) for turn in (90, 180)]
    data = encoded(PHOTO, "WEBP", save_all=True, append_images=frames, lossless=True)
    pixels = read(data[:-50])
    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(PHOTO))


def test_decoders_write_nothing() -> None:
    """Catches warnings of Pillow and messages of the libraries below it, which would fill a server's log."""
    code = """
import io, random, sys
from PIL import Image
from tests.photos.making import encoded, small_photo
from xai_core.errors import ImageError
from xai_core.photos.decoding import load_photo
generator = random.Random(0)
photo = small_photo()
exif = Image.Exif()
exif[0x0112], exif[0x010E], exif[0x8769] = 6, "a dog" * 40, {0xA001: 2}
kinds = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "BMP")
for data in [encoded(photo, kind, exif=exif.tobytes()) for kind in kinds]:
    for turn in range(40):
        changed = bytearray(data)
        for _ in range(turn % 5 + 1):
            changed[generator.randrange(12, 300 if turn % 2 else len(data))] = generator.randrange(256)
        try:
            load_photo(bytes(changed[: len(data) - turn * 20 * (turn % 3)]))
        except ImageError:
            pass
    exif = b"Exif\\0\\0MM\\0*\\0\\0\\0\\x08\\0\\x02\\x01\\x0e\\0\\x02\\0\\0\\xff\\xff\\0\\0\\xff\\xff\\x01\\x12"
    load_photo(encoded(photo, "JPEG", exif=exif))
"""
    run = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=100)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_exif_block_is_read_as_far_as_it_goes(kind: str) -> None:
    """Catches a photo that lies on its side because of an entry behind the one that says how it was held."""
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack(">HHII", 0x010F, 2, 60_000, 60_000) + b"\xff" * 5
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 9) + entries
    photo = load_photo(encoded(PHOTO.transpose(Image.Transpose.ROTATE_90), kind, exif=exif, lossless=True))
    assert photo.pixels.shape == (72, 96, 3) and difference(photo.pixels, PHOTO) < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_exif_that_is_none_costs_nothing(kind: str) -> None:
    """Catches a refusal, as libavif's, for metadata that cannot be read at all."""
    exif = Image.Exif()
    exif[0x010E] = "a dog" * 30
    data = bytearray(encoded(PHOTO, kind, exif=exif.tobytes(), lossless=True))
    start = data.index(exif.tobytes()[6:14])
    data[start : start + 4] = b"none"
    assert difference(load_photo(bytes(data)).pixels, PHOTO) < 4


def test_damaged_photos_never_raise_anything_but_an_image_error() -> None:
    """Catches an exception of one of the added decoders that would reach the user as a traceback."""
    generator = random.Random(2)
    sources = [encoded(PHOTO, kind) for kind in ("HEIF", "AVIF", "GIF", "BMP")]
    for turn in range(200):
        data = bytearray(sources[turn % len(sources)])
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(generator.choice((60, 400, len(data))))] = generator.randrange(256)
        try:
            load_photo(bytes(data))
        except ImageError as error:
            assert str(error).endswith(".")
