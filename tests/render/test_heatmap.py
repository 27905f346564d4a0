"""Drawing: heat means the same for every method, everyone can tell its colours apart, and it lies where it should."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from xai_core.render.heatmap import (
    around_grey,
    class_colours,
    class_map,
    grey,
    heat,
    legend,
    overlay,
    strongest,
    suggested_smoothing,
)

FULL_FOR, NEUTRAL, FULL_AGAINST = (198, 55, 3), (243, 239, 234), (33, 100, 200)

# How people without one kind of cone see linear RGB: Machado, Oliveira and Fernandes 2009, "A Physiologically-based
# Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), severity 1.0 (table on the authors' page).
VISION = {
    "full colour vision": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(colours: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return sRGB [N,3] in 0..255 as Lab [N,3] of what someone with this colour vision sees."""
    srgb = np.asarray(colours, float) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    changed = np.clip(linear @ matrix.T, 0, 1)
    return rgb2lab(np.where(changed <= 0.0031308, changed * 12.92, 1.055 * changed ** (1 / 2.4) - 0.055))


def palette(signed: bool, stops: int) -> np.ndarray:
    return np.array([[int(code[at : at + 2], 16) for at in (1, 3, 5)] for _, code in legend(signed, stops)])


def grey_photo(height: int = 60, width: int = 80, level: int = 128) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def colourful_photo(height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def warmth(picture: np.ndarray) -> np.ndarray:
    """Return how much more red than blue each pixel is: positive speaks for, negative against."""
    return picture[..., 0].astype(int) - picture[..., 2]


def test_heat_sums_channels_before_it_takes_magnitudes() -> None:
    """Catches channels whose contributions of opposite sign are added as if they agreed."""
    values = np.zeros((100, 100, 3), np.float32)
    values[0, 0] = (3, -1, 0)
    values[5, 5] = (-1, -3, 0)
    values[9, 9] = (2, -2, 0)
    drawn = heat(values, True)
    assert drawn[0, 0] == 0.5 and drawn[5, 5] == -1 and drawn[9, 9] == 0
    assert drawn.shape == (100, 100) and drawn.dtype == np.float32


def test_heat_divides_by_the_percentile_and_keeps_the_sign() -> None:
    """Catches min-max scaling, which moves zero, and a maximum instead of the 99.5th percentile."""
    values = np.linspace(-1000, 1000, 2001, dtype=np.float32).reshape(3, 667)
    full = np.percentile(np.abs(values), 99.5)
    assert full == pytest.approx(995)
    np.testing.assert_allclose(heat(values, True), np.clip(values / 995, -1, 1), rtol=1e-5)


def test_one_enormous_pixel_does_not_make_the_others_pale() -> None:
    """Catches scaling by the maximum."""
    values = np.full((20, 20), 0.5, np.float32)
    values[0, 0] = 1e6
    np.testing.assert_array_equal(heat(values, True), 1)


def test_a_few_pixels_alone_are_still_drawn() -> None:
    """Catches a percentile of zero: a division by it, or a picture that stays empty although something was found."""
    values = np.zeros((100, 100), np.float32)
    values[3, 3], values[4, 4] = 2, -1
    drawn = heat(values, True)
    assert drawn[3, 3] == 1 and drawn[4, 4] == -0.5 and np.count_nonzero(drawn) == 2


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("empty", [0.0, np.nan])
def test_nothing_stays_nothing(signed: bool, empty: float) -> None:
    """Catches noise amplified out of an empty map, and NaN that reaches the palette."""
    np.testing.assert_array_equal(heat(np.full((7, 9, 3), empty, np.float32), signed), np.zeros((7, 9)))


def test_missing_and_infinite_numbers_leave_the_rest_as_it_was() -> None:
    """Catches a single NaN that blanks a map, and an infinity that makes everything else zero."""
    values = np.full((30, 30), 0.25, np.float32)
    values[0, :3] = (np.nan, np.inf, -np.inf)
    drawn = heat(values, True)
    np.testing.assert_array_equal(drawn[0, :3], (0, 1, -1))
    np.testing.assert_array_equal(drawn[1:], 1)


def test_unsigned_heat_has_no_negative_side() -> None:
    """Catches blue in a map that cannot speak against a class."""
    drawn = heat(np.array([[4, 2], [-4, 0]], np.float32), False)
    assert drawn.min() == 0 and drawn[1, 0] == 0 and drawn[0, 0] == 1
    assert drawn[0, 1] == pytest.approx(0.5, abs=0.01)


def test_heat_leaves_its_argument_alone() -> None:
    """Catches normalising in place: explanations are read-only and shared."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    values.flags.writeable = False
    heat(values, True)
    np.testing.assert_array_equal(values, np.arange(12).reshape(3, 4))


def test_the_strongest_share_counts_both_signs() -> None:
    """Catches a ranking by value, which would forget what speaks against."""
    drawn = np.array([[0.9, -0.8, 0.1, 0.2], [-0.3, 0.4, 0.05, -0.6]], np.float32)
    np.testing.assert_array_equal(strongest(drawn, 0.25), np.abs(drawn) >= 0.8)
    np.testing.assert_array_equal(strongest(drawn, 0.5), np.abs(drawn) >= 0.4)
    assert strongest(drawn, 1.0).all() and not strongest(drawn, 0.0).any()


def test_ties_are_shown_together_and_nothing_is_never_shown() -> None:
    """Catches a superpixel that is cut in two, and pixels without heat that count as strong when most have none."""
    drawn = np.zeros((4, 4), np.float32)
    drawn[0], drawn[1, 0] = 0.5, 1
    np.testing.assert_array_equal(strongest(drawn, 2 / 16), drawn > 0)
    np.testing.assert_array_equal(strongest(drawn, 0.9), drawn > 0)


@pytest.mark.parametrize("vision", VISION)
def test_the_two_signs_and_nothing_differ_for_everyone(vision: str) -> None:
    """Catches a palette such as red to green: full and half heat must differ from nothing and from their opposites.

    A CIEDE2000 difference of 2 is just visible; 15 is told apart at a glance, also in two separate pictures.
    """
    against, half_against, nothing, half_for, fully = seen(palette(True, 5), VISION[vision])
    for one, other in ((against, nothing), (fully, nothing), (against, fully)):
        assert deltaE_ciede2000(one, other) > 35
    assert deltaE_ciede2000(half_for, half_against) > 20
    for half in (half_for, half_against):
        assert deltaE_ciede2000(half, nothing) > 15


@pytest.mark.parametrize("signed", [True, False])
def test_equal_steps_of_heat_look_equal(signed: bool) -> None:
    """Catches a palette with bands: steps that look like edges where the numbers have none."""
    colours = seen(palette(signed, 21), VISION["full colour vision"])
    steps = deltaE_ciede2000(colours[1:], colours[:-1])
    assert steps.max() / steps.min() < 1.5


def test_both_sides_fall_alike_in_lightness() -> None:
    """Catches a sign that looks stronger than the other, also in a black-and-white print."""
    lightness = seen(palette(True, 21), VISION["full colour vision"])[:, 0]
    assert (np.diff(lightness[:11]) > 0).all() and (np.diff(lightness[10:]) < 0).all()
    np.testing.assert_allclose(lightness[:10], lightness[:10:-1], atol=6)


def test_the_legend_has_the_colours_of_the_map() -> None:
    """Catches a legend that was given colours of its own."""
    assert [tuple(colour) for colour in palette(True, 3)] == [FULL_AGAINST, NEUTRAL, FULL_FOR]
    assert [tuple(colour) for colour in palette(False, 2)] == [NEUTRAL, FULL_FOR]
    assert [place for place, _ in legend(True, 3)] == [0, 0.5, 1]
    values = np.linspace(-1, 1, 11, dtype=np.float32)[None].repeat(40, axis=0)
    values[:, 0], values[:, -1] = -1, 1
    drawn = overlay(grey_photo(40, 11), values, True, mode="map")
    np.testing.assert_allclose(drawn[20], palette(True, 11), atol=2)


def test_an_overlay_without_opacity_is_the_photo() -> None:
    """Catches a photo that is changed although no heat is shown."""
    photo = colourful_photo()
    np.testing.assert_array_equal(overlay(photo, np.ones((7, 7), np.float32), True, opacity=0), photo)


def test_the_photo_itself_stays_unchanged() -> None:
    """Catches drawing into the shared, read-only pixels."""
    photo = colourful_photo()
    before = photo.copy()
    photo.flags.writeable = False
    for mode in ("overlay", "map", "both"):
        overlay(photo, np.ones((7, 7), np.float32), True, mode=mode)
    np.testing.assert_array_equal(photo, before)


def test_full_heat_at_full_opacity_is_the_palette_itself() -> None:
    """Catches a blend that never reaches the legend's colours."""
    values = np.full((6, 8), 1, np.float32)
    values[:, :4] = -1
    picture = overlay(colourful_photo(), values, True, opacity=1)
    assert tuple(picture[30, 70]) == FULL_FOR and tuple(picture[30, 10]) == FULL_AGAINST


def test_orange_speaks_for_and_blue_against_at_the_right_place() -> None:
    """Catches swapped signs, and rows taken for columns."""
    values = np.zeros((8, 10), np.float32)
    values[1:3, 7:9], values[5:7, 1:3] = 1, -1
    picture = overlay(grey_photo(80, 100), values, True)
    assert picture.shape == (80, 100, 3) and picture.dtype == np.uint8
    assert warmth(picture)[20, 80] > 60 and warmth(picture)[60, 20] < -60
    assert abs(warmth(picture)[20, 20]) < 10 and abs(warmth(picture)[60, 80]) < 10


def test_the_photo_stays_readable_under_the_strongest_heat() -> None:
    """Catches a cover that hides what it explains: dark and light must differ clearly under the default opacity."""
    photo = grey_photo(level=30)
    photo[:, 40:] = 220
    picture = overlay(photo, np.ones((6, 8), np.float32), True).astype(int)
    assert picture[30, 60].mean() - picture[30, 20].mean() > 45


def test_weak_heat_lets_more_of_the_photo_through_than_strong_heat() -> None:
    """Catches an even veil over the whole photo."""
    photo = colourful_photo(40, 100)
    values = np.linspace(0, 1, 100, dtype=np.float32)[None].repeat(40, axis=0)
    warm = warmth(overlay(photo, values, True, opacity=0.8)).mean(axis=0)
    assert warm[:5].mean() < 25 < 60 < warm[45:55].mean() < 130 < warm[-5:].mean()


def test_the_colours_of_the_photo_cannot_be_taken_for_heat() -> None:
    """Catches an orange coat that looks like evidence: without heat the photo's own colours must have faded."""
    photo = np.full((40, 40, 3), (230, 120, 30), np.uint8)
    plain = overlay(photo, np.zeros((7, 7), np.float32), True)
    assert warmth(plain).max() < 0.35 * warmth(photo).max()
    hot = overlay(photo, np.ones((7, 7), np.float32), True)
    assert warmth(hot).min() > 2 * warmth(plain).max()


def test_a_smooth_map_is_stretched_linearly() -> None:
    """Catches blocks in Grad-CAM's map: between two cells the heat must pass through all values."""
    values = np.array([[-1.0, 1.0]], np.float32).repeat(2, axis=0)
    row = overlay(grey_photo(20, 400), values, True, mode="map")[10]
    expected = np.array(Image.fromarray(values).resize((400, 20), Image.Resampling.BILINEAR))[10]
    full = palette(True, 511)
    np.testing.assert_array_equal(row, full[np.rint(expected * 255).astype(int) + 255])
    assert len(np.unique(row, axis=0)) > 150


def test_superpixels_keep_sharp_borders_and_thin_outlines() -> None:
    """Catches a blend between neighbouring superpixels, a missing outline and one that covers the picture."""
    segments = np.zeros((10, 10), np.int32)
    segments[:, 5:] = 1
    values = np.where(segments == 1, 1, -0.5).astype(np.float32)
    picture = overlay(grey_photo(100, 100), values, True, segments=segments, mode="map")
    assert {tuple(colour) for colour in picture.reshape(-1, 3)} == {
        tuple(palette(True, 511)[255 - 128]),
        FULL_FOR,
        (255, 255, 255),
    }
    assert (picture == 255).all(axis=-1).sum() == 100, "one pixel in each row"
    over = overlay(grey_photo(100, 100), values, True, segments=segments)
    assert over[50, 50].astype(int).sum() > over[50, 52].astype(int).sum(), "the outline shows on the photo too"


def test_only_superpixels_that_are_shown_are_outlined() -> None:
    """Catches outlines that clutter the photo where nothing is said."""
    segments = np.arange(16, dtype=np.int32).reshape(4, 4).repeat(5, axis=0).repeat(5, axis=1)
    values = np.where(segments == 0, 1.0, 0.1 * (segments == 10)).astype(np.float32)
    picture = overlay(grey_photo(100, 100), values, True, segments=segments, share=1 / 16, mode="map")
    assert tuple(picture[5, 5]) == FULL_FOR
    np.testing.assert_array_equal(picture[30:, 30:], np.broadcast_to(NEUTRAL, (70, 70, 3)))


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_share_counts_the_drawn_pixels(share: float) -> None:
    """Catches a share of the coarse map's cells instead of the picture's pixels."""
    y, x = np.mgrid[:14, :14]
    values = np.exp(-((x - 6) ** 2 + (y - 7) ** 2) / 20).astype(np.float32)
    picture = overlay(grey_photo(100, 120), values, False, share=share, mode="map")
    assert (picture != NEUTRAL).any(axis=-1).mean() == pytest.approx(share, abs=0.01)


def test_both_puts_the_overlay_and_the_map_beside_each_other() -> None:
    """Catches a lost half, and a gap that shows as a white bar on a dark page."""
    values = np.linspace(-1, 1, 49, dtype=np.float32).reshape(7, 7)
    for height, width in ((60, 80), (80, 60)):
        photo = colourful_photo(height, width)
        both = overlay(photo, values, True, mode="both")
        over, alone = overlay(photo, values, True), overlay(photo, values, True, mode="map")
        np.testing.assert_array_equal(both[:height, :width, :3], over)
        np.testing.assert_array_equal(both[-height:, -width:, :3], alone)
        assert (both[..., 3] == 0).any() and both.shape[0] + both.shape[1] == height + width + min(height, width) + 2


def test_smoothing_is_a_gaussian_of_the_given_width() -> None:
    """Catches a sigma in pixels of the photo instead of the map, and a kernel that is no Gaussian."""
    values = np.zeros((41, 41, 3), np.float32)
    values[20, 20] = 1
    drawn = overlay(grey_photo(41, 41), values, False, smoothing=3, mode="map")
    full = palette(False, 256)
    level = np.array([[int(np.abs(full - colour).sum(axis=-1).argmin()) for colour in row] for row in drawn]) / 255
    # The percentile cuts the top off, so compare ratios further out: exp(-(d1^2 - d2^2) / (2 sigma^2)).
    assert level[20, 26] / level[20, 24] == pytest.approx(np.exp(-(36 - 16) / 18), abs=0.02)
    assert level[20, 25] == level[25, 20] == level[15, 20]


def test_smoothing_at_the_border_neither_darkens_nor_wraps() -> None:
    """Catches padding with zeros, and heat that comes out at the opposite side."""
    even = overlay(grey_photo(30, 30), np.ones((30, 30, 3), np.float32), True, smoothing=2, mode="map")
    np.testing.assert_array_equal(even, np.broadcast_to(FULL_FOR, even.shape))
    corner = np.zeros((30, 30, 3), np.float32)
    corner[0, 0] = 1
    assert tuple(overlay(grey_photo(30, 30), corner, True, smoothing=2, mode="map")[-1, -1]) == NEUTRAL


def test_per_pixel_maps_are_smoothed_by_themselves_and_others_are_not() -> None:
    """Catches blurred superpixels or Grad-CAM, and pepper and salt where people should see an animal."""
    segments = np.zeros((224, 224), np.int32)
    assert suggested_smoothing(np.zeros((224, 224, 3)), None) == pytest.approx(2.24)
    assert suggested_smoothing(np.zeros((224, 224)), None) == pytest.approx(2.24)
    assert suggested_smoothing(np.zeros((35, 35)), None) == 0
    assert suggested_smoothing(np.zeros((224, 224, 3)), segments) == suggested_smoothing(segments, segments) == 0
    noise = np.random.default_rng(0).normal(size=(100, 100, 3)).astype(np.float32)
    raw, calm = (overlay(grey_photo(100, 100), noise, True, smoothing=sigma, mode="map") for sigma in (0, None))
    assert np.abs(np.diff(warmth(calm), axis=1)).mean() < 0.8 * np.abs(np.diff(warmth(raw), axis=1)).mean()


@pytest.mark.parametrize("smoothing", [0, 2])
def test_missing_numbers_leave_a_hole_and_not_an_empty_picture(smoothing: float) -> None:
    """Catches NaN spread by the Gaussian or the stretching."""
    values = np.ones((30, 30), np.float32)
    values[10, 10] = np.nan
    picture = overlay(grey_photo(30, 30), values, True, smoothing=smoothing, mode="map")
    assert tuple(picture[10, 10]) == NEUTRAL
    assert (picture == FULL_FOR).all(axis=-1).sum() > 800


def test_a_photo_smaller_than_its_map_and_a_strip_are_drawn() -> None:
    """Catches sizes that only work upwards."""
    values = np.random.default_rng(0).normal(size=(299, 299, 3)).astype(np.float32)
    segments = np.arange(299 * 299, dtype=np.int32).reshape(299, 299) // 5000
    for height, width in ((16, 16), (16, 320), (320, 16)):
        assert overlay(grey_photo(height, width), values, True).shape == (height, width, 3)
        assert overlay(grey_photo(height, width), values, True, segments=segments).shape == (height, width, 3)


def test_render_imports_numpy_and_pillow_only() -> None:
    """Catches drawing that pulls in a plotting library or a network, and an import from another room."""
    code = "import sys; before = set(sys.modules); import xai_core.render.pictures; print(*(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in loaded if name.startswith("xai_core.")}
    assert ours == {"xai_core.render", "xai_core.render.heatmap", "xai_core.render.pictures"}
    heavy = re.compile(r"^(scipy|skimage|cv2|matplotlib|plotly|tensorflow|streamlit)(\.|$)")
    assert not [name for name in loaded if heavy.match(name)]


def test_activations_are_grey_from_nothing_to_their_peak() -> None:
    """Catches a percentile that flattens the peak, and negative values drawn as if they were activations."""
    picture = grey(np.array([[0.0, 1.0], [2.0, -4.0]]), (300, 600, 3), 4)
    np.testing.assert_array_equal(picture[..., 0], [[0, 0, 128, 128], [255, 255, 0, 0]])
    assert (picture[..., 0] == picture[..., 2]).all()
    assert not grey(np.zeros((2, 2)), (10, 10), 2).any()


def test_signed_colours_stand_around_grey() -> None:
    """Catches a picture stretched from its own minimum, in which 0 would have another grey for each kernel."""
    picture = around_grey(np.array([[[0.0, 2.0, -2.0]], [[1.0, 0.0, 0.0]]]))
    np.testing.assert_array_equal(picture, [[[128, 255, 0]], [[191, 128, 128]]])
    assert (around_grey(np.zeros((2, 2, 3))) == 128).all()


def test_a_class_map_has_one_colour_a_class_in_the_order_of_its_legend() -> None:
    """Catches a legend whose colours belong to other breeds than those on the photo."""
    classes = np.array([[7, 7], [3, 90]], np.int32)
    black = np.zeros((40, 60, 3), np.uint8)
    drawn = class_map(black, classes, [7, 3]).astype(float)
    corners = [drawn[0, 0], drawn[0, -1], drawn[-1, 0], drawn[-1, -1]]
    named = [np.array(tuple(bytes.fromhex(colour[1:])), float) for colour in class_colours(2)]
    for corner, colour in zip(corners, [named[0], named[0], named[1], named[2]], strict=True):
        np.testing.assert_allclose(corner / corner.max(), colour / colour.max(), atol=0.02)
    assert len(set(class_colours(6))) == 7
    np.testing.assert_array_equal(drawn[:20, :30], np.broadcast_to(corners[0], (20, 30, 3)))


def test_maps_on_one_scale_keep_their_differences() -> None:
    """Catches a map that is brought to full heat by itself although it was given the scale of others."""
    values = np.array([[1.0, -2.0], [0.0, 8.0]], np.float32)
    np.testing.assert_allclose(heat(values, True, 4.0), [[0.25, -0.5], [0, 1]])
    np.testing.assert_allclose(heat(values / 8, True, 4.0), np.array([[0.25, -0.5], [0, 2]]) / 8)
    photo = np.full((40, 40, 3), 90, np.uint8)
    weak, strong = (overlay(photo, times * values, True, mode="map", full=8.0)[35, 35] for times in (0.25, 1.0))
    assert tuple(strong) == FULL_FOR
    assert tuple(weak) != FULL_FOR
