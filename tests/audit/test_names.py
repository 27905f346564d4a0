"""Names of files as programs of several systems write them into zips and onto disks."""

import os
import struct
import unicodedata
import zipfile
import zlib

import pytest

from xai_core.audit.names import name_on_disk, names_in_zip


def entry(raw: bytes, flag: bool = False, extra: bytes = b"") -> zipfile.ZipInfo:
    """Return an entry with this name, as `zipfile` reads it."""
    info = zipfile.ZipInfo(raw.decode("utf-8" if flag else "cp437"))
    info.flag_bits = 0x800 if flag else 0
    info.extra = extra
    return info


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    data = b"\x01" + struct.pack("<L", zlib.crc32(raw) if crc is None else crc) + name.encode()
    return b"UT\x05\x00\x03aaaa" + struct.pack("<HH", 0x7075, len(data)) + data


FRENCH = "Lévrier afghan/Été à la plage.jpg"
JAPANESE = "ビーグル/柴犬 ソファ表.jpg"  # with bytes that look like a backslash


@pytest.mark.parametrize("text", [FRENCH, JAPANESE, "Bjørn/Älg ÅÖ.jpg", "é😀.jpg", "Собака/пёс.jpg", "plain.jpg"])
def test_utf_8_is_read_with_and_without_the_flag(text: str) -> None:
    """Catches the names of Macs and containers, which do not set the flag, and accents that stand apart."""
    for form in ("NFC", "NFD"):
        raw = unicodedata.normalize(form, text).encode()
        assert names_in_zip([entry(raw), entry(raw, flag=True)]) == [text, text]


@pytest.mark.parametrize("text", [FRENCH, JAPANESE, "Größe/Español ñ.jpg", "é😀.jpg"])
@pytest.mark.parametrize("mistaken_for", ["cp437", "latin-1", "mac_roman"])
@pytest.mark.parametrize("flag", [False, True])
def test_names_that_were_misread_and_packed_again_are_mended(text: str, mistaken_for: str, flag: bool) -> None:
    """Catches "L├⌐vrier", which an older packer made of UTF-8."""
    doubled = text.encode().decode(mistaken_for)
    assert names_in_zip([entry(doubled.encode(), flag)]) == [text]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("cp437", ["Lévrier afghan/à côté.jpg", "Größe/Ärger.jpg", "niño.jpg"]),
        ("cp850", ["Lévrier afghan/São.jpg", "Bjørn/À côté.jpg"]),
        ("cp850", ["Bjørn.jpg"]),
        ("cp1252", ["Lévrier afghan/côté.jpg"]),
        ("cp932", [JAPANESE]),
        ("cp932", ["ビーグル/1.jpg", "写真/IMG_2.jpg", "犬/3.jpg"]),
        ("cp932", ["ボクサー.jpg"]),
    ],
)
def test_code_pages_are_told_apart_by_all_names_together(page: str, texts: list[str]) -> None:
    """Catches a code page that is guessed for each name by itself, and a separator found inside of a letter."""
    assert names_in_zip([entry(text.encode(page)) for text in texts]) == texts


def test_names_in_doubt_are_read_as_the_format_says() -> None:
    """Catches a guess: these bytes are "É" in one code page and something else in others."""
    assert names_in_zip([entry(b"\xb0\xb1\xb2.jpg")]) == ["░▒▓.jpg"]


def test_the_extra_field_with_the_unicode_name_counts_while_its_checksum_fits() -> None:
    """Catches Info-ZIP's field that is ignored, one left over from before a renaming, and a truncated one."""
    raw = b"L?vrier.jpg"
    fits, left_over = unicode_path(raw, "Lévrier.jpg"), unicode_path(raw, "Lévrier.jpg", crc=1)
    assert names_in_zip([entry(raw, extra=fits), entry(raw, extra=left_over)]) == ["Lévrier.jpg", "L?vrier.jpg"]
    assert names_in_zip([entry(raw, extra=fits[:15]), entry(raw, extra=b"\x75")]) == ["L?vrier.jpg"] * 2


def test_backslashes_separate_folders() -> None:
    """Catches a zip of a Windows program whose folders count as files."""
    assert names_in_zip([entry(b"Beagle\\"), entry(b"Beagle\\1.jpg")]) == ["Beagle/", "Beagle/1.jpg"]


@pytest.mark.parametrize("raw", ["Lévrier".encode("cp850"), "Lévrier".encode(), "Le\u0301vrier".encode()])
def test_names_on_disk_are_read_alike(raw: bytes) -> None:
    """Catches a folder that was unpacked from such a zip, or copied from a Mac."""
    assert name_on_disk(os.fsdecode(raw)) == "Lévrier"
