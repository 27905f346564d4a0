"""What verify confirms, what it denies, and what it refuses to look at."""

import base64
import copy
import functools
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypdf import PdfWriter

from tests import fakes
from tests.execution import job_functions
from tests.ui.networks import Bench
from xai_core.__main__ import main
from xai_core.commands import report as report_command
from xai_core.commands import verify as verify_command
from xai_core.errors import ParameterError, ReportError, UnknownNameError, XaiError
from xai_core.explainers.gradients.saliency import Saliency
from xai_core.photos.decoding import load_photo, to_png
from xai_core.report import attachment, manifest
from xai_core.report.contents import Report
from xai_core.report.html import to_html
from xai_core.report.pdf import to_pdf
from xai_core.report.verify import verify
from xai_core.types import PassCounts
from xai_core.workbench import Workbench

Raw = dict[str, Any]


@pytest.fixture(scope="module")
def raw(asked: Report) -> Raw:
    return json.loads(manifest.as_text(manifest.describe(asked)))


@pytest.fixture
def again(bench: Bench, tmp_path: Path) -> Workbench:
    """The same networks behind an empty store."""
    return Workbench(tmp_path, load=bench.load, specs=bench.specs)


def states(workbench: Workbench, raw: Raw, tolerance: float = 0.02) -> list[tuple[str, str]]:
    read = manifest.read(json.dumps(raw).encode())
    return [(one.kind, one.same) for one in verify(workbench, read, tolerance)]


def changed(raw: Raw, values: Callable[[np.ndarray], np.ndarray]) -> Raw:
    """Return the manifest with the second map of the first network replaced by what `values` makes of it."""
    other = copy.deepcopy(raw)
    told = other["networks"][0]["maps"][1]
    copied = np.frombuffer(zlib.decompress(base64.b64decode(told["copy"]["float16_zlib"])), "<f2")
    made = values(copied.astype(np.float32)).astype("<f2")
    told["copy"]["float16_zlib"] = base64.b64encode(zlib.compress(made.tobytes())).decode()
    told["sha256"] = "0" * 64
    return other


def test_a_report_of_the_same_networks_is_identical(again: Workbench, asked: Report) -> None:
    """Catches any number of a report that verify does not reproduce bit by bit on the same machine."""
    read = manifest.read(to_html(asked))
    outcomes = list(verify(again, read))
    assert {one.same for one in outcomes} == {"identical"}
    kinds = [one.kind for one in outcomes]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "prediction": 2,
        "map": 6,
        "scores": 10,
        "checks": 6,
        "hiding": 2,
        "outline": 1,
    }


def test_another_outline_is_not_confirmed(again: Workbench, raw: Raw) -> None:
    """Catches a report whose shares on the dog were computed by an outline that nobody found, or whose doubts are gone."""
    shown = load_photo(base64.b64decode(raw["dog"]["outline_png"])).pixels
    other, sure = copy.deepcopy(raw), copy.deepcopy(raw)
    other["dog"]["outline_png"] = base64.b64encode(to_png(np.ascontiguousarray(shown[::-1, ::-1]))).decode()
    sure["dog"]["doubts"] = ["several"]
    assert states(again, other)[-1] == ("outline", "differs")
    assert states(again, sure)[-1] == ("outline", "differs")


def test_the_last_digits_of_another_engine_are_equal_and_more_is_not(again: Workbench, raw: Raw) -> None:
    """Catches a tolerance that is not applied, or applied to something else than the strongest value."""
    generator = np.random.default_rng(0)
    tiny = changed(raw, lambda values: values + 0.004 * generator.choice([-1, 1], values.shape))
    larger = changed(raw, lambda values: values * 0.95)  # in the same order
    other_order = changed(raw, lambda values: values[::-1])
    assert states(again, tiny)[4] == ("map", "equal")
    assert states(again, tiny, 0.002)[4] == ("map", "differs")
    assert states(again, larger)[4] == ("map", "differs")
    assert states(again, larger, 0.06)[4] == ("map", "equal")
    assert states(again, other_order, 0.9)[4] == ("map", "differs")


