"""Kinds of files, told apart by their first bytes: which of them SeeSpot reads, and what to do about the others."""

from dataclasses import dataclass
from pathlib import PurePath

from xai_core.i18n.catalogues import N_

#: How many of a file's first bytes tell its kind.
FIRST_BYTES = 1024

_SAVE = N_("please save it as a JPEG")
_EXPORT = N_("please export a JPEG with the camera's program or a photo editor")
_STILL = N_("please take a screenshot of it, or choose a photo")
_WEB_PAGE = N_("please save the picture itself: right-click on it in the browser")
_UNPACK = N_("please unpack it and choose a photo in it")
_OTHER = N_("please choose a photo")


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, and either the format of Pillow that reads it or what to do instead."""

    title: str  # inside a sentence: “...” is <title>
    reader: str = ""  # name of Pillow's format; empty where SeeSpot does not read this kind
    advice: str = ""  # of those that are not read


JPEG, PNG, WEBP = Kind("JPEG", "JPEG"), Kind("PNG", "PNG"), Kind("WebP", "WEBP")
HEIC, AVIF = Kind("HEIC", "HEIF"), Kind("AVIF", "AVIF")
GIF, BMP = Kind("GIF", "GIF"), Kind("BMP", "BMP")

_JPEG_XL = Kind(N_("a JPEG XL picture"), advice=_SAVE)
_JPEG_2000 = Kind(N_("a JPEG 2000 picture"), advice=_SAVE)
_TIFF = Kind(N_("a TIFF picture"), advice=_SAVE)
_RAW = Kind(N_("a camera's raw picture"), advice=_EXPORT)
_HEIC_SEQUENCE = Kind(N_("a HEIC sequence"), advice=_SAVE)
_VIDEO = Kind(N_("a video"), advice=_STILL)
_SVG = Kind(N_("an SVG drawing"), advice=_SAVE)
_WEB = Kind(N_("a web page"), advice=_WEB_PAGE)

#: (offset, bytes, kind); the first that fits holds.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (8, b"WEBP", WEBP),
    (0, b"GIF8", GIF),
    (0, b"\xff\x0a", _JPEG_XL),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", _JPEG_XL),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", _JPEG_2000),
    (0, b"\xff\x4f\xff\x51", _JPEG_2000),
    (0, b"8BPS", Kind(N_("a Photoshop file"), advice=_SAVE)),
    (0, b"\x00\x00\x01\x00", Kind(N_("an icon"), advice=_SAVE)),
    (0, b"gimp xcf", Kind(N_("a GIMP file"), advice=_SAVE)),
    (0, b"FUJIFILMCCD-RAW", _RAW),
    (0, b"IIRO", _RAW),
    (0, b"IIRS", _RAW),
    (0, b"MMOR", _RAW),
    (0, b"IIU\x00", _RAW),
    (0, b"\x00MRM", _RAW),
    (0, b"FOVb", _RAW),
    (0, b"II\xbc", Kind(N_("a JPEG XR picture"), advice=_SAVE)),
    (0, b"%PDF", Kind(N_("a PDF document"), advice=_STILL)),
    (0, b"\x1aE\xdf\xa3", _VIDEO),
    (8, b"AVI ", _VIDEO),
    (0, b"\x00\x00\x01\xba", _VIDEO),
    (4, b"moov", _VIDEO),
    (4, b"mdat", _VIDEO),
    (0, b"PK\x03\x04", Kind(N_("a zip"), advice=_UNPACK)),
    (0, b"Rar!\x1a\x07", Kind(N_("a RAR archive"), advice=_UNPACK)),
    (0, b"7z\xbc\xaf\x27\x1c", Kind(N_("a 7z archive"), advice=_UNPACK)),
    (0, b"\x1f\x8b\x08", Kind(N_("a packed file"), advice=_UNPACK)),
    (0, b"\xd0\xcf\x11\xe0", Kind(N_("an Office document"), advice=_OTHER)),
)

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis"}
_HEIC_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs"}
#: Only the makers' names in the first kilobyte tell these from other TIFF files, as reading tags far behind would cost more
#: than it tells.
_RAW_MAKERS = (b"NIKON", b"SONY", b"PENTAX", b"SAMSUNG", b"Hasselblad", b"Canon", b"OLYMPUS", b"Leica", b"Phase One")
_DNG_VERSION = (b"\x12\xc6\x01\x00\x04\x00\x00\x00", b"\xc6\x12\x00\x01\x00\x00\x00\x04")

#: File names' endings of pictures, read or not: a picture of another kind deserves its sentence.
_PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".jif", ".mpo", ".png", ".apng", ".webp"),
    *(".heic", ".heif", ".hif", ".heics", ".heifs", ".avif", ".avifs", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".jxl", ".jp2", ".j2k", ".jpx", ".jpf", ".jxr", ".psd", ".xcf", ".svg", ".ico"),
    *(".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".dng", ".raf", ".orf", ".rw2", ".pef", ".raw"),
    *(".srw", ".3fr", ".x3f"),
)


def picture_kind(first_bytes: bytes) -> Kind | None:
    """Return the kind of a file by its first bytes (`FIRST_BYTES` of them are enough), None where it is unknown."""
    for start, signature, kind in _SIGNATURES:
        if first_bytes.startswith(signature, start):
            return kind
    if first_bytes[4:8] == b"ftyp":
        return _media_kind(first_bytes)
    if first_bytes.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return _tiff_kind(first_bytes)
    if _is_bmp(first_bytes):
        return BMP
    return _text_kind(first_bytes)


def is_read(first_bytes: bytes) -> bool:
    """Return whether a file with these first bytes is of a kind that `load_photo` reads."""
    kind = picture_kind(first_bytes)
    return kind is not None and bool(kind.reader)


def is_picture_name(name: str) -> bool:
    """Return whether a file's name is that of a picture, of a kind that is read or not."""
    return PurePath(name).suffix.lower() in _PICTURE_SUFFIXES


