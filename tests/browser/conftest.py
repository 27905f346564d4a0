"""The real app on a free port of this machine, and a real browser in front of it: one of each for all walks.

Each walk has a window of its own, as of a visitor who was never here. With SEESPOT_TEST_LANGUAGE=fr the walks are in French.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.states import LANGUAGE
from tests.serving import free_port, wait_until_healthy
from xai_core.i18n import catalogues
from xai_core.resources import MODELS, ROOT

#: Height and width at which the walks ask the two networks: a quarter of the passes' time, and all else as it is.
_SIDES = {"vgg16": 112, "inception_v3": 147}
_CHROMIUM = shutil.which("chromium")


@dataclass(frozen=True)
class App:
    """The running app."""

    address: str
    process: int  # the web server's id; the worker is its child


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, started for these tests with an empty store."""
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    _quick_networks(folder / "models")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app.py"),
                *("--server.port", str(port), "--server.address", "127.0.0.1"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "SEESPOT_CACHE": str(folder / "store"),
                "SEESPOT_AHEAD": "0",
                "SEESPOT_MODELS": str(folder / "models"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(address, process)
        yield App(address, process.pid)
    finally:
        process.terminate()
        process.wait(20)
    # A tab that closes while it connects makes the web server log a traceback of its own; none may pass through ours.
    ours = rf'File "{re.escape(str(ROOT))}/(?:pages|xai_core|app\.py)[^"]*", line \d+'
    assert not re.findall(ours, (folder / "server.log").read_text(errors="replace"))


@pytest.fixture(scope="session")
def server(app: App) -> str:
    """The app's address."""
    return app.address


@pytest.fixture(scope="session")
def browser(server: str) -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """Let this thread write numbers and names as the walks read them."""
    catalogues.set_language(LANGUAGE)
    yield
    catalogues.set_language(catalogues.ENGLISH)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A window of a common size, of a visitor who was never here; it may not request anything of other machines."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale=LANGUAGE)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    yield page
    context.close()
    foreign = [
        url for url in requested if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
    ]
    assert foreign == []


def _quick_networks(folder: Path) -> None:
    """Write a models/ folder that holds the two networks, to be asked at a smaller size."""
    folder.mkdir()
    for name in ("breeds.json", "background.npz"):
        (folder / name).symlink_to(MODELS / name)
    for key, side in _SIDES.items():
        (folder / key).mkdir()
        for path in (MODELS / key).glob("*.safetensors"):
            (folder / key / path.name).symlink_to(path)
        description = json.loads((MODELS / key / "model.json").read_text(encoding="utf-8"))
        del description["reference_logits"]  # those of whole references
        (folder / key / "model.json").write_text(json.dumps(description | {"input_size": [side, side]}))
