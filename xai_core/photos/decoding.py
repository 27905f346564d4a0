"""Photo files decoded to pixels, pixels resized to a network's input, and pixels encoded as files."""

import contextlib
import hashlib
import io
import struct
import unicodedata
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from xai_core.errors import ImageError
from xai_core.i18n.catalogues import LazyText
from xai_core.photos import png
from xai_core.photos.colour import to_srgb
from xai_core.photos.colour_spaces import adobe_rgb
from xai_core.photos.jpeg import endings
from xai_core.photos.kinds import AVIF, FIRST_BYTES, HEIC, JPEG, PNG, WEBP, Kind, picture_kind
from xai_core.photos.media_boxes import named_space, without_exif
from xai_core.photos.webp import without_cut_tail
from xai_core.types import ImageInput

MAXIMUM_BYTES = 20 * 1024**2
MAXIMUM_PIXELS = 52_000_000  # the full mode of many phones has 50 megapixels
_MEGAPIXELS = MAXIMUM_PIXELS // 1_000_000
MINIMUM_SIDE = 16
MAXIMUM_ASPECT = 20
LONGER_SIDE = 1600  # px of the decoded photo: enough for any screen, and four panels of it still draw at once
LONGEST_NAME = 80

#: Modes that hold one colour, which a profile for grey can explain.
_GREY = ("L", "LA", "1", "I", "I;16", "I;16B", "I;16L", "I;16N")

# Pillow warns of damage in metadata, which costs a photo nothing and means nothing to whoever reads the log. Filters belong to
# the whole process and cannot be changed for one thread, so this one is set once, and for Pillow's modules only.
warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")

# Without the previews that HEIC files carry, which may differ from the picture.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

# What Pillow's decoders raise for damaged files.
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, RuntimeError, struct.error, zlib.error)

# EXIF orientation -> what turns the photo upright. (ImageOps.exif_transpose also rewrites the EXIF block and fails
# where that is damaged, which is no reason to refuse a photo.)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_photo(data: bytes, name: str = "photo") -> ImageInput:
    """Return the photo in a JPEG, PNG, WebP, HEIC, AVIF, GIF or BMP file: upright by its EXIF, in sRGB, at most 1600 px long.

    Its bytes decide about its kind, not its name. Alpha is laid over white, 16-bit grey is scaled to 8 bits, of an animation
    the first frame is taken. Damage beside the pixels costs nothing where all pixels are there. The digest is that of the
    bytes; the name is cut to its last path component and used for display only. Thread-safe.

    Raises ImageError, one sentence each, for: no bytes, more than 20 MB, other kinds of file, damaged or truncated
    files, more than `MAXIMUM_PIXELS` (refused before decoding), a side under 16 px, one side over 20 times the other.
    """
    shown = shown_name(name)
    kind = _readable_kind(data, shown)
    try:
        decoded = _decode(data, kind, shown)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(
            "“{name}” is too large a picture; please use one of at most {megapixels} megapixels.",
            name=shown,
            megapixels=_MEGAPIXELS,
        ) from None
    except _DAMAGED as error:
        raise ImageError(
            "“{name}” is a damaged or incomplete {kind} file; please save or copy it again.",
            name=shown,
            kind=kind.title,
        ) from error
    return ImageInput(np.asarray(decoded), shown, hashlib.sha256(data).hexdigest())


