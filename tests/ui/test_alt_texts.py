"""Every picture and every chart on the pages has a text for who does not see it, and words large enough for who does."""

import ast
from pathlib import Path

import pytest

from xai_core.resources import ROOT

PAGES = ROOT / "pages"
_DRAWN = {"image", "plotly_chart"}


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: path.relative_to(PAGES).as_posix())
def test_pictures_and_charts_come_with_a_text(path: Path) -> None:
    """Catches a picture that a screen reader passes over, or reads out as the name of a file."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    silent = [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in _DRAWN
        and "alt" not in {one.arg for one in call.keywords}
    ]
    assert not silent, f"no alt= in {path}, lines {silent}"


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: path.relative_to(PAGES).as_posix())
def test_charts_have_words_that_can_be_read(path: Path) -> None:
    """Catches a chart that keeps the 12 px of Streamlit's theme."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    charts = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "plotly_chart"]
    assert all(ast.unparse(chart.args[0]).startswith("legible(") for chart in charts)
