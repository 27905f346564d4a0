"""Regions of a photo: shares that can be counted by hand, marks that survive an address, and photos without a dog."""

import numpy as np
import pytest

from xai_core.errors import ParameterError
from xai_core.maps.regions import KEYS, SIDE, MarkedRegions, RegionShares, region_shares, suggest_regions

#: Four quarters, of which the lower two are background.
SEGMENTS = np.kron(np.array([[0, 1], [2, 3]], np.int32), np.ones((SIDE // 2, SIDE // 2), np.int32))


def marked(*regions: str) -> MarkedRegions:
    return MarkedRegions(SEGMENTS, np.array([KEYS.index(region) for region in regions], np.uint8))


def share(result: RegionShares, region: str) -> float:
    return float(result.shares[KEYS.index(region)])


def quarters(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[SEGMENTS]


MARKED = marked("head", "legs", "background", "background")


def test_shares_are_those_of_the_positive_evidence() -> None:
    """Catches evidence against a class that is counted as evidence for it, or taken off another region's."""
    result = region_shares(quarters(3, 1, 4, -100), MARKED)
    assert (share(result, "head"), share(result, "legs"), share(result, "background")) == pytest.approx(
        (3 / 8, 1 / 8, 1 / 2)
    )
    assert share(result, "body") == share(result, "dog") == 0
    np.testing.assert_allclose(result.areas, [0.5, 0, 0.25, 0, 0.25])
    assert (result.outside, result.outside_area) == (0.5, 0.5)
    assert result.any_evidence and result.much_outside


def test_channels_are_summed_before_the_sign_is_looked_at() -> None:
    """Catches a pixel whose red speaks for and whose blue as much against that counts as evidence."""
    values = np.stack([quarters(3, 1, 5, 0), np.zeros(SEGMENTS.shape, np.float32), quarters(0, 0, -5, 0)], axis=-1)
    result = region_shares(values, MARKED)
    assert result.outside == 0
    assert share(result, "head") == pytest.approx(0.75)


def test_a_coarse_map_counts_as_it_is_drawn_and_units_do_not_matter() -> None:
    """Catches a map stretched by nearest neighbours, and shares that are not divided by their sum."""
    coarse = np.array([[3.0, 1.0], [0.0, 0.0]], np.float32)
    result = region_shares(coarse, MARKED)
    assert share(result, "head") > share(result, "legs") > 0
    assert share(result, "background") < 0.25  # a little flows over the edge
    np.testing.assert_allclose(result.shares.sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(result.shares, region_shares(coarse * 1000, MARKED).shares, rtol=1e-5)


@pytest.mark.parametrize(("outside", "flagged"), [(0.3, False), (0.4, True)])
def test_much_evidence_outside_is_flagged(outside: float, flagged: bool) -> None:
    """Catches a limit other than a third, and one for the area."""
    assert region_shares(quarters(1 - outside, 0, outside, 0), MARKED).much_outside == flagged


def test_without_any_evidence_or_any_dog_nothing_is_flagged() -> None:
    """Catches a division by zero, and a warning about a dog that nobody has marked."""
    nothing = region_shares(quarters(-1, 0, 0, -2), MARKED)
    assert not nothing.any_evidence and not nothing.much_outside
    assert not nothing.shares.any()
    everywhere = region_shares(quarters(1, 1, 1, 1), marked(*["background"] * 4))
    assert everywhere.outside == 1
    assert not everywhere.much_outside


def test_marks_survive_an_address() -> None:
    """Catches superpixels numbered 0 that are lost at the front, and an address longer than a line."""
    generator = np.random.default_rng(0)
    for count in (1, 2, 7, 90):
        for regions in (np.zeros(count), np.full(count, 4), generator.integers(0, 5, count)):
            some = MarkedRegions(np.zeros((2, 2), np.int32), regions.astype(np.uint8))
            text = some.to_text()
            assert len(text) <= 40
            assert text.replace("-", "").replace("_", "").isalnum()
            np.testing.assert_array_equal(some.from_text(text).regions, some.regions)


@pytest.mark.parametrize(
    "text", ["", "A", "????", "AAAA", "_" * 400, marked("head", "head", "head", "head").to_text() + "AA"]
)
def test_marks_of_another_photo_are_refused(text: str) -> None:
    """Catches a damaged or foreign address that marks arbitrary superpixels or ends in a traceback."""
    with pytest.raises(ParameterError, match="another photo"):
        MARKED.from_text(text)


def test_marking_changes_the_named_superpixels_only() -> None:
    """Catches marks written into the shared array, and centres with rows and columns exchanged."""
    changed = MARKED.with_region([1, 3], "body")
    assert [KEYS[region] for region in changed.regions] == ["head", "body", "background", "body"]
    assert [KEYS[region] for region in MARKED.regions] == ["head", "legs", "background", "background"]
    np.testing.assert_allclose(MARKED.centres, [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]], atol=0.01)


def test_superpixels_inside_the_outline_are_the_dog() -> None:
    """Catches dog and background exchanged, and an outline at the photo's size laid over the square copy."""
    generator = np.random.default_rng(1)
    pixels = np.full((240, 320, 3), (60, 150, 60), np.uint8) + generator.integers(0, 12, (240, 320, 3), np.uint8)
    pixels[70:180, 100:220] = (200, 120, 40)
    outline = np.zeros((120, 160), bool)
    outline[35:90, 50:110] = True
    dog = suggest_regions(pixels, outline).pixel_regions == KEYS.index("dog")
    inside = np.zeros((SIDE, SIDE), bool)
    inside[65:168, 70:154] = True
    assert (dog & inside).sum() / (dog | inside).sum() > 0.75
    assert not suggest_regions(pixels, np.zeros((120, 160), bool)).regions.any()
