"""Names of files in the characters that were meant, wherever there is no doubt about them.

The format of zips (PKWARE's APPNOTE, appendix D) knows names in UTF-8, which a flag or an extra field marks, and in code page
437. In truth many programs write UTF-8 without the flag or the code page of their country, and repack what they misread.
"""

import os
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field
#: What the names of a zip may be encoded in, apart from UTF-8.
_STANDARD = "cp437"
_CODE_PAGES = (_STANDARD, "cp850", "cp932", "cp1252")
#: What programs take UTF-8 for by mistake.
_MISTAKEN_FOR = ("cp437", "cp850", "cp1252", "latin-1", "mac_roman")
_MOST_ROUNDS = 2  # a name may have been misread and packed again more than once


def names_in_zip(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the name of each entry, with "/" between its parts."""
    marked = [_marked_unicode(info) for info in infos]
    raw = [_bytes(info) if name is None else b"" for info, name in zip(infos, marked, strict=True)]
    page = _code_page([one for one in raw if not is_utf8(one)])
    names = (_decoded(one, page) if name is None else name for one, name in zip(raw, marked, strict=True))
    return [_finished(name).split("\0")[0].replace("\\", "/") for name in names]


def name_on_disk(name: str) -> str:
    """Return the name of a file in a folder; what is not in the file system's encoding was unpacked from such a zip."""
    raw = os.fsencode(name)
    return _finished(name if is_utf8(raw) else _decoded(raw, _code_page([raw])))


def _marked_unicode(info: zipfile.ZipInfo) -> str | None:
    """Return the name that is marked as Unicode; None where none is."""
    if info.flag_bits & UTF8_FLAG:
        return info.orig_filename
    for kind, _size, data in extra_fields(info.extra):
        # The checksum tells whether another program has renamed the entry since.
        if kind == _UNICODE_PATH and data[:1] == b"\x01" and data[1:5] == struct.pack("<L", zlib.crc32(_bytes(info))):
            try:
                return data[5:].decode()
            except UnicodeDecodeError:
                return None
    return None


class ExtraField(NamedTuple):
    """One of the fields that follow an entry's name."""

    kind: int
    size: int  # as it is told
    data: bytes  # fewer where the entry ends before


def extra_fields(extra: bytes) -> Iterator[ExtraField]:
    """Yield the extra fields of an entry."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        yield ExtraField(kind, size, extra[4 : 4 + size])
        extra = extra[4 + size :]


def _bytes(info: zipfile.ZipInfo) -> bytes:
    """Return a name's own bytes, which `zipfile` has read as code page 437."""
    return info.orig_filename.encode(_STANDARD)


def is_utf8(raw: bytes) -> bool:
    """Return whether these bytes are text in UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(raw: bytes, page: str | None) -> str:
    if is_utf8(raw):
        return raw.decode()
    return raw.decode(page or _code_page([raw]) or _STANDARD, "replace")


def _code_page(names: Sequence[bytes]) -> str | None:
    """Return the encoding in which all names read like something people write; None where none or several do.

    One program wrote all of them, so they are looked at together. Where the standard's own code page will do, it is taken.
    """
    readings: dict[str, tuple[str, ...]] = {}
    for page in _CODE_PAGES:
        try:
            texts = tuple(name.decode(page) for name in names)
        except UnicodeDecodeError:
            continue
        if all(_is_written(text) for text in texts):
            readings[page] = texts
    if _STANDARD in readings:
        return _STANDARD
    return next(iter(readings)) if len(set(readings.values())) == 1 else None


def _finished(name: str) -> str:
    """Return a name without its double encoding, composed as most systems write it: a Mac keeps letters and accents apart."""
    for _round in range(_MOST_ROUNDS):
        name = unicodedata.normalize("NFC", name)
        if _is_written(name) or (meant := _undoubled(name)) is None:
            break
        name = meant
    return unicodedata.normalize("NFC", name)


def _undoubled(name: str) -> str | None:
    """Return the text whose UTF-8 was read in another encoding ("L├⌐vrier" for "Lévrier"); None where that is not so."""
    for page in _MISTAKEN_FOR:
        try:
            meant = name.encode(page).decode()
        except UnicodeError:
            continue
        if not any(unicodedata.category(one) in ("Cc", "Cn", "Co") for one in meant):
            return meant
    return None


def _is_written(text: str) -> bool:
    """Return whether a text is of characters that people write together: Latin letters, or kana and kanji."""
    return all(_is_letter(one) for one in text) and not any(_clash(*pair) for pair in pairwise(text))


def _is_letter(character: str) -> bool:
    code = ord(character)
    if code < 0x80:
        return character.isprintable()
    latin = 0xC0 <= code <= 0x24F and character not in "×÷"
    japanese = 0x3000 <= code <= 0x30FF or 0x4E00 <= code <= 0x9FFF or 0xFF01 <= code <= 0xFF5E
    return latin or japanese


def _clash(first: str, second: str) -> bool:
    """Return whether two letters side by side show a wrong reading: "LÚvrier", or a kanji inside of a Latin word."""
    if first.isascii() and second.isascii():
        return False
    if first.islower() and second.isupper():
        return True
    wide = ord(first) >= 0x3000, ord(second) >= 0x3000
    narrow = second if wide[0] else first
    return wide[0] != wide[1] and narrow.isalpha()
