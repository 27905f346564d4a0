"""Colour profiles: a photo shows the same colours in whatever space its file keeps them."""

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.photos import colours
from tests.photos.making import LOSSES, difference, encoded, png_chunk, small_photo, with_chunks
from xai_core.photos.colour import to_srgb
from xai_core.photos.decoding import load_photo

PHOTO = small_photo()
PIXELS = np.asarray(PHOTO)
SPACES = ["Adobe RGB", "Display P3", "ProPhoto", "BT.2020"]
#: An 8-bit file of a wider space keeps sRGB's colours to this many levels, in the mean.
ROUNDING = 0.8


def in_space(space: str) -> Image.Image:
    return Image.fromarray(colours.written_in(space, PIXELS))


def icc_chunk(profile: bytes) -> bytes:
    return png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))


def lcms_srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF", "AVIF"])
def test_an_embedded_profile_is_converted(space: str, kind: str) -> None:
    """Catches the paler photo that the same numbers show where the profile is ignored."""
    data = encoded(in_space(space), kind, icc_profile=colours.profile(space))
    # The losses of a lossy kind grow where the numbers are stretched.
    allowed = ROUNDING + LOSSES[kind] * 1.7
    assert difference(load_photo(data).pixels, PIXELS) < allowed
    assert difference(load_photo(encoded(in_space(space), kind)).pixels, PIXELS) > 4


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_converted_after_it_was_reduced(orientation: int) -> None:
    """Catches a profile that is lost where the decoder reduces, or where the photo is turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    large = small_photo(2400, 1800)
    stored = Image.fromarray(colours.written_in("Adobe RGB", np.asarray(large)))
    pixels = load_photo(encoded(stored, "JPEG", icc_profile=colours.profile("Adobe RGB"), exif=exif)).pixels
    expected = load_photo(encoded(large, "JPEG", exif=exif)).pixels
    assert pixels.shape == expected.shape and difference(pixels, expected) < 2


@pytest.mark.parametrize("profile", [lcms_srgb(), colours.profile("sRGB")], ids=["littleCMS", "a table of 1024"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_profiles_of_srgb_change_no_pixel(profile: bytes, kind: str) -> None:
    """Catches roundings in the photos that most cameras and programs write."""
    plain, marked = (load_photo(encoded(PHOTO, kind, **options)) for options in ({}, {"icc_profile": profile}))
    np.testing.assert_array_equal(marked.pixels, plain.pixels)


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        colours.profile("Adobe RGB")[:300],
        colours.profile("Adobe RGB")[:128] + bytes(2000),
        colours.grey_profile(1.0),
        colours.ink_profile(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        colours.icc(b"RGB ", b"link", {}),
        colours.icc(b"RGB ", b"mntr", {}),
    ],
    ids=["text", "cut", "zeros", "grey", "inks", "Lab", "link", "empty"],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_profile_that_is_broken_or_for_other_pictures_is_ignored(profile: bytes, kind: str) -> None:
    """Catches a refusal, or nonsense colours, because of a profile."""
    plain, marked = (load_photo(encoded(PHOTO, kind, **options)) for options in ({}, {"icc_profile": profile}))
    np.testing.assert_array_equal(marked.pixels, plain.pixels)


def test_a_profile_that_turns_white_dark_is_ignored() -> None:
    """Catches a black photo from a profile whose bytes were damaged."""
    profile = colours.profile("Adobe RGB")
    at = profile.index(b"curv")
    broken = profile[: at + 12] + bytes(2048) + profile[at + 12 + 2048 :]
    np.testing.assert_array_equal(load_photo(encoded(PHOTO, icc_profile=broken)).pixels, PIXELS)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "L"), ("PNG", "LA"), ("JPEG", "L")])
def test_grey_has_profiles_of_its_own(kind: str, mode: str) -> None:
    """Catches grey that is shown too dark or too bright, and one turned to RGB before its profile can be applied."""
    grey = np.asarray(PHOTO.convert("L"))
    linear = np.rint(255 * colours.srgb_light(np.linspace(0, 1, 256)) ** (1 / 1.8)).astype(np.uint8)[grey]
    data = encoded(Image.fromarray(linear).convert(mode), kind, icc_profile=colours.grey_profile(1.8))
    assert difference(load_photo(data).pixels, np.repeat(grey[..., np.newaxis], 3, axis=-1)) < 1 + LOSSES[kind]
    wide = load_photo(encoded(Image.fromarray(grey), kind, icc_profile=colours.profile("ProPhoto"))).pixels
    assert difference(wide, np.repeat(grey[..., np.newaxis], 3, axis=-1)) < 0.1 + LOSSES[kind]


def test_inks_are_shown_as_their_profile_says() -> None:
    """Catches the garish colours of plain inverted inks, and inverted tables."""
    picture = Image.new("CMYK", (64, 32), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 0), (16, 0, 32, 32))
    picture.paste((0, 0, 0, 255), (32, 0, 48, 32))
    pixels = load_photo(encoded(picture, "JPEG", icc_profile=colours.ink_profile())).pixels
    paper, cyan, black = (pixels[16, column].astype(int) for column in (8, 24, 40))
    assert paper.min() > 245 and black.max() < 60
    # Lab (65, -30, -40) is a dull blue; plain inks give (0, 255, 255).
    assert 0 <= cyan[0] < 60 and 140 < cyan[1] < 200 and 200 < cyan[2] <= 255


@pytest.mark.parametrize(("mode", "shade"), [("RGBA", "RGB"), ("P", "RGB")])
def test_transparency_and_palettes_are_converted_too(mode: str, shade: str) -> None:
    """Catches modes that are left out."""
    stored = in_space("Display P3")
    expected = PIXELS
    if mode == "P":
        stored = stored.quantize(200)
        expected = load_photo(encoded(stored.convert("RGB"), icc_profile=colours.profile("Display P3"))).pixels
    data = encoded(stored.convert(mode), icc_profile=colours.profile("Display P3"))
    assert difference(load_photo(data).pixels, expected) < ROUNDING


@pytest.mark.parametrize(
    ("space", "curve", "code"),
    [
        ("sRGB", colours.srgb_curve, (1, 13)),
        ("Display P3", colours.srgb_curve, (12, 13)),
        ("BT.2020", colours.srgb_curve, (9, 13)),
        ("BT.2020", colours.bt709_curve, (9, 1)),
        ("BT.2020", colours.bt709_curve, (9, 14)),
        ("sRGB", colours.bt709_curve, (1, 1)),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_png_may_name_its_space_by_numbers(
    space: str, curve: colours.Curve, code: tuple[int, int], mode: str
) -> None:
    """Catches a cICP chunk that is ignored or beaten by what older programs read."""
    expected = PIXELS if mode == "RGB" else np.asarray(PHOTO.convert("L").convert("RGB"))
    stored = Image.fromarray(colours.written_in(space, expected, curve)).convert(mode)
    chunks = (
        png_chunk(b"sRGB", b"\0"),
        icc_chunk(colours.profile("ProPhoto")),
        png_chunk(b"cICP", bytes([*code, 0, 1])),
    )
    assert difference(load_photo(with_chunks(encoded(stored), *chunks)).pixels, expected) < ROUNDING


@pytest.mark.parametrize("code", [(9, 16), (9, 18)], ids=["PQ", "HLG"])
def test_hdr_is_shown_within_what_a_screen_has(code: tuple[int, int]) -> None:
    """Catches HDR shown flat and grey, as its plain numbers are, and highlights that are all cut off."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=-1).repeat(16, axis=0)
    shown = load_photo(with_chunks(encoded(Image.fromarray(levels)), png_chunk(b"cICP", bytes([*code, 0, 1])))).pixels
    ramp = shown[0, :, 1].astype(int)
    assert ramp[0] == 0 and ramp[-1] >= 250 and (np.diff(ramp) >= 0).all()
    white = {16: round(0.5807 * 255), 18: round(0.75 * 255)}[code[1]]  # 203 cd/m2
    assert 230 <= ramp[white] <= 250
    assert len(np.unique(ramp[white:])) >= 5


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_a_gamma_is_applied_where_nothing_better_is_there(mode: str, gamma: float) -> None:
    """Catches a gAMA chunk that is ignored, or one that counts beside sRGB or a profile."""
    expected = np.asarray(PHOTO.convert(mode).convert("RGB"))
    stored = encoded(Image.fromarray(colours.written_in("sRGB", expected, colours.power(gamma))).convert(mode))
    chunk = png_chunk(b"gAMA", struct.pack(">I", round(100_000 / gamma)))
    # Stored without a curve, dark levels lie far apart.
    assert difference(load_photo(with_chunks(stored, chunk)).pixels, expected) < 3
    plain = load_photo(stored).pixels
    for better in (png_chunk(b"sRGB", b"\0"), icc_chunk(lcms_srgb())):
        if mode == "RGB" or better[4:8] == b"sRGB":
            np.testing.assert_array_equal(load_photo(with_chunks(stored, chunk, better)).pixels, plain)


