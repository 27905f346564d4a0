"""What a command prints, and its exit code, where its output is closed, full, unread or of another encoding."""

import io
import json
import logging
import os
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from xai_core.__main__ import main
from xai_core.commands import listing, streams

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


def lines(text: bytes) -> list[str]:
    """Return the lines, which are ASCII."""
    return text.decode("ascii").splitlines()


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
)
def test_a_message_is_printed_in_any_locale(run: Run, locale: dict[str, str]) -> None:
    """Catches a traceback in the place of a quotation mark or of a name that the encoding lacks."""
    done = run("--language", "fr", "verify", "犬é.html", **locale)
    assert done.returncode == 2 and done.stdout == b""
    [line] = lines(done.stderr)
    assert "ne peut pas etre lu" in line


def test_latin_1_keeps_the_letters_that_it_has(run: Run) -> None:
    """Catches French that loses its accents where the encoding holds them."""
    done = run("--language", "fr", "verify", "x", PYTHONIOENCODING="latin-1")
    assert done.returncode == 2 and "ne peut pas être lu" in done.stderr.decode("latin-1")


def test_json_is_read_whatever_the_locale(run: Run, dog: Path) -> None:
    """Catches JSON that replaced characters break, or that a name which is no UTF-8 ends."""
    name = os.fsencode(dog.parent) + b"/caf\xe9.png"
    os.rename(dog, name)
    done = run("predict", "--classifier", "fake", "--json", os.fsdecode(name), PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and done.stderr == b""
    assert os.fsencode(json.loads(done.stdout)[0]["photo"]) == name


def test_a_name_of_any_bytes_ends_up_in_all_files(run: Run, dog: Path) -> None:
    """Catches a report that is computed and then lost, as its photo's or its own name is no UTF-8."""
    name = os.fsencode(dog.parent) + b"/caf\xe9\n\x1b[31m.png"
    os.rename(dog, name)
    out = os.fsdecode(b"out\xff/r\xe9port")
    made = run("report", os.fsdecode(name), "--classifier", "fake", "--method", "saliency", "--no-scores")
    assert made.returncode == 2 and len(lines(made.stderr)) == 1  # without --output
    files = ["--output", f"{out}.html", "--pdf", f"{out}.pdf"]
    made = run("report", os.fsdecode(name), "--classifier", "fake", "--method", "saliency", "--no-scores", *files)
    assert made.returncode == 0, made.stderr
    assert lines(made.stdout) == ["out\\xff/r\\xe9port.html", "out\\xff/r\\xe9port.pdf"]
    folder = os.fsencode(dog.parent) + b"/out\xff"
    assert sorted(os.listdir(folder)) == [b"r\xe9port.html", b"r\xe9port.pdf"]


def test_a_name_in_utf_8_is_read_in_any_locale(run: Run, dog: Path) -> None:
    """Catches results whose photo has lost its name, as the shell's locale has no letters for it."""
    dog.rename(dog.with_name("柴犬.png"))
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    made = run("explain", "柴犬.png", "--classifier", "fake", "--method", "saliency", "--out", "out", **locale)
    assert made.returncode == 0, made.stderr
    described = json.loads((dog.parent / "out" / "explanation.json").read_bytes())
    assert described["photo"]["name"] == "柴犬.png"


def test_closed_streams_change_no_exit_code(run: Run, dog: Path) -> None:
    """Catches a command that fails for want of somebody to talk to, and an error that ends up on standard output."""
    assert run("list", shell=">&-").returncode == 0
    assert run("list", shell="<&- >&- 2>&-").returncode == 0
    wrong = run("predict", "missing", "--classifier", "fake", shell="2>&-")
    assert wrong.returncode == 2 and wrong.stdout == b""
    made = run("explain", dog, "--classifier", "fake", "--method", "saliency", "--out", "out", shell="<&- >&- 2>&-")
    assert made.returncode == 0
    # The first file that is opened would have taken the place of a closed stream.
    assert json.loads((dog.parent / "out" / "explanation.json").read_bytes())["method"] == "saliency"


def test_a_reader_who_has_gone_ends_a_command_without_a_word(run: Run) -> None:
    """Catches "Broken pipe" and Python's own words about it, for long output and for short."""
    for argument in ("list", "--help"):
        reader, writer = os.pipe()
        os.close(reader)
        done = run(argument, stdout=writer)
        os.close(writer)
        # argparse prints the help, and passes over what cannot be written at once.
        assert (done.returncode, done.stderr) in {(141, b""), (0 if argument == "--help" else 141, b"")}, argument


@needs_full
def test_a_full_disk_is_told_in_one_line(run: Run, dog: Path) -> None:
    """Catches output that is lost with exit code 0, and an error message that cannot be written and changes the code."""
    done = run("list", shell="> /dev/full")
    assert done.returncode == 2 and len(lines(done.stderr)) == 1
    assert run("predict", "missing", "--classifier", "fake", shell="2> /dev/full").returncode == 2
    assert run("frobnicate", shell="2> /dev/full").returncode == 2
    made = run("explain", dog, "--classifier", "fake", "--method", "saliency", "--out", "out", shell="> /dev/full")
    assert made.returncode == 2
    assert len(list((dog.parent / "out").iterdir())) == 3


def test_an_audit_is_written_before_anything_is_printed(run: Run, dog: Path) -> None:
    """Catches an hour's work that one character, or a reader who has gone, undoes."""
    done = run("audit", ".", "--classifier", "fake", "--method", "saliency", shell=">&- 2>&-")
    assert done.returncode == 0
    (dog.parent / "audit" / "audit.csv").unlink()
    done = run("audit", ".", "--classifier", "fake", "--method", "saliency", PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (dog.parent / "audit").iterdir()} == {"audit.csv", "audit.html"}
    assert lines(done.stdout)[-2:] == ["audit/audit.csv", "audit/audit.html"]


def test_one_line_shows_what_steers_a_terminal() -> None:
    """Catches a name that moves the cursor, ends the line or turns the direction of writing; letters stay."""
    assert streams.one_line("a\nb\x1b[2Jc\u202ed\u2028") == "a\\nb\\x1b[2Jc\\u202ed\\u2028"
    kept = "« é\u00a0: 犬 \N{WOMAN}\N{ZERO WIDTH JOINER}\N{DOG FACE} »"
    assert streams.one_line(kept) == kept


def test_characters_that_an_encoding_lacks_are_written_in_others() -> None:
    """Catches a handler that gives up on a character, or writes one that the encoding lacks again."""
    streams.prepare()
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding="ascii", errors="seespot.anyway") as stream:
        stream.write("“é” \udcff \ue000")
        stream.flush()
        assert written.getvalue() == b'"e" \\xff \\ue000'


def test_a_fault_of_our_own_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Catches a traceback in front of a user, and a log that does not say where it was."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(listing, "Workbench", lambda: 1 / 0)
    assert main(["list"]) == 70
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1 and "ZeroDivisionError" in printed.err
    assert "Traceback" in caplog.text
