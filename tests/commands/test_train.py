"""`train` on the command line: its recipe and its options."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.execution import job_functions
from xai_core.__main__ import main
from xai_core.training import evaluate
from xai_core.training.data import MOST_NAMED, read_photo_set, tell_left_out
from xai_core.training.distilled_recipe import Changes


def test_the_command_hands_on_what_it_was_asked(tmp_path, monkeypatch):
    """Catches an option that the command reads and forgets."""
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xai_core.training.pipeline.train", lambda *arguments: asked.append(arguments))
    (tmp_path / "background.npz").touch()
    where = ["--photos", "p", "--work", "w", "--models", str(tmp_path)]
    assert main(["train", "--classifier", "vgg16", *where]) == 0
    assert main(["train", "--classifier", "vgg16", *where, "--start", "s", "--steps", "7", "--batch", "9"]) == 0
    assert [arguments[4] for arguments in asked] == ["distillation"] * 2
    assert asked[0][5] == Changes()
    assert asked[1][5] == Changes(Path("s"), 7, 9)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of networks with a NumPy one in the place of VGG16."""
    labels = job_functions.specs()["fake"].labels
    folder = tmp_path / "models"
    (folder / "vgg16").mkdir(parents=True)
    (folder / "vgg16" / "model.json").write_text("{}")
    monkeypatch.setattr("xai_core.commands.evaluate.MODELS", folder)
    monkeypatch.setattr(evaluate, "read_labels", lambda models: labels)
    monkeypatch.setattr(evaluate.registry, "load", job_functions.load)
    monkeypatch.setattr(evaluate, "write_reference_logits", lambda classifier, folder: {})
    monkeypatch.setattr(evaluate, "model_card", lambda description: "a card")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder val/ with photos under all kinds of names, a damaged one and a folder of no breed; and no_dogs/."""
    for number, label in enumerate(job_functions.specs()["fake"].labels):
        save(tmp_path / "val" / f"{label.wnid}-dog" / ("a.JPEG", "b.jpeg", "c.png")[number % 3], number)
        save(tmp_path / "val" / f"{label.wnid}-dog" / "no ending", number + 10)
        (tmp_path / "val" / f"{label.wnid}-dog" / ".hidden").touch()
    (tmp_path / "val" / f"{label.wnid}-dog" / "damaged.jpg").write_bytes(b"\xff\xd8\xff damaged")
    save(tmp_path / "val" / "n99999999-wolf" / "a.jpg", 5)
    for number in range(2):
        save(tmp_path / "no_dogs" / "cats" / f"{number}.webp", number)
    return tmp_path


def save(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "JPEG" if path.suffix == "" else None
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, kind)


def evaluating(photos: Path) -> list[str]:
    return ["evaluate", "--classifier", "vgg16", "--photos", str(photos), "--not-dogs", str(photos / "no_dogs")]


def test_photos_are_measured_by_their_content_and_others_are_named(
    models: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches photos passed over for their names, a damaged one that ends hours of work, and JSON with progress in it."""
    assert main(evaluating(photos)) == 0
    printed = capsys.readouterr()
    breeds = len(job_functions.specs()["fake"].labels)
    assert json.loads(printed.out)["photos"] == {"val": 2 * breeds, "not_dogs": 1}
    assert "2 left out:" in printed.err and "damaged.jpg" in printed.err and "val/n99999999-wolf" in printed.err
    assert (models / "vgg16" / "README.md").read_text() == "a card"
    assert len(evaluate.read_answers(models / "vgg16" / "answers.csv")) == 2 * breeds + 2


@pytest.mark.parametrize("fault", ["no_dogs", "one photo", "no val", "empty breed", "damaged breed", "no folder"])
def test_what_is_missing_is_told_before_anything_is_computed(
    models: Path, photos: Path, fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches hours of work that end in a traceback or in NaN."""
    monkeypatch.setattr(evaluate, "_ask", lambda *arguments: pytest.fail("it was computed"))
    arguments = evaluating(photos)
    breed = next((photos / "val").glob("n0*"))
    if fault == "no_dogs":
        arguments[-1] = str(photos / "empty")
        (photos / "empty").mkdir()
    elif fault == "one photo":
        (photos / "no_dogs" / "cats" / "1.webp").unlink()
    elif fault == "no val":
        (photos / "val").rename(photos / "train")
    elif fault == "empty breed":
        for file in breed.iterdir():
            file.unlink()
    elif fault == "damaged breed":
        for file in breed.iterdir():
            file.write_bytes(b"GIF89a")
    else:
        arguments[-1] = str(photos / "missing")
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1


def test_training_reads_photos_by_their_content_too(photos: Path) -> None:
    """Catches a photo set that loses the photos of some programs, and paths that do not fit their labels."""
    wnids = tuple(label.wnid for label in job_functions.specs()["fake"].labels)
    found = read_photo_set(photos / "val", wnids)
    assert len(found) == len(found.labels) == 2 * len(wnids) and len(found.left_out) == 2
    assert [path.parent.name.split("-")[0] for path in found.paths] == [wnids[label] for label in found.labels]


def test_many_files_that_are_left_out_do_not_fill_the_screen() -> None:
    """Catches thousands of lines, and files that are left out without a count."""
    lines: list[str] = []
    tell_left_out([str(number) for number in range(1000)], lines.append)
    assert lines[0] == "1000 left out:" and len(lines) == MOST_NAMED + 2 and lines[-1] == "  and 980 more"


def test_wrong_arguments_of_train_are_told_before_photos_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches minutes of reading before a wrong name or number is told."""
    monkeypatch.setattr("xai_core.training.background.write_background", lambda *arguments: pytest.fail("was read"))
    monkeypatch.chdir(tmp_path)
    where = ["--photos", "p", "--work", "w", "--models", "m"]
    (tmp_path / "file").touch()
    for arguments in (
        ["--classifier", "resnet", *where],
        ["--classifier", "vgg16", *where, "--steps", "0"],
        ["--classifier", "vgg16", *where[:2], "--work", "file/w"],
    ):
        assert main(["train", *arguments]) == 2, arguments
        assert len(capsys.readouterr().err.splitlines()) == 1