def test_chromaticities_are_applied() -> None:
    """Catches a cHRM chunk that is ignored, and the usual gamma of 1/2.2 taken for more than sRGB's curve."""
    values = [*colours.WHITE_D65, *(value for point in colours.PRIMARIES["Display P3"] for value in point)]
    points = png_chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in values)))
    gamma = png_chunk(b"gAMA", struct.pack(">I", 45_455))
    assert difference(load_photo(with_chunks(encoded(in_space("Display P3")), points, gamma)).pixels, PIXELS) < ROUNDING
    np.testing.assert_array_equal(load_photo(with_chunks(encoded(PHOTO), gamma)).pixels, PIXELS)


@pytest.mark.parametrize(
    ("space", "index", "converted"),
    [(2, "R98", True), (0xFFFF, "R03", True), (1, "R98", False), (0xFFFF, "R98", False)],
)
def test_cameras_name_adobe_rgb_in_the_exif(space: int, index: str, converted: bool) -> None:
    """Catches pale photos of cameras set to Adobe RGB, which embed no profile."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    exif.get_ifd(0x8769)[0xA005] = {1: index}
    data = encoded(in_space("Adobe RGB"), "JPEG", exif=exif)
    assert (difference(load_photo(data).pixels, PIXELS) < 4.5) == converted


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
@pytest.mark.parametrize("transfer", [13, 1])
def test_heic_and_avif_may_name_their_space_by_numbers(kind: str, transfer: int) -> None:
    """Catches pale photos of phones that embed no profile; television's curve in such a file stands for sRGB's."""
    data = bytearray(encoded(in_space("Display P3"), kind))
    at = data.index(b"nclx")
    data[at + 4 : at + 8] = struct.pack(">HH", 12, transfer)
    assert difference(load_photo(bytes(data)).pixels, PIXELS) < ROUNDING + LOSSES[kind] * 1.7


def test_threads_convert_the_same_as_one_after_the_other() -> None:
    """Catches a transform or a verdict that threads disturb."""
    sources = [
        encoded(in_space(space), kind, icc_profile=colours.profile(space))
        for space in SPACES
        for kind in ("PNG", "JPEG")
    ]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(load_photo, sources * 4))
    for photo, data in zip(together, sources * 4, strict=True):
        np.testing.assert_array_equal(photo.pixels, load_photo(data).pixels)


def test_a_picture_in_srgb_is_not_even_copied() -> None:
    """Catches time spent on photos that need nothing."""
    assert to_srgb(PHOTO, None) is PHOTO and to_srgb(PHOTO, lcms_srgb()) is PHOTO
