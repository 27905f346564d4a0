"""Findings and the report as visitors meet them on Explain and Compare, on NumPy networks."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import directly, explanation_jobs, opened, settle, study_jobs
from tests.ui.networks import Bench
from xai_core.i18n import catalogues
from xai_core.report import manifest

Visit = Callable[..., AppTest]
Files = dict[str, Callable[[], bytes]]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """What the page's download buttons would make when they are pressed, by file name."""
    offered: Files = {}
    draw = st.download_button

    def remembered(label: str, data: Any, file_name: str, *rest: Any, **more: Any) -> Any:
        offered[file_name] = data
        return draw(label, data, file_name, *rest, **more)

    monkeypatch.setattr(st, "download_button", remembered)
    return offered


@pytest.fixture
def french() -> Iterator[None]:
    """Let the widgets' words be read in the language in which the page draws them."""
    catalogues.set_language("fr")
    yield
    catalogues.set_language(catalogues.ENGLISH)


def studies(page: AppTest) -> list[str]:
    return [request.study.info.key for request in study_jobs(page)]


def findings(page: AppTest) -> str:
    [said] = [one.value for one in page.markdown if "](#" in one.value]
    return said


def test_explain_says_what_its_numbers_say_and_asks_nothing_more(visit: Visit) -> None:
    """Catches findings that start studies by themselves, or that link to no place on the page."""
    page = visit()
    assert not page.exception and not page.error
    assert [one.value for one in page.header][-1] == "What the numbers say"
    assert "The first network " in findings(page) and "[Numbers](#breeds)" in findings(page)
    assert {one.proto.anchor if hasattr(one.proto, "anchor") else "" for one in page.title} == {"breeds"}
    assert studies(page) == []


def test_explains_report_holds_what_the_page_shows(visit: Visit, files: Files, bench: Bench, french: None) -> None:
    """Catches a report with other maps, other settings or another language than the page."""
    page = visit(report="yes", lang="fr")
    assert not page.exception and not page.error
    assert {"faithfulness"} == set(studies(page)) and len(studies(page)) == 4 + 2
    data = files["seespot-report.html"]()
    read = manifest.read(data)
    assert [one.method for one in read.networks[0].maps] == [
        "lime",
        "grad_cam",
        "integrated_gradients",
        "expected_gradients",
    ]
    assert dict(read.networks[0].maps[0].parameters)["samples"] == 20  # the panel's setting, not the usual one
    assert all(one.scores is not None for one in read.networks[0].maps) and len(read.networks[0].random_orders) == 2
    target = next(
        number
        for number, one in enumerate(bench.networks["first"].spec.labels)
        if one.wnid == read.networks[0].target.wnid
    )
    for record in read.networks[0].maps:
        [shown] = [
            job.result()
            for request, job in explanation_jobs(page).items()
            if request.explainer.info.key == record.method
        ]
        assert shown.target == target and manifest.map_digest(shown.values) == record.digest
    assert '<html lang="fr">' in data.decode()
    assert files["seespot-report.pdf"]().startswith(b"%PDF")


def test_switching_the_report_off_again_stops_what_it_asked_for(visit: Visit, bench: Bench) -> None:
    """Catches a report's studies that go on after it was switched off."""
    page = visit(report="yes")
    assert studies(page)
    page.toggle(key="linked-report").set_value(False).run()
    settle(page)
    page.run()
    assert studies(page) == []


def test_compares_report_holds_all_networks_with_their_marks(bench: Bench, files: Files) -> None:
    """Catches a report without a network, a score or a check that the page shows."""
    page = opened(
        directly("compare"), {"methods": "saliency,grad_cam", "report": "yes", "trust": "yes", "fill": "mean"}
    )
    assert not page.exception and not page.error
    assert "](#agreement)" in findings(page) or "](#row-" in findings(page)
    read = manifest.read(files["seespot-report.html"]())
    assert [network.key for network in read.networks] == ["first", "second"]
    assert {len(network.maps) for network in read.networks} == {2} and read.scoring.fill == "mean"
    for network in read.networks:
        assert network.random_orders and all(one.scores is not None and one.checks is not None for one in network.maps)
