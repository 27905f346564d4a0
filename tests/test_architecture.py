"""Who may import whom: a wrong import would make the pages slow to start, or the parts impossible to use alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xai_core.resources import ROOT

#: The rooms of xai_core from the lowest to the highest; each imports only lower ones. docs/ARCHITECTURE.md draws them.
ORDER = (
    "resources",
    "types",
    "i18n",
    "errors",
    "params",
    "storage",
    "render",
    "photos",
    "maps",
    "classifiers",
    "detection",
    "metrics",
    "explainers",
    "studies",
    "execution",
    "requests",
    "workbench",
    "findings",
    "tour",
    "prefetch",
    "training",
    "report",
    "audit",
    "commands",
    "__main__",
)
#: Only these may import a library that runs networks.
RUN_NETWORKS = {"classifiers", "detection", "training"}
#: The rooms that all pages share; inputs and outputs may use each other.
SHARED = {"shell": {"shell"}, "inputs": {"shell", "inputs", "outputs"}, "outputs": {"shell", "inputs", "outputs"}}

CORE = sorted((ROOT / "xai_core").rglob("*.py"))
PAGES = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "app.py"]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports when it runs; those for type checkers only are left out."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _rooms(path: Path) -> set[str]:
    """Return the rooms of xai_core that a file imports: "explainers", "storage", ..."""
    return {module.split(".")[1] for module in _imports(path) if module.startswith("xai_core.")}


@pytest.mark.parametrize("path", CORE, ids=_name)
def test_rooms_of_the_core_import_lower_rooms_only(path: Path) -> None:
    """Catches a circle of imports, a method that knows the pages, and TensorFlow where no network is run."""
    room = path.relative_to(ROOT / "xai_core").parts[0].removesuffix(".py")
    if room == "__init__":
        return
    wrong = {other for other in _rooms(path) if ORDER.index(other) > ORDER.index(room)}
    assert not wrong, f"{room} is lower than {wrong}"
    roots = {module.split(".")[0] for module in _imports(path)}
    assert not {"pages", "app", "streamlit"} & roots
    if room not in RUN_NETWORKS:
        assert not {"tensorflow", "keras", "openvino"} & roots
    if room == "render":
        assert _rooms(path) <= {"render"}


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_pages_import_their_own_room_and_the_shared_ones(path: Path) -> None:
    """Catches a page that depends on another page's parts, a shell that knows a page, and answers read past the workbench."""
    modules = set(_imports(path))
    rooms = {
        parts[2] for module in modules if len(parts := module.split(".")) > 2 and parts[:2] == ["pages", "components"]
    }
    place = path.relative_to(ROOT / "pages").parts if path.is_relative_to(ROOT / "pages") else ()
    if len(place) == 3:
        assert rooms <= SHARED.get(place[1], {"shell", "inputs", "outputs", place[1]})
    else:
        assert rooms <= {"shell", "inputs", "outputs", path.stem}
    assert not {module for module in modules if module.startswith("xai_core.storage")}
    running = {module for module in modules if module.startswith("xai_core.execution")}
    assert {module.rpartition(".")[0] for module in running} <= {"xai_core.execution.jobs"}


def test_reading_the_registries_loads_no_heavy_library() -> None:
    """Catches an import at the top of a module that makes every start and every worker message slow."""
    code = """
import sys
import xai_core, xai_core.workbench, xai_core.__main__
from xai_core.classifiers import registry
from xai_core.explainers.registry import EXPLAINERS
print([name for name in ("tensorflow", "keras", "shap", "lime", "streamlit", "openvino") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[]", run.stderr


def test_the_inside_of_streamlit_is_imported_in_one_file() -> None:
    """Catches an import that the next version of Streamlit may break without anyone knowing where to look."""
    inside = ("streamlit.runtime", "streamlit.navigation", "streamlit.elements", "streamlit.proto")
    files = [*PAGES, *(ROOT / "tests" / "ui").glob("*.py")]
    importing = [_name(file) for file in files if any(module.startswith(inside) for module in _imports(file))]
    assert importing == ["pages/components/shell/streamlit_internals.py"]