def from_pixels(pixels: np.ndarray, name: str) -> ImageInput:
    """Return pixels u8[H,W,3], made by changing another photo, as a photo; its digest is that of the pixels."""
    digest = hashlib.sha256(str(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return ImageInput(pixels, shown_name(name), digest.hexdigest())


def squeeze(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return u8[H,W,3] as rgb f32[h,w,3] in [0, 1], resized to `size` (height, width) as in training, proportions not kept."""
    height, width = size
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32) / 255.0


def to_png(pixels: np.ndarray) -> bytes:
    """Return u8[H,W,3] (RGB) or u8[H,W,4] (RGBA) as the bytes of a PNG file, without loss."""
    buffer = io.BytesIO()
    # Level 3 takes a third of the default's time on photos and gives files a few per cent larger.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def to_screen(pixels: np.ndarray, quality: int = 95) -> bytes:
    """Return u8[H,W,3] (RGB) or u8[H,W,4] (RGBA) as the bytes of a picture to look at: a JPEG of high quality, or a PNG.

    A JPEG of the default quality takes a fifteenth of the time of a PNG and a third of its bytes; the loss is not visible.
    """
    if pixels.shape[-1] == 4:
        return to_png(pixels)
    buffer = io.BytesIO()
    # Without subsampling, so that the thin outlines of patches keep their colour.
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _readable_kind(data: bytes, shown: str) -> Kind:
    if not data:
        raise ImageError("“{name}” is an empty file; please copy it again or choose another photo.", name=shown)
    if len(data) > MAXIMUM_BYTES:
        raise ImageError(
            "“{name}” has {megabytes:.1f} MB; please use a photo of at most 20 MB.",
            name=shown,
            megabytes=len(data) / 1024**2,
        )
    kind = picture_kind(data[:FIRST_BYTES])
    if kind is None:
        raise ImageError(
            "“{name}” does not hold a picture, whatever its name says; please choose a photo, best as a JPEG.",
            name=shown,
        )
    if not kind.reader:
        raise ImageError(
            "“{name}” is {kind}, which SeeSpot does not read; {advice}.",
            name=shown,
            kind=LazyText(kind.title),
            advice=LazyText(kind.advice),
        )
    return kind


def _check_size(size: tuple[int, int], shown: str) -> None:
    shorter, longer = sorted(size)
    details = {"name": shown, "width": size[0], "height": size[1]}
    if shorter < MINIMUM_SIDE:
        raise ImageError(
            "“{name}” measures {width} x {height} pixels, too few to see anything; "
            "please use a photo of at least 16 pixels on each side.",
            **details,
        )
    if longer > MAXIMUM_ASPECT * shorter:
        raise ImageError(
            "“{name}” measures {width} x {height} pixels, too narrow a strip; "
            "please crop it so that no side is 20 times as long as the other.",
            **details,
        )
    if size[0] * size[1] > MAXIMUM_PIXELS:
        raise ImageError(
            "“{name}” measures {width} x {height} pixels; please use a photo of at most {megapixels} megapixels.",
            megapixels=_MEGAPIXELS,
            **details,
        )


def _decode(data: bytes, kind: Kind, shown: str) -> Image.Image:
    if kind is PNG:
        return _upright(*png.essentials(data), kind, shown)
    if kind is JPEG:
        return _decode_jpeg(data, shown)
    if kind is AVIF:
        return _decode_avif(data, shown)
    if kind is HEIC:
        return _upright(data, named_space(data), HEIC, shown)
    return _upright(without_cut_tail(data) if kind is WEBP else data, None, kind, shown)


def _decode_jpeg(data: bytes, shown: str) -> Image.Image:
    if (ways := endings(data)) is None:
        return _upright(data, None, JPEG, shown)
    ended, shorter = ways
    picture = _upright(ended[0], None, JPEG, shown)
    # Their pixels alone: a converted picture carries the second in which its profile was made.
    pixels = picture.tobytes()
    if any(_upright(way, None, JPEG, shown).tobytes() != pixels for way in ended[1:]):
        raise ValueError("pixels are missing")
    if _upright(shorter, None, JPEG, shown).tobytes() == pixels:
        raise ValueError("something else follows the pixels")
    return picture


def _decode_avif(data: bytes, shown: str) -> Image.Image:
    profile = named_space(data)
    try:
        return _upright(data, profile, AVIF, shown)
    except _DAMAGED:
        # libavif refuses a file whose EXIF is none, though all pixels are there.
        if (bare := without_exif(data)) == data:
            raise
        return _upright(bare, profile, AVIF, shown)


def _upright(data: bytes, profile: bytes | None, kind: Kind, shown: str) -> Image.Image:
    """Return the picture, upright, reduced and in sRGB; `profile` counts where Pillow finds no embedded one."""
    with Image.open(io.BytesIO(data), formats=(kind.reader,)) as image:
        _check_size(image.size, shown)
        width, height = image.size
        factor = LONGER_SIDE / max(width, height)
        reduced = (max(1, round(width * factor)), max(1, round(height * factor)))
        if factor < 1:
            # Lets a JPEG be decoded at a half, a quarter or an eighth, never below `reduced`; other kinds ignore it.
            image.draft(None, reduced)
        image.load()
        _check_size(image.size, shown)  # what a header says may be less than what is decoded
        plain = _plain(image)
        if factor < 1:
            # As sharp as needed, in half the time of Lanczos' filter: a large photo costs little more than its decoding.
            plain = plain.resize(reduced, Image.Resampling.HAMMING, reducing_gap=1.2)
        flags = _exif(image)
        profile = image.info.get("icc_profile") or profile or (adobe_rgb() if flags.is_adobe_rgb else None)
        rgb = to_srgb(_over_white(plain, grey=image.mode in _GREY), profile)
        return rgb.transpose(_UPRIGHT[flags.orientation]) if flags.orientation in _UPRIGHT else rgb


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be reduced: RGB, RGBA, L, LA or CMYK."""
    if image.mode.startswith("I"):
        # convert() would clip everything above 255 to white.
        return Image.fromarray(((np.asarray(image, np.uint32) + 128) // 257).astype(np.uint8))
    if image.has_transparency_data and image.mode != "LA":
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("RGB", "L", "LA", "CMYK") else image.convert("RGB")


def _over_white(image: Image.Image, *, grey: bool) -> Image.Image:
    if image.mode not in ("RGBA", "LA"):
        return image
    rgba = image.convert("RGBA")
    # Back in one channel, where a profile for grey applies to it.
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("L" if grey else "RGB")


@dataclass(frozen=True)
class _ExifFlags:
    orientation: int
    is_adobe_rgb: bool


def _exif(image: Image.Image) -> _ExifFlags:
    """Return what a photo's EXIF says, as far as it can be read."""
    orientation, space, interoperability = 1, None, None
    with contextlib.suppress(*_DAMAGED):
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        interoperability = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    # DCF cameras write "uncalibrated" with R03, others the number 2.
    return _ExifFlags(orientation, space == 2 or (space == 0xFFFF and interoperability == "R03"))


def shown_name(name: str) -> str:
    """Return a file's name as it can be shown anywhere: its last component, without invisible characters, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Category C holds control characters and the invisible ones that turn the direction of writing.
    visible = "".join(character for character in last if not unicodedata.category(character).startswith("C")).strip()
    return visible[:LONGEST_NAME] or "photo"
