"""The dog's box and outline: the networks against what their makers' graph answered, the rules on drawn cases."""

import builtins
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_core.detection import detector, locate, network, salience
from xai_core.detection.detector import Detection
from xai_core.detection.locate import DogLocation
from xai_core.errors import WeightsError
from xai_core.photos.decoding import load_photo
from xai_core.photos.foreground import Box
from xai_core.resources import ROOT, SAMPLES

find = locate.locate  # before it is replaced for all other tests


def pixels(name: str) -> np.ndarray:
    return load_photo((SAMPLES / name).read_bytes()).pixels


def whole(animal: str, score: float = 0.9, area: tuple[float, float, float, float] = (0.1, 0.1, 0.9, 0.9)) -> Detection:
    return Detection(*area, animal, score)


@pytest.fixture(scope="module")
def shepherd() -> DogLocation:
    return find(pixels("german_shepherd.webp"))


def test_boxes_are_those_of_the_original_graph() -> None:
    """Catches wrong anchors, a wrong padding, and weights in the wrong place.

    The scores and edges were computed by TensorFlow from the package's own graph, of the photo squeezed by Pillow's filter.
    """
    found = detector.detect(pixels("dog_man_and_horse.jpg"))
    horse = next(one for one in found if one.animal == "sheep")
    dog = next(one for one in found if one.animal == "dog")
    assert (horse.score, dog.score) == (pytest.approx(0.904, abs=0.03), pytest.approx(0.789, abs=0.06))
    np.testing.assert_allclose(
        [horse.left, horse.top, horse.right, horse.bottom], [0.629, 0.320, 0.937, 0.796], atol=0.02
    )
    np.testing.assert_allclose([dog.left, dog.top, dog.right, dog.bottom], [0.109, 0.621, 0.315, 0.823], atol=0.02)


@pytest.mark.parametrize(
    ("sample", "animal"), [("dog_and_bicycle.jpg", "dog"), ("german_shepherd.webp", "dog"), ("kitten.webp", "cat")]
)
def test_animals_are_told_apart(sample: str, animal: str) -> None:
    """Catches red and blue exchanged, and a list of animals that is shifted."""
    [first, *_others] = detector.detect(pixels(sample))
    assert (first.animal, first.score > 0.7) == (animal, True)


def test_without_openvino_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an output of OpenCV's engine that differs, where it is the only one."""
    rest = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "openvino":
            raise ImportError(name)
        return rest(name, *more)

    photo = pixels("dog_and_bicycle.jpg")
    expected, outlined = detector.detect(photo), salience.salience(photo)
    monkeypatch.setattr(builtins, "__import__", without)
    for module in (detector, salience):
        fresh = module._network.__wrapped__()
        assert fresh._request is None
        monkeypatch.setattr(module, "_network", lambda fresh=fresh: fresh)
    for one, other in zip(detector.detect(photo), expected, strict=True):
        assert one.animal == other.animal
        assert one.score == pytest.approx(other.score, abs=1e-3)
        assert one.left == pytest.approx(other.left, abs=1e-3)
    assert np.abs(salience.salience(photo) - outlined).max() < 1e-3


def test_a_changed_or_missing_network_is_one_sentence(tmp_path: Path) -> None:
    """Catches a network that is run although its file is another one."""
    path = tmp_path / "dog_detector" / "network.onnx"
    with pytest.raises(WeightsError, match=r"dog_detector/network\.onnx is missing"):
        network.OnnxNetwork(path, detector.DIGEST, ("encodings",))
    path.parent.mkdir()
    path.write_bytes(b"another")
    with pytest.raises(WeightsError, match="is damaged"):
        network.OnnxNetwork(path, detector.DIGEST, ("encodings",))


