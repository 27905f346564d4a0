"""What the tests of pages share: a workbench without TensorFlow, and a visitor who waits for answers."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas  # noqa: F401 - jobs are threads here, and a page that draws a chart while one imports pandas fails
import pytest
from PIL import Image
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.components.shell import session
from tests.ui.networks import Bench
from xai_core.execution.jobs import Job
from xai_core.requests import ExplanationRequest, Request, StudyRequest
from xai_core.resources import ROOT

#: As few questions as the methods allow: these tests are about the page.
QUICK = {
    "panel1.samples": "20",
    "panel1.segmentation": "slic",
    "panel3.steps": "4",
    "panel4.samples": "8",
}


@pytest.fixture(scope="session", autouse=True)
def quick_streamlit() -> Iterator[None]:
    """Spare what Streamlit does for each AppTest anew; what the pages do and the pixels that they draw are the same.

    It reads the metadata of every installed package, compresses PNG files well, and rewrites each script so that it would
    draw bare expressions, of which the pages have none. Together that took half of these tests' time. And after every run
    it has Keras collect all garbage where some earlier test of the process has loaded it, which took nine tenths.
    """
    Image.preinit()
    save = Image.SAVE["PNG"]

    def save_quickly(image: Image.Image, *rest: object) -> None:
        image.encoderinfo.setdefault("compress_level", 1)
        save(image, *rest)

    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        patch.setitem(Image.SAVE, "PNG", save_quickly)
        patch.setattr("streamlit.runtime.scriptrunner.script_runner._clean_problem_modules", lambda: None)
        magic = config.get_option("runner.magicEnabled")
        config.set_option("runner.magicEnabled", False)
        yield
        config.set_option("runner.magicEnabled", magic)


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
        return opened(AppTest.from_file(str(ROOT / "pages" / "explain.py")), {**QUICK, **address}, wait=wait)

    return open_page


def requested(page: AppTest, kind: type[Request]) -> list[Any]:
    """Return the requests of one kind that the page's visitor has jobs for, in order."""
    return [request for request in page.session_state["jobs"] if isinstance(request, kind)]


def directly(page: str) -> AppTest:
    """Return the app, about to open one of its pages directly, as a link does."""
    return AppTest.from_file(str(ROOT / "app.py")).switch_page(f"pages/{page}.py")


def opened(page: AppTest, address: Mapping[str, str], *, wait: bool = True) -> AppTest:
    """Open the page with the given words in its address; with `wait`, until nothing is being computed for it."""
    page.default_timeout = 60
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    return settle(page) if wait else page


def settle(page: AppTest) -> AppTest:
    """Run the page until nothing is being computed for it or waits for its turn."""

    def jobs() -> dict[Request[Any], Job[Any]]:
        return page.session_state.get("jobs", {})

    def settled() -> bool:
        until(lambda: all(job.done for job in jobs().values()))  # a run before that would be drawn for nothing
        answered = set(jobs())
        page.run()
        # A run that begins another one may be seen half done: the sidebar's button is there at the end of whole ones.
        whole = "empty-store" in {button.key for button in page.button}
        return whole and not page.progress and answered.issuperset(jobs())

    until(settled)
    return page


def until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait until `true()`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def explanation_jobs(page: AppTest) -> dict[ExplanationRequest, Job[Any]]:
    """Return the visitor's jobs for maps, in the order in which they were begun."""
    jobs = page.session_state["jobs"]
    return {request: job for request, job in jobs.items() if isinstance(request, ExplanationRequest)}


def study_jobs(page: AppTest) -> dict[StudyRequest[Any], Job[Any]]:
    """Return the visitor's jobs for studies, in the order in which they were begun."""
    return {request: job for request, job in page.session_state["jobs"].items() if isinstance(request, StudyRequest)}


def maps(page: AppTest) -> list[str]:
    """Return the texts of the finished maps, in the order of their panels."""
    return [image.proto.imgs[0].alt for image in page.image if ": what speaks for " in image.proto.imgs[0].alt]


def shown(page: AppTest, name: str) -> str | None:
    """Return what the page's address says under `name`."""
    values = page.query_params.get(name)
    return values[0] if isinstance(values, list) else values
