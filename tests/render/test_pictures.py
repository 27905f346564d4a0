"""Pictures composed of others: each part lies where it should and keeps its colours."""

import numpy as np

from xai_core.render.pictures import crop, from_rgb, in_squares, sheet, spotlight, with_box, with_outline, with_patch


def test_a_spotlight_leaves_the_photo_where_the_map_is_full() -> None:
    """Catches a photo that is recoloured, and one that vanishes where the map is silent."""
    pixels = np.full((4, 4, 3), 200, np.uint8)
    lit = spotlight(pixels, np.array([[0.0, 0, 0, 3]] * 4))
    assert (lit[:, 3] == 200).all()
    assert 0 < lit[0, 0, 0] < 40


def test_small_pictures_become_squares() -> None:
    """Catches a kernel of 3 x 3 that the browser blurs."""
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = in_squares(picture, 5)
    assert large.shape == (6, 6, 3)
    assert (large[:3, :3] == picture[0, 0]).all() and (large[3:, 3:] == picture[1, 1]).all()
    assert in_squares(large, 4).shape == large.shape


def test_a_sheet_puts_pictures_in_rows_with_gaps_that_show_the_page() -> None:
    """Catches rows and columns changed over, and a ground that fits only one theme."""
    pictures = [np.full((8, 16, 3), value, np.uint8) for value in (10, 20, 30)]
    whole = sheet(pictures, 2)
    assert whole.shape == (18, 34, 4)
    assert whole[0, 0, 0] == 10 and whole[0, -1, 0] == 20 and whole[-1, 0, 0] == 30
    assert whole[0, 16, 3] == whole[-1, -1, 3] == 0 and whole[0, 0, 3] == 255


def test_the_same_part_is_cropped_from_a_photo_and_of_its_square_copy() -> None:
    """Catches height and width changed over, and a part that is moved by the squeezing."""
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[10:, :20] = 200
    square = np.zeros((8, 8, 3), np.uint8)
    square[4:, :4] = 200
    box = (0.5, 0.0, 1.0, 0.5)
    for picture in (wide, square):
        part = crop(picture, box, wide.shape, 30)
        assert part.shape == (15, 30, 3)
        assert (abs(part[8:, :20].astype(int) - 200) <= 2).all()  # the rim is blended with what lies beyond it


def test_what_lies_in_the_box_keeps_its_colours_and_the_rest_fades() -> None:
    """Catches a box with rows and columns exchanged, and a mask that is ignored or fades what it should keep."""
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    drawn = with_box(photo, (10, 20, 50, 55))
    np.testing.assert_array_equal(drawn[24:51, 14:46], photo[24:51, 14:46])
    assert (drawn[20, 10:50] == 255).all() and (drawn[20:55, 49] == 255).all()
    assert drawn[:18].min() > 150
    inside = np.zeros((60, 80), bool)
    inside[30:40, 30:40] = True
    drawn = with_box(photo, (10, 20, 50, 55), inside)
    np.testing.assert_array_equal(drawn[30:40, 30:40], photo[30:40, 30:40])
    assert drawn[24:28, 14:46].min() > 150


def test_an_outline_lies_around_its_places_and_nowhere_else() -> None:
    """Catches an outline over the whole picture, one of the wrong side or none."""
    photo = np.full((120, 160, 3), 90, np.uint8)
    places = np.zeros((12, 16), bool)
    places[3:7, 5:10] = True
    drawn = (with_outline(photo, places) != photo).any(axis=-1)
    assert not drawn[34:66, 54:96].any()
    around = drawn.copy()
    around[24:76, 44:106] = False
    assert not around.any()
    assert drawn[50, 40:50].any() and drawn[50, 100:110].any() and drawn[24:31, 75].any() and drawn[70:77, 75].any()
    np.testing.assert_array_equal(with_outline(photo, np.zeros((12, 16), bool)), photo)


def test_a_patch_comes_from_the_other_picture_where_the_mask_is_true() -> None:
    """Catches the two pictures or the axes of the mask exchanged."""
    mask = np.array([[False, True], [False, False]])
    mixed = with_patch(np.full((8, 12, 3), 10, np.uint8), np.full((2, 2, 3), 200, np.uint8), mask)
    assert (mixed[:4, 6:] == 200).all()
    assert (mixed[4:] == 10).all() and (mixed[:, :6] == 10).all()


def test_rgb_in_the_unit_range_becomes_bytes() -> None:
    """Catches values outside [0, 1] that wrap around, and truncation in place of rounding."""
    np.testing.assert_array_equal(from_rgb(np.array([[[-0.2, 0.4999, 1.3]]])), [[[0, 127, 255]]])
