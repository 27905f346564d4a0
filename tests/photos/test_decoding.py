"""Reading photos: the accepted come out upright and in their colours, the others are refused in one sentence."""

import contextlib
import hashlib
import io
import random
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile

from xai_core.errors import ImageError
from xai_core.photos.decoding import LONGER_SIDE, MAXIMUM_BYTES, from_pixels, load_photo, squeeze, to_png

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters() -> Image.Image:
    """Return a picture of 40 x 60 (wide, high) that tells all eight orientations apart."""
    picture = Image.new("RGB", (40, 60), WHITE)
    picture.paste(RED, (0, 0, 20, 30))
    picture.paste(GREEN, (20, 0, 40, 30))
    picture.paste(BLUE, (0, 30, 20, 60))
    return picture


def noise(width: int = 64, height: int = 48) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def raw_png(width: int, height: int, depth: int, colour_type: int, rows: bytes) -> bytes:
    """Return a PNG with the given header, for what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def refusal(data: bytes, name: str = "rex.jpg") -> str:
    with pytest.raises(ImageError) as caught:
        load_photo(data, name)
    message = str(caught.value)
    assert message.startswith("“") and message.endswith(".") and "\n" not in message
    return message


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_lossless_kinds_give_the_very_pixels(kind: str, options: dict[str, bool]) -> None:
    """Catches swapped channels and a hidden resize of photos that are small enough."""
    photo = load_photo(encoded(noise(), kind, **options))
    np.testing.assert_array_equal(photo.pixels, np.asarray(noise()))
    assert photo.pixels.dtype == np.uint8 and not photo.pixels.flags.writeable


@pytest.mark.parametrize("name", ["rex.jpg", "rex.jpeg", "rex.JPG", "rex"])
def test_jpeg_is_read_whatever_its_name(name: str) -> None:
    """Catches trust in the file's name instead of its bytes."""
    photo = load_photo(encoded(quarters(), "JPEG", quality=95, subsampling=0), name)
    assert np.abs(photo.pixels.astype(int) - np.asarray(quarters())).max() <= 20
    assert photo.name == name


def test_digest_is_the_sha256_of_the_bytes() -> None:
    """Catches a digest of the pixels or of the name: the cache and links are keyed by it."""
    data = encoded(noise())
    assert load_photo(data, "a").digest == load_photo(data, "b").digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    """Catches a missing or mixed-up orientation: the photo is stored turned, as cameras do, and must come back."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = quarters().transpose(undo[orientation]) if orientation > 1 else quarters()
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = load_photo(encoded(stored, kind, exif=exif.tobytes(), quality=95)).pixels
    assert pixels.shape == (60, 40, 3)
    for (row, column), colour in {(10, 8): RED, (10, 32): GREEN, (50, 8): BLUE, (50, 32): WHITE}.items():
        assert np.abs(pixels[row, column].astype(int) - colour).max() <= 12


def test_a_damaged_exif_block_does_not_cost_the_photo() -> None:
    """Catches a refusal of a readable photo because of its metadata."""
    broken = encoded(noise(), "PNG", exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        np.testing.assert_array_equal(load_photo(broken).pixels, np.asarray(noise()))


def test_alpha_lies_over_white() -> None:
    """Catches transparent parts that turn black, as convert("RGB") makes them."""
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 128), (10, 0, 20, 20))
    pixels = load_photo(encoded(picture)).pixels
    assert tuple(pixels[5, 5]) == WHITE
    np.testing.assert_allclose(pixels[5, 15], (255, 127, 127), atol=1)


def test_grey_with_alpha_lies_over_white() -> None:
    """Catches the same for two-channel pictures."""
    assert tuple(load_photo(encoded(Image.new("LA", (20, 20), (0, 51)))).pixels[0, 0]) == (204, 204, 204)


def test_palette_keeps_its_colours_and_its_transparent_entry_is_white() -> None:
    """Catches palette indices taken for grey and a transparency in the palette that is overlooked."""
    picture = Image.new("P", (20, 20), 0)
    picture.putpalette([*RED, *BLUE, *GREEN])
    picture.paste(1, (10, 0, 20, 20))
    assert tuple(load_photo(encoded(picture)).pixels[5, 15]) == BLUE
    pixels = load_photo(encoded(picture, transparency=1)).pixels
    assert tuple(pixels[5, 5]) == RED and tuple(pixels[5, 15]) == WHITE


@pytest.mark.parametrize(("mode", "value", "expected"), [("L", 77, 77), ("1", 1, 255)])
def test_grey_becomes_three_equal_channels(mode: str, value: int, expected: int) -> None:
    """Catches arrays without a channel axis."""
    pixels = load_photo(encoded(Image.new(mode, (20, 20), value))).pixels
    assert pixels.shape == (20, 20, 3) and (pixels == expected).all()


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    """Catches convert("RGB"), which makes everything above 255 of 65535 white."""
    levels = np.repeat(np.linspace(0, 65535, 32).astype(np.uint16)[None], 16, axis=0)
    pixels = load_photo(encoded(Image.fromarray(levels))).pixels
    np.testing.assert_array_equal(pixels[0, :, 0], np.rint(levels[0] / 257))


def test_sixteen_bit_colour_is_scaled() -> None:
    """Catches the low byte taken for the value."""
    row = b"\x00" + struct.pack(">HHH", 65535, 32768, 257) * 20
    pixels = load_photo(raw_png(20, 20, 16, 2, row * 20)).pixels
    np.testing.assert_allclose(pixels[7, 7], (255, 128, 1), atol=1)


def test_cmyk_jpeg_keeps_its_colours() -> None:
    """Catches inverted inks."""
    pixels = load_photo(encoded(quarters().convert("CMYK"), "JPEG", quality=95)).pixels
    assert np.abs(pixels[10, 8].astype(int) - RED).max() <= 12
    assert np.abs(pixels[50, 32].astype(int) - WHITE).max() <= 12


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    """Catches the last frame, or a refusal."""
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True, quality=95)
    with Image.open(io.BytesIO(data)) as animation:
        assert animation.n_frames == 3
    assert np.abs(load_photo(data).pixels.astype(int) - RED).max() <= (0 if kind != "AVIF" else 6)


def test_a_phone_jpeg_with_a_second_picture_inside_is_read() -> None:
    """Catches a refusal of the MPO files that phones write under the name .jpg."""
    data = encoded(quarters(), "MPO", save_all=True, append_images=[noise(40, 60)], quality=95, subsampling=0)
    assert np.abs(load_photo(data).pixels.astype(int) - np.asarray(quarters())).max() <= 20


def test_big_photos_are_scaled_down_smoothly() -> None:
    """Catches a wrong longer side, a lost aspect ratio, and a nearest-neighbour reduction (stripes must turn grey)."""
    stripes = np.zeros((1200, 3400, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = load_photo(encoded(Image.fromarray(stripes))).pixels
    assert pixels.shape == (round(1200 * LONGER_SIDE / 3400), LONGER_SIDE, 3)
    assert pixels[:, 50:-50].min() > 100 and pixels[:, 50:-50].max() < 156


def test_twelve_megapixels_of_jpeg_are_read_upright_at_a_reduced_size() -> None:
    """Catches a limit that refuses ordinary phone photos, and a reduced decoding that forgets the orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = load_photo(encoded(quarters().resize((4000, 3000)), "JPEG", exif=exif))
    assert photo.pixels.shape == (1600, 1200, 3)
    # Stored red, green / blue, white; turned a quarter clockwise.
    assert np.abs(photo.pixels[100, 1100].astype(int) - RED).max() <= 12
    assert np.abs(photo.pixels[100, 100].astype(int) - BLUE).max() <= 12