def has_no_suffix(name: str) -> bool:
    """Return whether a file's name tells nothing of its kind, so that its first bytes have to; see `is_read`."""
    return not PurePath(name).suffix


def _media_kind(first_bytes: bytes) -> Kind:
    """Return the kind of a file made of ISO base media boxes, by its brands (ISO/IEC 14496-12)."""
    length = min(int.from_bytes(first_bytes[:4]), FIRST_BYTES)
    major = first_bytes[8:12]
    brands = {first_bytes[at : at + 4] for at in range(16, length, 4)}
    if major == b"crx ":
        return _RAW
    if major in _HEIC_SEQUENCE_BRANDS:
        return _HEIC_SEQUENCE
    if major in _HEIC_BRANDS:
        return HEIC
    if major in (b"avif", b"avis"):
        return AVIF
    if major in (b"mif1", b"mif2", b"msf1", b"miaf"):
        if brands & {b"avif", b"avis"}:
            return AVIF
        return HEIC if brands & _HEIC_BRANDS or not brands & _HEIC_SEQUENCE_BRANDS else _HEIC_SEQUENCE
    return _VIDEO


def _tiff_kind(first_bytes: bytes) -> Kind:
    is_raw = (
        first_bytes[8:10] == b"CR"  # Canon's CR2
        or any(version in first_bytes for version in _DNG_VERSION)
        or any(maker in first_bytes for maker in _RAW_MAKERS)
    )
    return _RAW if is_raw else _TIFF


def _is_bmp(first_bytes: bytes) -> bool:
    """Return whether this is a BMP: its two letters alone begin many a text, so the size of its second header counts too."""
    return first_bytes.startswith(b"BM") and first_bytes[14:18] in {
        size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)
    }


def _text_kind(first_bytes: bytes) -> Kind | None:
    """Return the kind of what browsers and drawing programs save as text."""
    text = first_bytes.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text and text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")):
        return _SVG
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in text:
        return _WEB
    return None
