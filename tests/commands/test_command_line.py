"""The command line: its files, its JSON, and one line on standard error for whatever the user did wrong."""

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.execution import job_functions
from xai_core.__main__ import main
from xai_core.commands import explain, listing, predict
from xai_core.i18n import catalogues
from xai_core.photos.decoding import to_png
from xai_core.workbench import Workbench


@pytest.fixture(autouse=True)
def fake_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put a fake network in the place of the trained ones, and the stores in a folder of the test's."""
    job_functions.calls.clear()
    bench = functools.partial(Workbench, load=job_functions.load, specs=job_functions.specs)
    for command in (explain, listing, predict):
        monkeypatch.setattr(command, "Workbench", bench)
    monkeypatch.setenv("SEESPOT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def photo(tmp_path: Path) -> str:
    return _photo(tmp_path, 0)


def _photo(folder: Path, seed: int) -> str:
    path = folder / f"{seed}.png"
    path.write_bytes(to_png(np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8)))
    return str(path)


def _explain(photo: str, out: Path, *more: str) -> list[str]:
    return ["explain", photo, "--classifier", "fake", "--method", "grad_cam", "--out", str(out), *more]


def test_explain_writes_array_picture_and_description(photo: str, tmp_path: Path) -> None:
    """Catches a file that is missing, empty or does not fit the arguments."""
    out = tmp_path / "a" / "b"
    assert main(_explain(photo, out, "--target", "Breed 1", "--set", "layer=block1")) == 0
    described = json.loads((out / "explanation.json").read_text())
    assert {key: described[key] for key in ("method", "classifier", "evaluations")} == {
        "method": "grad_cam",
        "classifier": "fake",
        "evaluations": 1,
    }
    assert described["target"] == {"position": 1, "wnid": "n00000001", "label": "Breed 1"}
    assert described["parameters"]["layer"] == "block1_conv1" and described["seconds"] > 0
    with np.load(out / "attribution.npz", allow_pickle=False) as archive:
        assert archive.files == ["values"] and archive["values"].shape == (4, 5)
    assert Image.open(out / "overlay.png").size == (50, 40)


def test_without_a_target_the_most_probable_class_is_explained(
    photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches a default target that is not the class that predict names first."""
    assert main(_explain(photo, tmp_path / "out")) == 0
    capsys.readouterr()
    assert main(["predict", photo, "--classifier", "fake", "--json"]) == 0
    best = json.loads(capsys.readouterr().out)[0]["top"][0]["wnid"]
    assert json.loads((tmp_path / "out" / "explanation.json").read_text())["target"]["wnid"] == best


def test_predict_gives_one_entry_a_photo_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches answers that are assigned to the wrong photo, and photos that are evaluated twice."""
    photos = [_photo(tmp_path, seed) for seed in range(18)]
    assert main(["predict", *photos, "--classifier", "fake", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["photo"] for entry in entries] == photos and job_functions.calls == [1] * 18
    assert set(entries[0]) == {"photo", "top", "familiarity"}
    probabilities = [breed["probability"] for breed in entries[0]["top"]]
    assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) == pytest.approx(1)


def test_a_bad_photo_among_many_does_not_stop_the_others(
    photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches one unreadable file that hides the answers for all others."""
    (tmp_path / "text.jpg").write_text("not a photo")
    photos = [str(tmp_path / "text.jpg"), photo, str(tmp_path / "missing.jpg")]
    assert main(["predict", *photos, "--classifier", "fake", "--json"]) == 2
    printed = capsys.readouterr()
    assert ["error" in entry for entry in json.loads(printed.out)] == [True, False, True]
    assert len(printed.err.splitlines()) == 1 and "1 more of the 3" in printed.err


def test_list_names_networks_and_methods_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    """Catches output that is no JSON, and methods without their parameters."""
    assert main(["list"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["classifiers"][0]["key"] == "fake"
    methods = {method["key"]: method for method in listed["methods"]}
    assert len(methods) >= 5
    assert methods["grad_cam"]["parameters"][0]["name"] == "layer"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--classifier", "resnet"], "resnet"),
        (["--method", "tea_leaves"], "tea_leaves"),
        (["--target", "Breed 7"], "Breed 7"),
        (["--set", "layer=block9"], "block9"),
        (["--set", "sugar=2"], "sugar"),
        (["--set", "layer"], "NAME=VALUE"),
        (["--out", "/dev/null/folder"], "/dev/null/folder"),
    ],
)
def test_wrong_values_give_one_line_and_exit_code_2(
    photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    """Catches a traceback, and an error that does not repeat the wrong value."""
    assert main(_explain(photo, tmp_path / "out", *more)) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1 and said in printed.err


def test_the_language_comes_from_the_option_or_the_locale(
    photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches an error that was put into words before anyone knew for whom, and a French decimal point."""
    missing = str(tmp_path / "missing.jpg")
    try:
        assert main(["--language", "fr", "predict", photo, missing, "--classifier", "fake"]) == 2
        printed = capsys.readouterr()
        assert "est illisible" in printed.err and "cannot be read" not in printed.err
        assert re.search(r"\d,\d\u00a0%", printed.out) and not re.search(r"\d\.\d", printed.out.replace(photo, ""))
        monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
        assert main(["predict", missing, "--classifier", "fake"]) == 2
        assert "est illisible" in capsys.readouterr().err
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        assert main(["predict", missing, "--classifier", "fake"]) == 2
        assert "cannot be read" in capsys.readouterr().err
    finally:
        catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["predict"], ["explain", "--nonsense"]])
def test_wrong_usage_gives_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Catches the many lines of argparse's usage on standard error."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and len(capsys.readouterr().err.splitlines()) == 1


_CHATTER = """
import os, sys
from xai_core.commands.quiet import quiet
with quiet():
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"I0000 00:00:1795245371.491872    8097 port.cc:153] oneDNN custom operations are on.\\n")
    os.write(2, b"W0000 00:00:1795245371.491872    8097 cpu.cc:1] slow\\n")
    print("a library's own warning", file=sys.stderr)
    os.write(2, b"E0000 00:00:1795245371.491872    8097 cuda.cc:1] no device\\n")
    if "crash" in sys.argv:
        os.write(2, b"F0000 00:00:1795245371.491872    8097 cpu.cc:1] needs AVX\\n")
        os.abort()
print("after", file=sys.stderr)
"""


def test_log_messages_of_libraries_are_dropped_and_errors_are_not(tmp_path: Path) -> None:
    """Would catch a quiet command line that hides why it failed, above all where the process dies on the spot."""
    with (tmp_path / "stderr").open("wb") as log:
        subprocess.run([sys.executable, "-c", _CHATTER], stderr=log, timeout=60, check=True)
    assert (tmp_path / "stderr").read_text().splitlines() == [
        "a library's own warning",
        "E0000 00:00:1795245371.491872    8097 cuda.cc:1] no device",
        "after",
    ]
    done = subprocess.run([sys.executable, "-c", _CHATTER, "crash"], stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode != 0 and "F0000" in done.stderr and "I0000" not in done.stderr
