"""`--crop`: which part is looked at, that it is told, and what is refused before anything is computed."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import dogs
from tests.execution import job_functions
from xai_core.__main__ import main
from xai_core.commands import explain, predict
from xai_core.photos.decoding import to_png
from xai_core.workbench import Workbench

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def fake_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = functools.partial(Workbench, load=job_functions.load, specs=job_functions.specs)
    for command in (explain, predict):
        monkeypatch.setattr(command, "Workbench", bench)
    monkeypatch.setenv("SEESPOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(dogs, "BOX", (0.4, 0.4, 0.6, 0.6))


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "dog.png"
    path.write_bytes(to_png(np.random.default_rng(0).integers(0, 256, (80, 100, 3), dtype=np.uint8)))
    return str(path)


def crop_told(capsys: Capture, *arguments: str) -> dict[str, int] | None:
    assert main(["predict", *arguments, "--classifier", "fake", "--json"]) == 0
    told: dict[str, int] | None = json.loads(capsys.readouterr().out)[0].get("crop")
    return told


def test_the_part_is_told(photo: str, capsys: Capture) -> None:
    """Catches an answer about a part that reads like one about the photo."""
    assert crop_told(capsys, photo) is None
    told = crop_told(capsys, photo, "--crop", "10,20,50,60")
    assert told is not None and (told["left"], told["top"], told["right"], told["bottom"]) == (10, 16, 60, 64)
    around = crop_told(capsys, photo, "--crop", "Dog")
    assert around is not None and 35 <= around["left"] <= 40 and 60 <= around["right"] <= 65
    assert main(["predict", photo, "--classifier", "fake", "--crop", "10,20,50,60"]) == 0
    assert "pixels 10 to 60 from the left and 16 to 64 from above" in capsys.readouterr().out


def test_a_map_of_a_part_is_drawn_on_the_whole_photo(photo: str, tmp_path: Path) -> None:
    """Catches a picture of the part alone, and a description that does not say where it lies."""
    out = tmp_path / "out"
    arguments = ["explain", photo, "--classifier", "fake", "--method", "saliency", "--out", str(out)]
    assert main([*arguments, "--crop", "10,20,50,60"]) == 0
    assert Image.open(out / "overlay.png").size == (100, 80)
    crop = json.loads((out / "explanation.json").read_text())["photo"]["crop"]
    assert (crop["of_width"], crop["of_height"], crop["left"], crop["bottom"]) == (100, 80, 10, 64)


def test_a_dog_that_fills_the_photo_is_not_cropped_to_and_that_is_told(
    photo: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a crop that changes nothing, and one that is left out without a word."""
    monkeypatch.setattr(dogs, "BOX", (0.0, 0.0, 0.9, 0.9))
    assert main(["predict", photo, "--classifier", "fake", "--crop", "dog", "--json"]) == 0
    printed = capsys.readouterr()
    assert "crop" not in json.loads(printed.out)[0] and "all of it is used" in printed.err


def test_no_dog_and_no_part_are_one_line(photo: str, tmp_path: Path, capsys: Capture) -> None:
    """Catches a traceback, and a photo without a dog of which some other part is looked at."""
    flat = tmp_path / "fog.png"
    flat.write_bytes(to_png(np.full((60, 80, 3), 99, np.uint8)))
    for arguments, sentence in (
        ((str(flat), "--crop", "dog"), "No dog was found"),
        ((photo, "--crop", "1,2,3"), "is no part of a photo"),
        ((photo, "--crop", "50,50,90,20"), "no box inside the photo"),
    ):
        assert main(["predict", *arguments, "--classifier", "fake"]) == 2
        printed = capsys.readouterr()
        assert sentence in printed.err and len(printed.err.splitlines()) == 1 and not printed.out