def test_the_full_mode_of_a_phone_is_read() -> None:
    """Catches a limit of 50,000,000 pixels, which 8192 x 6144 are just above."""
    assert load_photo(encoded(Image.new("L", (8192, 6144), 90), "JPEG")).pixels.shape == (1200, 1600, 3)


def test_an_empty_file_is_refused() -> None:
    """Catches Pillow's own words reaching the user."""
    assert "empty" in refusal(b"")


def test_text_named_jpg_is_refused() -> None:
    """Catches the claim that a text is a damaged photo."""
    assert "does not hold a picture" in refusal(b"Dear Rex,\nhow are you?\n" * 100)


@pytest.mark.parametrize(("kind", "title"), [("TIFF", "a TIFF picture"), ("JPEG2000", "a JPEG 2000 picture")])
def test_other_kinds_are_refused_by_name_with_what_to_do(kind: str, title: str) -> None:
    """Catches a decoder that was never meant to be reached, and a refusal that leaves people guessing."""
    assert (
        refusal(encoded(noise(), kind))
        == f"“rex.jpg” is {title}, which SeeSpot does not read; please save it as a JPEG."
    )


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_simple_pictures_are_read(kind: str) -> None:
    """Catches a refusal of what every picture program writes."""
    np.testing.assert_array_equal(load_photo(encoded(quarters(), kind)).pixels, np.asarray(quarters()))


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_phones_and_browsers_compressed_pictures_are_read(kind: str) -> None:
    """Catches a missing or unregistered decoder."""
    pixels = load_photo(encoded(quarters(), kind, quality=95)).pixels
    assert pixels.shape == (60, 40, 3)
    assert np.abs(pixels[10:20, 5:15].astype(int) - RED).max() <= 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused(kind: str, share: float) -> None:
    """Catches photos that are shown half grey."""
    data = encoded(noise(300, 200), kind)
    assert "damaged or incomplete" in refusal(data[: max(16, int(len(data) * share))])


