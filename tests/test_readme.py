"""The README and docs/ say what is true today."""

import json
import re
from pathlib import Path

import pytest

from xai_core.__main__ import main
from xai_core.commands.listing import with_table
from xai_core.errors import StoreError
from xai_core.explainers.registry import EXPLAINERS
from xai_core.resources import MODELS, ROOT

METHODS = ROOT / "docs" / "METHODS.md"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
_UPDATE = "python -m xai_core list --readme docs/METHODS.md   (make docs does the same)"


def test_the_table_of_methods_is_that_of_the_registry() -> None:
    """Catches a method that was added, renamed or described anew without the table."""
    text = METHODS.read_text(encoding="utf-8")
    if with_table(text) != text:
        pytest.fail(f"The table of methods is out of date. Run: {_UPDATE}", pytrace=False)


def test_every_method_has_one_row_of_three_cells() -> None:
    """Catches a method that is missing, and a description with a bar in it, which Markdown takes for another cell."""
    rows = [line for line in METHODS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    for method in EXPLAINERS.values():
        [row] = [row for row in rows if f" `{method.info.key}` |" in row]
        assert row.count("|") == 4 and method.info.url in row, f"run: {_UPDATE}"


def test_a_document_without_the_marks_is_refused() -> None:
    """Catches a table written into a file that has no place for it."""
    with pytest.raises(StoreError, match="has no place"):
        with_table("# Another project\n")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    """Catches a link to a file that was moved or removed."""
    links = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text(encoding="utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_files_exist(document: Path) -> None:
    """Catches a path in the text, such as `xai_core/findings/`, that is no longer there."""
    paths = re.findall(
        r"`((?:xai_core|pages|assets|models|tests|benchmarks|docs)/[\w./-]*)`", document.read_text(encoding="utf-8")
    )
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_command_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a sub-command that was added or renamed without docs/COMMAND_LINE.md."""
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = set(re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE))
    described = set(
        re.findall(r"^seespot (\w+)", (ROOT / "docs" / "COMMAND_LINE.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert commands == described


@pytest.mark.parametrize("key", ["vgg16", "inception_v3"])
def test_the_networks_figures_are_those_that_were_measured(key: str) -> None:
    """Catches a table of accuracies left behind by new weights."""
    description = json.loads((MODELS / key / "model.json").read_text(encoding="utf-8"))
    measured = description["measured"]
    row = (
        f"| {description['title']} | {description['input_size'][0]} px | {measured['top_1']:.1%} | {measured['top_5']:.1%} | "
        f"{measured['mean_confidence_right']:.0%} / {measured['mean_confidence_wrong']:.0%} | {measured['torn']:.0%} | "
        f"{measured['calibration_error']:.1%} | {measured['familiarity']['auroc']:.3f} |"
    )
    assert row in (ROOT / "docs" / "NETWORKS.md").read_text(encoding="utf-8")
