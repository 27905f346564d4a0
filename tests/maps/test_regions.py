"""Parts of a photo: shares that can be counted by hand, marks that survive an address, and photos without a dog."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import ComputationError, ParameterError
from xai_core.maps import regions as parts_module
from xai_core.maps.regions import KEYS, SIDE, Parts, evidence, suggested
from xai_core.photos.foreground import Box

#: Four quarters, of which the lower two are background.
SEGMENTS = np.kron(np.array([[0, 1], [2, 3]], np.int32), np.ones((SIDE // 2, SIDE // 2), np.int32))


def parts(*regions: str) -> Parts:
    return Parts(SEGMENTS, np.array([KEYS.index(one) for one in regions], np.uint8))


def share(found, region: str) -> float:
    return float(found.arrays["share"][KEYS.index(region)])


def quarters(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[SEGMENTS]


MARKED = parts("head", "legs", "background", "background")


def test_shares_are_those_of_the_positive_evidence() -> None:
    """Catches evidence against a class that is counted as evidence for it, or taken off another region's."""
    found = evidence(quarters(3, 1, 4, -100), MARKED)
    assert (share(found, "head"), share(found, "legs"), share(found, "background")) == pytest.approx(
        (3 / 8, 1 / 8, 1 / 2)
    )
    assert share(found, "body") == share(found, "dog") == 0
    np.testing.assert_allclose(found.arrays["area"], [0.5, 0, 0.25, 0, 0.25])
    assert found.numbers == {"any": 1.0, "outside": 0.5, "outside_area": 0.5, "much_outside": 1.0}


def test_channels_are_summed_before_the_sign_is_looked_at() -> None:
    """Catches a pixel whose red speaks for and whose blue as much against that counts as evidence."""
    values = np.stack([quarters(3, 1, 5, 0), np.zeros(SEGMENTS.shape, np.float32), quarters(0, 0, -5, 0)], axis=-1)
    found = evidence(values, MARKED)
    assert found.numbers["outside"] == 0
    assert share(found, "head") == pytest.approx(0.75)


def test_a_coarse_map_counts_as_it_is_drawn_and_units_do_not_matter() -> None:
    coarse = np.array([[3.0, 1.0], [0.0, 0.0]], np.float32)
    found = evidence(coarse, MARKED)
    assert share(found, "head") > share(found, "legs") > 0
    assert share(found, "background") < 0.25  # a little flows over the edge
    np.testing.assert_allclose(found.arrays["share"].sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(found.arrays["share"], evidence(coarse * 1000, MARKED).arrays["share"], rtol=1e-5)


@pytest.mark.parametrize(("outside", "flagged"), [(0.3, 0.0), (0.4, 1.0)])
def test_much_evidence_outside_is_flagged(outside: float, flagged: float) -> None:
    assert evidence(quarters(1 - outside, 0, outside, 0), MARKED).numbers["much_outside"] == flagged


def test_without_any_evidence_or_any_dog_nothing_is_flagged() -> None:
    """Catches a division by zero, and a warning about a dog that nobody has marked."""
    nothing = evidence(quarters(-1, 0, 0, -2), MARKED)
    assert nothing.numbers["any"] == nothing.numbers["much_outside"] == 0
    assert not nothing.arrays["share"].any()
    everywhere = evidence(quarters(1, 1, 1, 1), parts(*["background"] * 4))
    assert everywhere.numbers["outside"] == 1
    assert everywhere.numbers["much_outside"] == 0


def test_marks_survive_an_address() -> None:
    """Catches superpixels numbered 0 that are lost at the front, and an address longer than a line."""
    generator = np.random.default_rng(0)
    for count in (1, 2, 7, 90):
        for regions in (np.zeros(count), np.full(count, 4), generator.integers(0, 5, count)):
            some = Parts(np.zeros((2, 2), np.int32), regions.astype(np.uint8))
            text = some.written()
            assert len(text) <= 40
            assert text.replace("-", "").replace("_", "").isalnum()
            np.testing.assert_array_equal(some.read(text).regions, some.regions)


@pytest.mark.parametrize(
    "text", ["", "A", "????", "AAAA", "_" * 400, parts("head", "head", "head", "head").written() + "AA"]
)
def test_marks_of_another_photo_are_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="another photo"):
        MARKED.read(text)


def test_marking_changes_the_named_superpixels_only() -> None:
    changed = MARKED.marked([1, 3], "body")
    assert [KEYS[one] for one in changed.regions] == ["head", "body", "background", "body"]
    assert [KEYS[one] for one in MARKED.regions] == ["head", "legs", "background", "background"]
    np.testing.assert_allclose(MARKED.centres, [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]], atol=0.01)


def test_a_dog_on_plain_ground_is_told_from_it_and_a_plain_photo_has_none() -> None:
    generator = np.random.default_rng(1)
    pixels = np.full((240, 320, 3), (60, 150, 60), np.uint8) + generator.integers(0, 12, (240, 320, 3), np.uint8)
    pixels[70:180, 100:220] = (200, 120, 40)
    found, seen = suggested(pixels)
    assert seen
    marked = found.map == KEYS.index("dog")
    inside = np.zeros((SIDE, SIDE), bool)
    inside[65:168, 70:154] = True
    assert (marked & inside).sum() / (marked | inside).sum() > 0.75


def test_a_photo_in_which_nothing_stands_out_is_all_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a page that fails where GrabCut finds nothing."""

    def nothing(pixels: np.ndarray, box: Box) -> np.ndarray:
        raise ComputationError("Nothing stands out.")

    monkeypatch.setattr(parts_module, "foreground_mask", nothing)
    found, seen = suggested(np.rint(fakes.photo((64, 80)) * 255).astype(np.uint8))
    assert not seen
    assert not found.regions.any()
    assert len(found.regions) == found.segments.max() + 1
