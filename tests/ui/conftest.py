"""What the tests of pages share: a workbench without TensorFlow, and a visitor who waits for answers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import session
from tests.ui.networks import Bench

ROOT = Path(__file__).parents[2]
#: As few questions as the methods allow: these tests are about the page.
QUICK = {
    "panel1.samples": "20",
    "panel1.segmentation": "slic",
    "panel3.steps": "4",
    "panel4.samples": "8",
    "panel4.references": "2",
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A workbench with two NumPy networks in the place of the real ones."""
    made = Bench(tmp_path)
    monkeypatch.setattr(session, "workbench", lambda: made.workbench)
    yield made
    for network in made.networks.values():
        network.gate.set()
    made.workbench.close()


@pytest.fixture
def visit(bench: Bench) -> Callable[..., AppTest]:
    """Open the page Explain directly, as a link does, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=60)
        for name, value in {**QUICK, **address}.items():
            page.query_params[name] = value
        page.run()
        return settle(page) if wait else page

    return open_page


def settle(page: AppTest) -> AppTest:
    """Run the page until nothing is being computed for it."""

    def still() -> bool:
        page.run()
        # A run that begins another one may be seen half done: the download at the page's end is there in whole ones.
        whole = "download-all" in {button.key for button in page.download_button}
        waiting = [caption for caption in page.caption if caption.value == "The breeds come first."]
        return whole and not page.progress and not waiting

    until(still)
    return page


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `true()`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def maps(page: AppTest) -> list[str]:
    """Return the texts of the finished maps, in the order of their panels."""
    return [image.proto.imgs[0].alt for image in page.image if ": what speaks for " in image.proto.imgs[0].alt]


def shown(page: AppTest, name: str) -> str | None:
    """Return what the page's address says under `name`."""
    values = page.query_params.get(name)
    return values[0] if isinstance(values, list) else values