def test_damaged_files_never_raise_anything_but_an_image_error() -> None:
    """Catches an exception of some decoder that would reach the user as a traceback."""
    exif = Image.Exif()
    exif[0x0112] = 6
    sources = [encoded(noise(), kind, exif=exif) for kind in ("JPEG", "PNG", "WEBP")]
    generator = random.Random(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(300):
            data = bytearray(generator.choice(sources))
            for _ in range(generator.randint(1, 6)):
                data[generator.randrange(generator.choice((60, len(data))))] = generator.randrange(256)
            with contextlib.suppress(ImageError):
                load_photo(bytes(data))


@pytest.mark.parametrize("side", [7_300, 10_000, 20_000])
def test_decompression_bombs_are_refused_before_decoding(side: int) -> None:
    """Catches a decoding of gigabytes: the file holds no pixels at all, so decoding it would say "damaged" instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert "52 megapixels" in refusal(raw_png(side, side, 8, 2, b""))


def test_a_webp_bomb_is_refused() -> None:
    """Catches the same for a WebP whose header promises a canvas of 16,000 x 16,000."""
    exif = Image.Exif()
    exif[0x0112] = 1
    data = bytearray(encoded(noise(), "WEBP", exif=exif))
    start = data.index(b"VP8X") + 12
    data[start : start + 6] = (15_999).to_bytes(3, "little") * 2
    assert "52 megapixels" in refusal(bytes(data))


def test_more_bytes_than_allowed_are_refused() -> None:
    """Catches a limit that only the web server knows."""
    assert "20 MB" in refusal(encoded(noise()) + b"\x00" * MAXIMUM_BYTES)


@pytest.mark.parametrize("size", [(1, 1), (15, 300), (300, 15)])
def test_photos_too_small_to_see_anything_are_refused(size: tuple[int, int]) -> None:
    """Catches maps of nothing."""
    assert "16 pixels" in refusal(encoded(Image.new("RGB", size, RED)))


@pytest.mark.parametrize("size", [(20_000, 20), (20, 20_000), (321, 16)])
def test_narrow_strips_are_refused(size: tuple[int, int]) -> None:
    """Catches strips, of which scaling down leaves nothing."""
    assert "strip" in refusal(encoded(Image.new("RGB", size, RED)))


@pytest.mark.parametrize("size", [(16, 16), (320, 16)])
def test_the_smallest_and_narrowest_allowed_photos_are_read(size: tuple[int, int]) -> None:
    """Catches limits that are off by one."""
    assert load_photo(encoded(Image.new("RGB", size, RED))).pixels.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/evil.png", "evil.png"),
        ("C:\\dogs\\rex.jpg", "rex.jpg"),
        ("re\x00x\n\x1b[31m.jpg", "rex[31m.jpg"),
        ("rex\u202egpj.exe", "rexgpj.exe"),
        ("Élan Ñandú 犬.png", "Élan Ñandú 犬.png"),
        ("r" * 300, "r" * 80),
        ("", "photo"),
        ("dogs/", "photo"),
        ("\x07", "photo"),
    ],
)
def test_names_are_only_for_showing(given: str, shown: str) -> None:
    """Catches a path, a terminal sequence or a reversed extension that reaches a page or a log."""
    assert load_photo(encoded(noise()), given).name == shown


def test_threads_read_the_same_as_one_after_the_other() -> None:
    """Catches shared state, and the global switch that lets truncated files pass everywhere."""
    sources = [encoded(noise(64 + index, 48), kind) for index in range(3) for kind in ("JPEG", "HEIF", "AVIF")]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(load_photo, sources * 4))
    for photo, data in zip(together, sources * 4, strict=True):
        np.testing.assert_array_equal(photo.pixels, load_photo(data).pixels)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("side", [224, 299])
def test_squeeze_gives_the_numbers_that_the_networks_were_trained_on(side: int) -> None:
    """Catches another filter, another order of resize and division, or a crop: each would cost accuracy silently."""
    expected = np.asarray(noise(300, 200).resize((side, side), Image.Resampling.BILINEAR)).astype(np.float32) / 255
    rgb = squeeze(np.asarray(noise(300, 200)), (side, side))
    np.testing.assert_array_equal(rgb, expected)
    assert rgb.dtype == np.float32


def test_squeeze_takes_height_before_width_and_leaves_its_size_alone() -> None:
    """Catches swapped sides and a resampling of what has the right size already."""
    pixels = np.asarray(noise(64, 48))
    assert squeeze(pixels, (10, 20)).shape == (10, 20, 3)
    np.testing.assert_array_equal(squeeze(pixels, (48, 64)), pixels / np.float32(255))


@pytest.mark.parametrize("channels", [3, 4])
def test_png_holds_the_pixels_without_loss(channels: int) -> None:
    """Catches a lost alpha channel and a lossy format."""
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, channels), dtype=np.uint8)
    with Image.open(io.BytesIO(to_png(pixels))) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_a_photo_made_from_pixels_is_known_by_them_alone() -> None:
    """Catches two photos that share an answer: the same bytes in another shape, or in the memory of a larger array."""
    pixels = np.arange(16 * 18 * 3, dtype=np.uint8).reshape(16, 18, 3)
    made = from_pixels(pixels, "a/dog, turned")
    assert made.name == "dog, turned"
    assert made.digest == from_pixels(np.repeat(pixels, 2, axis=1)[:, ::2], "another name").digest
    others = [pixels.reshape(18, 16, 3), pixels[::-1], pixels + np.uint8(1)]
    assert len({made.digest, *(from_pixels(one, "x").digest for one in others)}) == 4
