"""Changed photos against what the change means, and maps changed back against what they were."""

import numpy as np
import pytest

from xai_core.errors import ParameterError
from xai_core.photos import perturbations
from xai_core.photos.perturbations import BLUR, BRIGHTNESS, CHANGES, FILLS, ROTATION, SCALE, SHIFT


def photo(height: int = 24, width: int = 24, kind: type = np.uint8) -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return noise if kind is np.uint8 else (noise / 255).astype(kind)


def disc(height: int, width: int, x: float, y: float, radius: float) -> np.ndarray:
    """Return a white disc on black, places and radius in pixels, as f32[h,w,3]."""
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    return np.repeat(inside[..., np.newaxis], 3, axis=-1).astype(np.float32)


def centre(values: np.ndarray) -> tuple[float, float]:
    """Return (x, y), the centre of gravity of f32[h,w]."""
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]]
    x, y = (float((places * values).sum() / values.sum()) for places in (columns, rows))
    return x, y


kinds = pytest.mark.parametrize("kind", [np.uint8, np.float32])


@kinds
@pytest.mark.parametrize("side", [24, 25])
@pytest.mark.parametrize("quarters", range(5))
def test_quarter_turns_of_a_square_are_exact_and_clockwise(kind: type, side: int, quarters: int) -> None:
    """Catches a centre half a pixel off, a turn the wrong way, and rounding where no pixel lies between two others."""
    before = photo(side, side, kind)
    np.testing.assert_array_equal(perturbations.rotate(before, 90 * quarters), np.rot90(before, -quarters))


@kinds
def test_half_and_whole_turns_are_exact_in_any_frame(kind: type) -> None:
    """Catches an interpolation where every pixel has a place, and a mirror image in place of a turn."""
    before = photo(20, 33, kind)
    np.testing.assert_array_equal(perturbations.rotate(before, 180), before[::-1, ::-1])
    np.testing.assert_array_equal(perturbations.rotate(before, 360), before)


@kinds
def test_a_shift_by_whole_pixels_is_exact_and_its_edge_has_the_mean_colour(kind: type) -> None:
    """Catches a shift the wrong way or by a share of the height, and an edge that is black or repeated."""
    before = photo(20, 40, kind)
    after = perturbations.shift(before, 25)
    np.testing.assert_array_equal(after[:, 10:], before[:, :30])
    mean = before.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    expected = np.rint(mean) if kind is np.uint8 else mean
    np.testing.assert_allclose(after[:, :10], np.broadcast_to(expected, (20, 10, 3)), rtol=1e-6)


def test_corners_that_turn_into_view_have_the_mean_colour() -> None:
    """Catches black corners, which a network takes for something that is in the photo."""
    before = disc(41, 41, 20, 20, 8)
    corner = perturbations.rotate(before, 45)[0, 0]
    np.testing.assert_allclose(corner, before.mean(axis=(0, 1)), rtol=1e-6)


@pytest.mark.parametrize(("percent", "expected"), [(50, 0.25), (200, 4.0)])
def test_scale_changes_areas_by_its_square_and_keeps_the_centre(percent: float, expected: float) -> None:
    """Catches a factor that is inverted or applied to one side only, and a scale about the corner."""
    before = disc(101, 151, 75, 50, 16)
    after = perturbations.scale(before, percent)[..., 0]
    drawn = after > 0.5
    assert drawn.sum() / (before[..., 0] > 0.5).sum() == pytest.approx(expected, rel=0.03)
    assert centre(drawn) == pytest.approx((75, 50), abs=0.01)


def test_a_squeezed_photo_turns_as_the_photo_does() -> None:
    """Catches a turn that takes the network's square for the photo's shape: the dog's legs would shear."""
    wide = disc(100, 200, 150, 30, 12)  # 50 right of the centre, 20 above it
    squeezed = wide[:, ::2]
    turned = perturbations.rotate(squeezed, 45, aspect=2.0)[..., 0]
    x, y = centre(np.where(turned > 0.5, turned, 0))
    # (49.5, -19.5) turned by 45 degrees is (48.8, 21.2), in pixels of the wide photo.
    assert (2 * x - 99.5, y - 49.5) == pytest.approx(((50.5 + 19.5) * 0.7071, (50.5 - 19.5) * 0.7071), abs=1)