def test_another_folder_of_classifiers_changes_nothing(tmp_path: Path) -> None:
    """Catches networks that are looked for among the classifiers that somebody trained."""
    code = "from xai_core.detection import detector; detector._network()"
    environment = os.environ | {"SEESPOT_MODELS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)


def test_the_shepherd_is_outlined(shepherd: DogLocation) -> None:
    """Catches an outline that is inverted, mirrored or shifted by the border around the photo.

    The corners were looked at: the dog stands in the middle, its head above the grass on the left.
    """
    assert shepherd.animals == ("dog",) and shepherd.doubts == () and shepherd.reliable()
    height, width = shepherd.outline.shape
    assert (height, width) == (360, 480)
    assert not shepherd.outline[:8].any() and not shepherd.outline[:, :4].any()
    assert 0.25 < shepherd.share < 0.4
    left, top, right, bottom = (shepherd.boxes[0] * (width, height, width, height)).astype(int)
    box = np.zeros((height, width), bool)
    box[top : bottom + 1, left : right + 1] = True
    assert (shepherd.outline & box).sum() / shepherd.outline.sum() > 0.97


def test_a_mirrored_photo_has_a_mirrored_outline(shepherd: DogLocation) -> None:
    """Catches a second map that is not mirrored back."""
    mirrored = find(np.ascontiguousarray(pixels("german_shepherd.webp")[:, ::-1]))
    back = mirrored.outline[:, ::-1]
    assert (back & shepherd.outline).sum() / (back | shepherd.outline).sum() > 0.9


def test_a_box_by_hand_holds_the_outline() -> None:
    """Catches a box that is ignored, or taken as shares instead of percent."""
    box = Box(50, 40, 95, 90)
    found = find(pixels("dog_and_bicycle.jpg"), box)
    rows, columns = np.nonzero(found.outline)
    height, width = found.outline.shape
    if rows.size:
        slack = 0.03 * 0.5
        assert columns.min() >= (0.5 - slack) * width - 1 and columns.max() <= (0.95 + slack) * width + 1
        assert rows.min() >= (0.4 - slack) * height - 1 and rows.max() <= (0.9 + slack) * height + 1
    assert "several" not in found.doubts and "none" not in found.doubts


def test_another_animal_is_doubted_unless_the_photo_is_known_to_show_a_dog() -> None:
    """Catches a cat that is called the dog."""
    cat = find(pixels("kitten.webp"))
    assert cat.doubts == ("animal",)
    assert not cat.is_dog and not cat.reliable() and cat.reliable(known_dog=True)
    assert cat.sentences() == ["The detector sees another animal here, not a dog."]


@pytest.mark.parametrize(
    ("found", "doubt"),
    [
        ([], "none"),
        ([whole("bear")], "animal"),
        ([whole("dog"), whole("dog", area=(0.0, 0.0, 0.09, 0.9))], ""),  # far behind
        ([whole("dog", area=(0, 0, 0.5, 1)), whole("dog", area=(0.5, 0, 1, 1))], "several"),
        ([whole("dog"), whole("dog", area=(0.2, 0.2, 0.6, 0.6))], ""),  # a part of the first
        ([whole("cat", 0.95), whole("dog", 0.3)], ""),  # a dog goes before all other animals
        ([whole("dog", 0.15), whole("sheep", 0.3)], "animal"),
        ([whole("dog", 0.15), whole("sheep", 0.22)], "none"),
    ],
)
def test_the_doubts_follow_from_the_boxes(found: list[Detection], doubt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a second dog that is not told, and an animal that is called a dog."""
    monkeypatch.setattr(detector, "detect", lambda pixels: found)
    monkeypatch.setattr(salience, "salience", brightness)
    assert find(disc()).doubts == tuple(filter(None, (doubt,)))


def disc(radius: float = 0.3) -> np.ndarray:
    """Return a white ellipse on black, u8[200,240,3]."""
    rows, columns = np.mgrid[:200, :240]
    inside = np.hypot((rows + 0.5) / 200 - 0.5, (columns + 0.5) / 240 - 0.5) < radius
    return np.repeat(inside[..., np.newaxis] * np.uint8(255), 3, axis=-1)


def brightness(window: np.ndarray) -> np.ndarray:
    """Return that what is white stands out."""
    return window[..., 0] / np.float32(255)


def test_two_maps_that_disagree_are_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an outline that is believed whatever the second map says."""
    monkeypatch.setattr(detector, "detect", lambda pixels: [whole("dog")])
    least = iter((0, 128))
    grey = disc(0.35) // 2 + disc(0.2) // 4
    monkeypatch.setattr(salience, "salience", lambda window: (window[..., 0] > next(least)).astype(np.float32))
    assert find(grey).doubts == ("unsteady",)


def test_islands_and_holes_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a speck of grass that counts as dog, and a collar that does not."""
    monkeypatch.setattr(detector, "detect", lambda pixels: [whole("dog", area=(0, 0, 1, 1))])
    monkeypatch.setattr(salience, "salience", brightness)
    photo = disc()
    photo[98:102, 118:122] = 0
    photo[20:24, 30:34] = 255
    np.testing.assert_array_equal(find(photo).outline, disc()[..., 0] > 0)