def test_low_precision_allows_larger_differences_but_no_other_map(
    again: Workbench, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a report that another processor cannot confirm, and one that any map of the same dog would confirm."""
    generator = np.random.default_rng(0)
    spread = changed(
        raw, lambda values: values + 0.025 * np.abs(values).max() * generator.choice([-1, 0, 0, 1], values.shape)
    )
    other_order = changed(raw, lambda values: values[::-1])
    assert states(again, spread)[4] == ("map", "differs")
    monkeypatch.setattr(Saliency, "pass_counts", lambda explainer, spec: PassCounts(backward=1, low_precision=True))
    assert states(again, spread)[4] == ("map", "equal")
    assert states(again, other_order)[4] == ("map", "differs")


def test_a_changed_score_prediction_or_check_differs(again: Workbench, raw: Raw) -> None:
    """Catches a forged number that verify does not compare."""
    other = copy.deepcopy(raw)
    curve = other["networks"][0]["maps"][0]["scores"]["deletion"]["curve"]
    other["networks"][0]["maps"][0]["scores"]["deletion"]["curve"] = [0.5 * one for one in curve[:1]] + curve[1:]
    other["networks"][1]["prediction"]["logits"][0] += 0.5
    other["networks"][1]["maps"][0]["checks"]["sanity"] = 0.4
    found = states(again, other)
    assert found[2] == ("scores", "differs") and found.count(("prediction", "differs")) == 1
    assert found.count(("checks", "differs")) == 1 and [same for _kind, same in found].count("differs") == 3


def test_the_store_confirms_nothing(again: Workbench, raw: Raw, bench: Bench) -> None:
    """Catches a verify that is told what the report's own making has left in the store."""
    network = bench.networks["first"]
    kept, network.weights = network.weights, network.weights * 1.5
    try:
        found = states(again, raw)
    finally:
        network.weights = kept
    assert ("prediction", "differs") in found and ("map", "differs") in found


def _set(*path: Any, value: Any) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        place = functools.reduce(lambda owner, key: owner[key], path[:-1], raw)
        place[path[-1]] = value

    return change


FIRST_MAP = ("networks", 0, "maps", 0)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_set("networks", 0, "weights_sha256", value="1" * 64), ReportError),
        (_set("networks", 0, "key", value="resnet"), UnknownNameError),
        (_set("networks", 0, "target", "wnid", value="n99999999"), UnknownNameError),
        (_set(*FIRST_MAP, "method", value="tea_leaves"), UnknownNameError),
        (_set(*FIRST_MAP, "method_version", value=99), ReportError),
        (_set(*FIRST_MAP, "parameters", "layer", value="block9"), UnknownNameError),
        (_set(*FIRST_MAP, "parameters", "__class__", value="x"), UnknownNameError),
        (_set("networks", 0, "maps", 2, "parameters", "samples", value=10**9), ParameterError),
        (_set("scoring", "fill", value="../../etc"), ParameterError),
        (_set("networks", 0, "prediction", "logits", value=[1.0]), ReportError),
    ],
)
def test_unknown_names_and_values_are_reported_in_one_sentence(
    again: Workbench, raw: Raw, change: Callable[[Raw], None], error: type[XaiError]
) -> None:
    """Catches a manifest that reaches a constructor or a path unchecked, and a traceback."""
    other = copy.deepcopy(raw)
    change(other)
    with pytest.raises(error) as caught:
        states(again, other)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


PIXELS = base64.b64encode(to_png(np.zeros((20, 20, 3), np.uint8))).decode()


@pytest.mark.parametrize(
    "change",
    [
        _set("photo", "png", value="%%%"),
        _set("photo", "png", value=PIXELS),
        _set("photo", "png", value=base64.b64encode(b"GIF89a").decode()),
        _set("photo", value=[]),
        _set("photo", "name", value="x" * 1000),
        _set("networks", value={}),
        _set("networks", value=[7]),
        _set("networks", 0, "prediction", "logits", value=["a"]),
        _set(*FIRST_MAP, "shape", value=[10**9, 10**9]),
        _set(*FIRST_MAP, "shape", value=[4, 5, 7]),
        _set(*FIRST_MAP, "shape", value=[-4, -5]),
        _set(*FIRST_MAP, "parameters", value={"layer": ["block1"]}),
        _set(*FIRST_MAP, "parameters", value={str(one): one for one in range(100)}),
        _set(*FIRST_MAP, "copy", "scale", value=1e39),
        _set(*FIRST_MAP, "copy", "float16_zlib", value=base64.b64encode(zlib.compress(bytes(10**7))).decode()),
        _set(*FIRST_MAP, "copy", "float16_zlib", value=base64.b64encode(b"no zlib").decode()),
        _set(*FIRST_MAP, "scores", value={"deletion": {"curve": [0.0] * 5000}, "insertion": {"curve": []}}),
        _set("scoring", "steps", value=True),
        _set("scoring", "random_seeds", value=[-1]),
    ],
)
def test_a_damaged_manifest_is_reported_in_one_sentence(raw: Raw, change: Callable[[Raw], None]) -> None:
    """Catches a wrong type, length or range that is not checked before it is used."""
    other = copy.deepcopy(raw)
    change(other)
    with pytest.raises(ReportError, match="damaged"):
        manifest.read(json.dumps(other).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>Hello</body></html>",
        b"\x80\x04\x95pickle",
        b"[" * 100_000,
        b'{"schema": "something else"}',
        f"{manifest.TAG}".encode() + b'{"schema": "seespot-report"</script>',
    ],
)
def test_a_foreign_file_is_reported_in_one_sentence(data: bytes) -> None:
    """Catches a traceback for files that are no report, deep nesting and pickles included."""
    with pytest.raises(ReportError, match="no report of SeeSpot"):
        manifest.read(data)