@kinds
def test_brightness_multiplies_and_stays_inside_the_range(kind: type) -> None:
    """Catches values that wrap around at 255, and clipping at the wrong end."""
    before = photo(kind=kind)
    white = 255 if kind is np.uint8 else 1
    np.testing.assert_array_equal(perturbations.brighten(before, 100), before)
    assert not perturbations.brighten(before, 0).any()
    exact = np.minimum(before.astype(np.float64) * 1.5, white)
    np.testing.assert_allclose(perturbations.brighten(before, 150), exact, atol=0.5 if kind is np.uint8 else 1e-6)
    assert perturbations.brighten(before, 200).max() == white


@kinds
def test_blur_keeps_the_mean_and_takes_the_detail(kind: type) -> None:
    """Catches a kernel that does not sum to 1, and edges blurred towards black."""
    before = photo(60, 60, kind)
    after = perturbations.blur(before, 10)
    np.testing.assert_array_equal(perturbations.blur(before, 0), before)
    np.testing.assert_allclose(after.mean(axis=(0, 1)), before.mean(axis=(0, 1)), rtol=0.05)
    assert after.std() < before.std() / 5


def test_blur_is_as_wide_as_it_says_in_both_directions() -> None:
    """Catches a blur that a squeezed photo gets in one direction only half as wide."""
    point = np.zeros((101, 101, 3), np.float32)
    point[50, 50] = 1
    spread = perturbations.blur(point, 5, aspect=2.0)[..., 0]
    rows, columns = np.mgrid[:101, :101] - 50
    # 5 % of the height, 101 px, and half as many columns, each standing for two.
    assert np.sqrt((spread * rows**2).sum()) == pytest.approx(5.05, rel=0.05)
    assert np.sqrt((spread * columns**2).sum()) == pytest.approx(5.05 / 2, rel=0.05)


@pytest.mark.parametrize(("fill", "value"), [("grey", 128), ("black", 0), ("white", 255)])
def test_a_hidden_window_has_its_fill_and_the_rest_is_untouched(fill: str, value: int) -> None:
    """Catches x and y exchanged, a size in shares of the longer side, and fills scaled to the wrong range."""
    before = photo(40, 80)
    hidden = perturbations.occlude(before, 25, 50, 20, fill)
    inside = np.zeros((40, 80), bool)
    inside[16:24, 16:24] = True
    assert (hidden[inside] == value).all()
    np.testing.assert_array_equal(hidden[~inside], before[~inside])


def test_other_fills_come_from_the_photo_itself() -> None:
    """Catches a mean over the window alone, and a blur that keeps the shapes."""
    before = photo(40, 40, np.float32)
    hidden = perturbations.occlude(before, 50, 50, 50, "mean")
    np.testing.assert_allclose(hidden[20, 20], before.mean(axis=(0, 1)), rtol=1e-5)
    blurred = perturbations.occlude(before, 50, 50, 50, "blurred")
    np.testing.assert_array_equal(blurred[10:30, 10:30], perturbations.blur(before, 8)[10:30, 10:30])


def test_a_window_at_the_edge_is_cut_off_there_and_never_empty() -> None:
    """Catches negative indices that wrap around, and a window of no pixels."""
    assert perturbations.window((40, 80), 0, 100, 50) == (0, 30, 10, 40)
    assert perturbations.window((40, 80), 50, 50, 100) == (20, 0, 60, 40)
    left, top, right, bottom = perturbations.window((16, 16), 100, 100, 1)
    assert (right - left, bottom - top) == (1, 1)
    assert right <= 16


@pytest.mark.parametrize("place", [(-1, 50, 20), (50, 101, 20), (50, 50, 0), (50, 50, 101), (float("nan"), 50, 20)])
def test_a_window_outside_the_photo_is_refused(place: tuple[float, float, float]) -> None:
    """Catches a window that silently hides nothing."""
    with pytest.raises(ParameterError, match="window"):
        perturbations.occlude(photo(), *place)


