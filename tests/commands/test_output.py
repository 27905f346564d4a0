"""The files that commands write: never over what they read, all of them or none, and refused before anything is computed."""

import os
import zipfile
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.execution import job_functions
from xai_core.__main__ import main
from xai_core.commands import output, predict, report
from xai_core.errors import StoreError
from xai_core.storage.files import write_file, write_files
from xai_core.workbench import Workbench

REPORT = ("--classifier", "fake", "--method", "saliency", "--no-scores")


def test_a_report_never_overwrites_its_photo(run: Run, dog: Path) -> None:
    """Catches the loss of a photo."""
    before = dog.read_bytes()
    for files in (["--output", "dog.png"], ["--output", "out.html", "--pdf", "dog.png"]):
        done = run("report", dog, *REPORT, *files)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and b"is what is read" in done.stderr
        assert dog.read_bytes() == before


@pytest.mark.parametrize("name", ["dog.png", "sub/../dog.png", "link.png", "hard.png", "folder/dog.png"])
def test_a_file_is_known_by_all_of_its_names(dog: Path, name: str) -> None:
    """Catches a photo that is overwritten under another name, or whose other name is the one that is read."""
    (dog.parent / "sub").mkdir()
    (dog.parent / "folder").symlink_to(dog.parent)
    (dog.parent / "link.png").symlink_to(dog)
    os.link(dog, dog.parent / "hard.png")
    for written, read in ((dog.parent / name, dog), (dog, dog.parent / name)):
        with pytest.raises(StoreError, match="is what is read"):
            output.make_room([written], [read])


def test_no_command_overwrites_what_it_reads(run: Run, dog: Path) -> None:
    """Catches a photo called as one of the results, and a zip called as one of an audit's files."""
    photo = dog.rename(dog.parent / "overlay.png")
    before = photo.read_bytes()
    assert run("explain", photo, "--classifier", "fake", "--method", "saliency", "--out", ".").returncode == 2
    with zipfile.ZipFile(dog.parent / "audit.csv", "w") as archive:
        archive.write(photo, "overlay.png")
    assert run("audit", "audit.csv", "--classifier", "fake", "--output", ".").returncode == 2
    assert run("audit", "audit.csv", "--classifier", "fake", "--output", "audit.csv").returncode == 2
    assert zipfile.is_zipfile(dog.parent / "audit.csv") and photo.read_bytes() == before


@pytest.mark.parametrize(
    "files",
    [
        ["--output", "same.html", "--pdf", "./same.html"],
        ["--output", "."],
        ["--output", ""],
        ["--output", "dog.png/out.html"],
        ["--output", "n" * 300],
        ["--output", f"{'n' * 300}/out.html"],
        ["--output", "good.html", "--pdf", "cache"],
    ],
)
def test_files_that_cannot_be_written_are_refused_at_once(
    dog: Path, files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches a wrong name that is found out after the report was computed."""
    monkeypatch.setattr(report, "Workbench", lambda: Workbench(dog.parent / "cache", specs=job_functions.specs))
    monkeypatch.setattr(report, "make", lambda *arguments, **named: pytest.fail("it was computed"))
    monkeypatch.chdir(dog.parent)
    assert code_of(["report", str(dog), *REPORT, *files]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["", "a\nb", "-", "n" * 300, ".", "/dev/zero"])
def test_what_is_no_photo_is_refused_in_one_line(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches a traceback, several lines, and a device without an end that is read whole."""
    monkeypatch.setattr(predict, "Workbench", lambda: Workbench(tmp_path, specs=job_functions.specs))
    assert code_of(["predict", name, "--classifier", "fake"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1


def code_of(arguments: list[str]) -> int:
    """Return the exit code of a command."""
    try:
        return main(arguments)
    except SystemExit as stopped:  # of wrong usage
        return int(stopped.code)


def test_results_are_written_though_they_cannot_be_stored(run: Run, dog: Path) -> None:
    """Catches results that are lost with a store, and a store that fails without a word."""
    (dog.parent / "file").touch()
    bad = {"SEESPOT_CACHE": str(dog.parent / "file" / "cache")}
    made = run("report", dog, *REPORT, "--output", "out.html", **bad)
    assert made.returncode == 0 and (dog.parent / "out.html").exists()
    assert len(made.stderr.splitlines()) == 1 and b"not kept for the next time" in made.stderr
    made = run("predict", dog, "--classifier", "fake", **bad)
    assert made.returncode == 0 and made.stdout and len(made.stderr.splitlines()) == 1
    made = run("audit", ".", "--classifier", "fake", "--method", "saliency", "--output", "audited", **bad)
    assert made.returncode == 0 and len(list((dog.parent / "audited").iterdir())) == 2
    assert b"cannot be taken up again" in made.stderr and b"Traceback" not in made.stderr


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    """Catches half a result, an old file that is lost, and a temporary one that stays."""
    old = tmp_path / "old"
    old.write_text("old")
    with pytest.raises(OSError):
        write_files({old: b"new", tmp_path / "missing" / "other": b"x"})
    assert old.read_text() == "old" and list(tmp_path.iterdir()) == [old]


def test_a_file_is_replaced_with_its_mode_and_through_links(tmp_path: Path) -> None:
    """Catches a link that becomes a file, private results that others may read, and a full-length name."""
    target, link = tmp_path / ("n" * 250), tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, b"new")
    assert link.is_symlink() and target.read_text() == "new" and target.stat().st_mode & 0o777 == 0o640
    write_file(Path(os.devnull), b"into a device")
    assert Path(os.devnull).is_char_device()
    reader, writer = os.pipe()
    write_file(Path(f"/dev/fd/{writer}"), b"into a pipe")
    assert os.read(reader, 100) == b"into a pipe"
    os.close(reader)
    os.close(writer)


def test_room_for_files_is_made_or_refused(tmp_path: Path) -> None:
    """Catches a folder that is not created, and an existing output that is refused."""
    paths = [tmp_path / "a" / "b" / "out.html", tmp_path / "out.pdf"]
    paths[1].touch()
    output.make_room(paths, [tmp_path / "missing.png"])
    assert paths[0].parent.is_dir() and not paths[0].exists()
    with pytest.raises(StoreError, match="is what is read"):
        output.make_room(paths, [tmp_path / "a" / ".." / "out.pdf"])
