"""The README says what is true today."""

import pytest

from xai_core.commands.listing import with_table
from xai_core.errors import StoreError
from xai_core.explainers.registry import EXPLAINERS
from xai_core.resources import ROOT

README = ROOT / "README.md"
_MEND = "python -m xai_core list --readme README.md   (make docs does the same)"


def test_the_table_of_methods_is_that_of_the_registry() -> None:
    """Would catch a method that was added, renamed or described anew without the README."""
    text = README.read_text(encoding="utf-8")
    if with_table(text) != text:
        pytest.fail(f"The README is not up to date. Run: {_MEND}", pytrace=False)


def test_every_method_has_one_row_of_three_cells() -> None:
    """Would catch a method that is missing, and a description with a bar in it, which Markdown takes for another cell."""
    _, _, table = README.read_text(encoding="utf-8").partition("## The methods")
    rows = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    for method in EXPLAINERS.values():
        [row] = [row for row in rows if f" `{method.info.key}` |" in row]
        assert row.count("|") == 4 and method.info.url in row, f"run: {_MEND}"


def test_a_readme_without_the_marks_is_refused() -> None:
    with pytest.raises(StoreError, match="has no place"):
        with_table("# Another project\n")