def test_an_unknown_fill_names_the_known_ones() -> None:
    """Catches a KeyError that reaches the user."""
    with pytest.raises(ParameterError, match=", ".join(FILLS)):
        perturbations.occlude(photo(), 50, 50, 20, "fur")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_amounts_span_the_range_and_pass_the_neutral_one(change: perturbations.Change) -> None:
    """Catches a curve that never shows the unchanged photo, and steps that are rounded out of the range."""
    amounts = change.amounts(21)
    assert (amounts[0], amounts[-1]) == (change.minimum, change.maximum)
    assert (np.diff(amounts) > 0).all()
    assert change.neutral in amounts


@kinds
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_neutral_amount_changes_nothing_and_the_photo_stays_as_it_was(
    change: perturbations.Change, kind: type
) -> None:
    """Catches a resampling at the neutral amount, and a change written into the given array."""
    before = photo(20, 30, kind)
    kept = before.copy()
    np.testing.assert_array_equal(change.apply(before, change.neutral, None), kept)
    after = change.apply(before, change.maximum, None)
    np.testing.assert_array_equal(before, kept)
    assert after.dtype == before.dtype
    assert after is not before and not np.shares_memory(after, before)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("outside", [-1.0, 1.0, float("nan")])
def test_amounts_outside_the_range_are_refused(change: perturbations.Change, outside: float) -> None:
    """Catches a limit that only the slider knows."""
    amount = (change.maximum if outside > 0 else change.minimum) + outside
    with pytest.raises(ParameterError, match=change.title):
        change.apply(photo(), amount, None)


def smooth_map(height: int = 40, width: int = 60) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (np.sin(columns / 9) + np.cos(rows / 7)).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "amount"),
    [(ROTATION, 33.0), (ROTATION, 250.0), (SHIFT, 20.0), (SHIFT, -7.3), (SCALE, 60.0), (SCALE, 170.0)],
)
@pytest.mark.parametrize("aspect", [None, 0.8])
def test_a_map_that_moved_with_the_photo_comes_back_where_the_photo_still_showed_it(
    change: perturbations.Change, amount: float, aspect: float | None
) -> None:
    """Catches an inverse that turns the wrong way, about another centre, or calls unseen places known."""
    values = smooth_map()
    as_photo = np.repeat((values[..., np.newaxis] + 2) / 4, 3, axis=-1)  # into a photo's range
    moved = change.apply(as_photo, amount, aspect)[..., 0] * 4 - 2
    undone, seen = change.undo(moved, amount, aspect)
    # At the border of the frame the moved map is mixed with the colour that fills the rest.
    inner = seen & ~_near(~seen) & _inside(seen.shape)
    assert inner.mean() > 0.2
    np.testing.assert_allclose(undone[inner], values[inner], atol=0.05)


def test_exact_inverses_and_exact_masks() -> None:
    """Catches an inverse that is half a pixel off, and a mask that misses a row or column."""
    values = np.random.default_rng(1).random((20, 40)).astype(np.float32)
    undone, seen = ROTATION.undo(values[::-1, ::-1].copy(), 180)
    np.testing.assert_array_equal(undone, values)
    assert seen.all()
    moved = np.full_like(values, 9)
    moved[:, 10:] = values[:, :30]
    undone, seen = SHIFT.undo(moved, 25)
    np.testing.assert_array_equal(seen, np.arange(40) < np.full((20, 1), 30))
    np.testing.assert_array_equal(undone[seen], values[seen])
    # Drawn at twice its size, only the middle half of the photo is in sight.
    _, seen = SCALE.undo(values, 200)
    expected = np.zeros((20, 40), bool)
    expected[5:15, 10:30] = True
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("change", [BRIGHTNESS, BLUR])
def test_light_and_blur_move_nothing(change: perturbations.Change) -> None:
    """Catches maps that are moved although the photo was not."""
    values = smooth_map()
    undone, seen = change.undo(values, change.maximum)
    np.testing.assert_array_equal(undone, values)
    assert seen.all()


def _near(mask: np.ndarray) -> np.ndarray:
    """Return the mask grown by three places on each side."""
    padded = np.pad(mask, 3)
    rows, columns = mask.shape
    return np.logical_or.reduce([padded[r : r + rows, c : c + columns] for r in range(7) for c in range(7)])


def _inside(shape: tuple[int, int]) -> np.ndarray:
    """Return where a place has three neighbours on each side."""
    inside = np.zeros(shape, bool)
    inside[3:-3, 3:-3] = True
    return inside