def test_the_pdf_says_the_same_as_the_page(asked: Report) -> None:
    """Catches a PDF that verify cannot read, or whose photo or numbers differ from the page's."""
    page, document = (manifest.read(file) for file in (to_html(asked), to_pdf(asked)))
    assert document.image.digest == page.image.digest and document.networks == page.networks


def _with_attachment(content: bytes, name: str = attachment.NAME) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment(name, content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_foreign_pdf_is_reported_in_one_sentence(asked: Report) -> None:
    """Catches a traceback for a PDF of others, one that is damaged or encrypted."""
    whole = to_pdf(asked)
    locked = PdfWriter(clone_from=io.BytesIO(_with_attachment(b"{}")))
    locked.encrypt("secret", algorithm="RC4-128")
    encrypted = io.BytesIO()
    locked.write(encrypted)
    for data in (
        b"%PDF-1.7 ...",
        b"%PDF-1.7\n" + bytes(10_000),
        whole[: len(whole) // 2],
        _with_attachment(b"{}", "other.json"),
        encrypted.getvalue(),
    ):
        with pytest.raises(ReportError, match="holds no data of a report"):
            manifest.read(data)
    with pytest.raises(ReportError, match="no report of SeeSpot"):
        manifest.read(_with_attachment(b"[]"))


def test_large_files_and_other_versions_are_rejected(raw: Raw) -> None:
    """Catches a file that fills the memory, and a later format that is read as this one."""
    with pytest.raises(ReportError, match="too large"):
        manifest.read(b" " * (manifest.MAXIMUM_BYTES + 1))
    with pytest.raises(ReportError, match="another version"):
        manifest.read(json.dumps({**raw, "version": 2}).encode())


def test_the_command_line_writes_and_verifies_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches arguments that do not reach the report, a forged file that is confirmed, and tracebacks for wrong arguments."""

    def bench(*folder: Path) -> Workbench:
        return Workbench(*folder, load=job_functions.load, specs=job_functions.specs)

    monkeypatch.setenv("SEESPOT_CACHE", str(tmp_path / "cache"))
    for command in (report_command, verify_command):
        monkeypatch.setattr(command, "Workbench", bench)
    photo = tmp_path / "dog.png"
    photo.write_bytes(to_png((fakes.photo((40, 50)) * 255).astype(np.uint8)))
    html, pdf = tmp_path / "new" / "out.html", tmp_path / "out.pdf"
    making = ["report", str(photo), "--classifier", "fake", "--method", "saliency", "--target", "Breed 1"]
    making += ["--method", "smooth_grad:samples=4,seed=3", "--output", str(html)]
    assert main([*making, "--pdf", str(pdf), "--language", "fr"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(html), str(pdf)]
    assert '<html lang="fr">' in html.read_text(encoding="utf-8") and pdf.read_bytes().startswith(b"%PDF")
    read = manifest.read_file(html)
    assert dict(read.networks[0].maps[1].parameters)["seed"] == 3 and read.networks[0].target.label == "Breed 1"

    assert main(["verify", str(html)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "9 of 9 confirmed." and "Map, SmoothGrad, Fake network: identical" in lines
    assert main(["verify", str(pdf)]) == 0
    assert capsys.readouterr().out.splitlines() == lines

    text = html.read_text(encoding="utf-8")
    curve = json.loads(text.partition(manifest.TAG)[2].partition("</script>")[0])["networks"][0]["maps"][0]["scores"]
    told = json.dumps(curve["deletion"]["curve"], separators=(",", ":"))
    html.write_text(text.replace(told, told.replace("[", "[9", 1), 1), encoding="utf-8")
    assert main(["verify", str(html)]) == 1
    assert "Scores, Saliency, Fake network: DIFFERS" in capsys.readouterr().out

    for arguments in (
        ["verify", str(photo)],
        ["verify", str(tmp_path / "missing.html")],
        ["verify", str(html), "--tolerance", "7"],
        [*making[:-1], "/dev/null/out.html"],
        [*making[:-1], str(tmp_path)],
        [*making, "--method", "lime:samples"],
        [*making, "--method", "tea_leaves"],
    ):
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and len(printed.err.splitlines()) == 1, arguments
