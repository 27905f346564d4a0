"""Kinds of files: told apart by their first bytes, whatever their names say."""

import io

import pytest
from PIL import Image

from xai_core.photos.kinds import has_no_suffix, is_picture_name, is_read, picture_kind


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, kind)
    return buffer.getvalue()


def boxes(major: bytes, *brands: bytes) -> bytes:
    body = major + bytes(4) + b"".join(brands)
    return (8 + len(body)).to_bytes(4) + b"ftyp" + body


def bmp_with_header(size: int) -> bytes:
    return b"BM" + bytes(12) + size.to_bytes(4, "little") + bytes(20)


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        *((encoded(kind), kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP")),
        (boxes(b"heic", b"mif1", b"heic"), "HEIF"),
        (boxes(b"heix", b"mif1"), "HEIF"),
        (boxes(b"mif1", b"heic"), "HEIF"),
        (boxes(b"mif1", b"miaf", b"avif"), "AVIF"),
        (boxes(b"avis", b"msf1"), "AVIF"),
        (boxes(b"msf1", b"avis"), "AVIF"),
        (bmp_with_header(124), "BMP"),
    ],
)
def test_kinds_that_are_read_name_the_reader(data: bytes, reader: str) -> None:
    """Catches a picture that is refused for its brand, and one handed to the decoder of another kind."""
    kind = picture_kind(data)
    assert kind is not None and kind.reader == reader and is_read(data)


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"\xff\x0a\xfa\x7f", "a JPEG XL picture"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(20), "a JPEG XL picture"),
        (encoded("JPEG2000"), "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51\x00\x2f", "a JPEG 2000 picture"),
        (b"8BPS\x00\x01", "a Photoshop file"),
        (encoded("TIFF"), "a TIFF picture"),
        (b"MM\x00*\x00\x00\x00\x08", "a TIFF picture"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "a camera's raw picture"),
        (b"II*\x00\x08\x00\x00\x00" + bytes(90) + b"\x12\xc6\x01\x00\x04\x00\x00\x00", "a camera's raw picture"),
        (b"MM\x00*\x00\x00\x00\x08" + bytes(90) + b"NIKON CORPORATION\x00", "a camera's raw picture"),
        (boxes(b"crx ", b"isom"), "a camera's raw picture"),
        (b"FUJIFILMCCD-RAW 0201", "a camera's raw picture"),
        (boxes(b"hevc", b"msf1"), "a HEIC sequence"),
        (boxes(b"msf1", b"hevc"), "a HEIC sequence"),
        (boxes(b"isom", b"mp42"), "a video"),
        (boxes(b"qt  "), "a video"),
        (b"\x1aE\xdf\xa3\x01", "a video"),
        (encoded("ICO"), "an icon"),
        (encoded("PDF"), "a PDF document"),
        (b"PK\x03\x04\x14\x00", "a zip"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "an SVG drawing"),
        (b"<svg viewBox='0 0 1 1'>", "an SVG drawing"),
        (b"\n <!DOCTYPE html><html><body><svg></svg>", "a web page"),
        (b"<!-- saved --><html>", "a web page"),
    ],
)
def test_other_kinds_have_a_name_and_advice(data: bytes, title: str) -> None:
    """Catches "does not hold a picture" about a file that people know as one, and a kind without a way out."""
    kind = picture_kind(data)
    assert kind is not None and kind.title == title
    assert not kind.reader and kind.advice and not is_read(data)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"BMW of my dog", b"Dear Rex,\nhow are you?", bytes(2000), b"RIFF\x00\x00"]
)
def test_what_is_unknown_has_no_kind(data: bytes) -> None:
    """Catches a text that is called a damaged picture because of its first letters."""
    assert picture_kind(data) is None and not is_read(data)


@pytest.mark.parametrize("name", ["a.jfif", "a.PJPEG", "a.jpe", "dogs/a.HEIC", "a.b.avif", "a.cr3", "a.jpg"])
def test_names_of_pictures(name: str) -> None:
    """Catches an ending that browsers and cameras use and a folder's reader skips."""
    assert is_picture_name(name) and not has_no_suffix(name)


@pytest.mark.parametrize("name", ["a.txt", "notes.md", "a.jpg.part", "a"])
def test_names_of_other_files(name: str) -> None:
    """Catches texts counted among the photos; a name without an ending tells nothing, so that the bytes decide."""
    assert not is_picture_name(name)
    assert has_no_suffix(name) == (name == "a")
