"""Who may import whom: a wrong import would make the pages slow to start, or the parts impossible to use alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xai_core.resources import ROOT

FILES = sorted((ROOT / "xai_core").rglob("*.py"))
FACADE = {"storage", "workbench", "commands", "prefetch", "__main__"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _parts(modules: Iterator[str]) -> set[str]:
    """Return the parts of xai_core among the modules: "explainers", "cache", ..."""
    return {module.split(".")[1] for module in modules if module.startswith("xai_core.")}


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_imports_keep_their_directions(path: Path) -> None:
    tree = ast.parse(path.read_text())
    roots = {module.split(".")[0] for module in _imports(tree)}
    parts = _parts(_imports(tree))
    part = path.relative_to(ROOT / "xai_core").parts[0].removesuffix(".py")
    assert "streamlit" not in roots
    assert not {"pages", "app"} & roots
    if part not in ("classifiers", "training"):
        assert not {"tensorflow", "keras", "openvino"} & roots
    if part in ("explainers", "studies", "metrics", "classifiers", "training"):
        assert not parts & FACADE
    if part == "render":
        assert not parts - {"render"}
    if part in ("types", "errors"):
        assert not parts - {"types", "errors", "i18n", "resources"}
    if part in ("storage", "execution"):
        assert not parts & {"workbench", "commands", "render"}


def test_reading_the_registries_loads_no_heavy_library() -> None:
    code = """
import sys
import xai_core, xai_core.workbench, xai_core.__main__
from xai_core.resources import ROOT
from xai_core.classifiers import registry
from xai_core.explainers.registry import EXPLAINERS
print([name for name in ("tensorflow", "keras", "shap", "lime", "streamlit", "openvino") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]", run.stderr


def test_pages_reach_the_core_through_the_workbench_only() -> None:
    lower = {"storage"}
    pages = [*(ROOT / "pages").rglob("*.py"), *ROOT.glob("app.py")]
    wrong = {_name(page): found for page in pages if (found := _parts(_imports(ast.parse(page.read_text()))) & lower)}
    assert not wrong
