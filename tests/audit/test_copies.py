"""Copies of photos: each counts once, is named, and two photos are not taken for one."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.audit.bench import Bench, explainers, photo
from xai_core.audit.copies import Match, SeenPhotos
from xai_core.audit.folder import Folder
from xai_core.audit.plan import Plan
from xai_core.audit.planning import make_plan
from xai_core.audit.remarks import remarks
from xai_core.photos.decoding import from_pixels, load_photo
from xai_core.resources import SAMPLES
from xai_core.types import ImageInput

PHOTOS = sorted(path for path in SAMPLES.iterdir() if path.suffix in (".webp", ".jpg", ".png"))


def saved_again(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def cropped(picture: Image.Image, left: float, above: float, right: float, below: float) -> Image.Image:
    width, height = picture.size
    return picture.crop(
        (round(width * left), round(height * above), round(width * (1 - right)), round(height * (1 - below)))
    )


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "quality 50": lambda one: saved_again(one, 50),
    "quality 90": lambda one: saved_again(one, 90),
    "half": lambda one: one.resize((one.width // 2, one.height // 2)),
    "larger": lambda one: one.resize((one.width * 3 // 2, one.height * 3 // 2)),
    "cropped": lambda one: cropped(one, 0.04, 0.04, 0.04, 0.04),
    "cropped on one side": lambda one: cropped(one, 0.06, 0, 0, 0),
    "lighter": lambda one: ImageEnhance.Brightness(one).enhance(1.15),
    "darker": lambda one: ImageEnhance.Brightness(one).enhance(0.85),
    "all": lambda one: saved_again(ImageEnhance.Brightness(cropped(one, 0.02, 0, 0, 0.03)).enhance(1.1), 70),
}


def picture(image: Image.Image) -> ImageInput:
    return from_pixels(np.asarray(image.convert("RGB")), "photo")


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_recognised(change: str) -> None:
    """Catches a photo that counts twice because it was saved again, made smaller, cropped or brightened."""
    for path in PHOTOS:
        original = Image.open(path).convert("RGB")
        seen = SeenPhotos()
        assert seen.match(picture(original)) is None
        assert seen.match(picture(CHANGES[change](original))) == Match(0, False), path.name


def test_different_photos_are_no_copies() -> None:
    """Catches a likeness that is found in photos with nothing in common, in noise, and in flat pictures of other colours."""
    seen = SeenPhotos()
    for path in PHOTOS:
        assert seen.match(load_photo(path.read_bytes())) is None, path.name
    for number in range(40):
        assert seen.match(load_photo(photo(number % 3, number))) is None
    for colour in ("black", "white", "red"):
        flat = picture(Image.new("RGB", (64, 48), colour))
        assert seen.match(flat) is None
        assert seen.match(flat) is not None


def test_equal_pixels_in_two_files_are_an_exact_copy() -> None:
    """Catches copies that are looked for in the bytes of files only."""
    original = Image.open(PHOTOS[0]).convert("RGB")
    file = io.BytesIO()
    original.save(file, "PNG", compress_level=1)
    again = io.BytesIO()
    original.save(again, "PNG", compress_level=9)
    seen = SeenPhotos()
    assert seen.match(load_photo(file.getvalue())) is None
    assert seen.match(load_photo(again.getvalue())) == Match(0, True)


def planned(folder: Path, files: dict[str, bytes]) -> Plan:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return make_plan(Folder(folder), Bench(folder / "store").network.spec, explainers("saliency"), load_photo)[0]


def test_copies_count_once_and_are_named(tmp_path: Path) -> None:
    """Catches sixteen copies of two photos that make up statistics of sixteen."""
    names = [f"{breed}/{number}.png" for breed in ("Beagle", "Afghan hound") for number in range(8)]
    plan = planned(tmp_path / "set", {name: photo("BA".index(name[0])) for name in names})
    assert [one.path for one in plan.photos] == ["Afghan hound/0.png", "Beagle/0.png"]
    assert sorted([one.path for one in plan.photos] + [one.path for one in plan.copies]) == sorted(names)
    told = "\n".join(remarks(plan))
    assert "14 photos are copies of others" in told and all(f"“{name}”" in told for name in names)


def test_a_photo_under_two_breeds_has_no_true_one(tmp_path: Path) -> None:
    """Catches a copy in a second breed's folder that makes the first one right, or wrong, or is not told."""
    plan = planned(
        tmp_path / "set",
        {"Beagle/1.png": photo(0), "Afghan hound/2.png": photo(0), "Beagle/3.png": photo(1), "best/4.png": photo(1)},
    )
    assert [(one.path, one.truth) for one in plan.photos] == [("Afghan hound/2.png", None), ("Beagle/3.png", 1)]
    assert [{label.english for label in one.breeds} for one in plan.contested] == [{"Afghan hound", "Beagle"}]
    assert any("“Afghan hound/2.png” lies in folders of several breeds" in one for one in remarks(plan))
    assert not plan.unknown_folders


def test_a_copy_gives_its_breed_to_a_photo_without_one(tmp_path: Path) -> None:
    """Catches a true breed that is lost because the copy outside of its folder comes first."""
    plan = planned(tmp_path / "set", {"1.png": photo(0), "Beagle/b.png": photo(0)})
    assert [(one.path, one.truth) for one in plan.photos] == [("1.png", 1)]
