"""The page Methods as a visitor meets it, on NumPy networks."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import directly, explanation_jobs, opened, settle, shown, until
from tests.ui.networks import Bench
from xai_core.explainers.families import FAMILIES
from xai_core.explainers.registry import EXPLAINERS, by_family

QUICK = [key for key, method in EXPLAINERS.items() if method.info.quick]
Catalogue = Callable[..., AppTest]


@pytest.fixture
def catalogue(bench: Bench) -> Catalogue:
    """Open the page directly, as a link does, with the given words in its address."""

    def open_page(**address: str) -> AppTest:
        return opened(directly("methods"), address, wait=False)

    return open_page


def cards(page: AppTest) -> list[str]:
    return [card.value for card in page.subheader if card.value not in ("About SeeSpot", "Stored results")]


def drawn(page: AppTest) -> set[str]:
    """Return the titles of the methods whose map is there."""
    texts = (image.proto.imgs[0].alt for image in page.image)
    return {text.partition(": what speaks for ")[0] for text in texts if ": what speaks for " in text}


def titles(keys: list[str]) -> set[str]:
    return {EXPLAINERS[key].info.title for key in keys}


def asked(page: AppTest) -> list[str]:
    """Return the methods of this visitor's jobs, in the order in which they were begun."""
    return [request.explainer.info.key for request in explanation_jobs(page)]


def test_every_method_has_a_card_with_what_one_must_know(catalogue: Catalogue) -> None:
    """Catches a method that is offered and not described, and a family without an introduction."""
    page = catalogue()
    assert not page.exception and not page.error
    assert cards(page) == [method.info.title for methods in by_family().values() for method in methods]
    texts = [text.value for text in page.markdown]
    captions = [caption.value for caption in page.caption]
    for method in EXPLAINERS.values():
        assert [text for text in texts if method.info.how in text and method.info.limits in text]
        assert [text for text in captions if f"[{method.info.paper}]({method.info.url})" in text]
    assert [header.value for header in page.header] == [f"By {family}" for family in by_family()]
    assert set(by_family()) <= set(FAMILIES)


def test_a_cold_visit_computes_what_takes_a_moment_and_nothing_else(catalogue: Catalogue) -> None:
    """Catches a page that keeps the machine busy for minutes because someone looked at a list."""
    page = settle(catalogue())
    assert drawn(page) == titles(QUICK) and QUICK
    assert set(asked(page)) == set(QUICK)
    costs = [caption.value for caption in page.caption if caption.value.startswith("Cost")]
    assert sum("not measured yet" in cost for cost in costs) == len(EXPLAINERS) - len(QUICK)
    assert sum("asked the network" in cost for cost in costs) == len(QUICK)


def test_quick_methods_ask_four_times_at_most(catalogue: Catalogue) -> None:
    """Catches a method called quick that needs more than four network passes."""
    page = settle(catalogue())
    jobs = {request.explainer.info.key: job for request, job in explanation_jobs(page).items()}
    assert {key: job.result().evaluations for key, job in jobs.items() if job.result().evaluations > 4} == {}


def test_maps_are_computed_one_after_the_other(catalogue: Catalogue, bench: Bench) -> None:
    """Catches a catalogue that starts all maps at once."""
    bench.networks["first"].gate.clear()
    page = catalogue()
    until(lambda: any(button.label == "Cancel" for button in page.run().button))
    page.button(key="show-smooth_grad").click().run()
    begun = explanation_jobs(page).values()
    assert [job.done for job in begun].count(False) == 1
    assert "Waits for the map before it." in [caption.value for caption in page.caption]
    bench.networks["first"].gate.set()
    settle(page)
    assert drawn(page) == titles([*QUICK, "smooth_grad"])


def test_a_map_that_the_filters_hide_holds_up_no_other(catalogue: Catalogue, bench: Bench) -> None:
    """Catches a page that waits for a map which it does not draw, and so never learns that it is there."""
    bench.networks["first"].gate.clear()
    page = catalogue()
    until(lambda: any(button.label == "Cancel" for button in page.run().button))
    page.segmented_control(key="methods-family").set_value("perturbation").run()
    page.button(key="show-lime").click().run()
    assert "lime" in asked(page)


def test_a_map_that_is_stored_is_shown_at_once(catalogue: Catalogue) -> None:
    """Catches a stored map that waits for a click."""
    page = settle(catalogue())
    settle(page.button(key="show-smooth_grad").click().run())
    page = catalogue()  # another visitor
    until(lambda: not [caption for caption in page.run().caption if caption.value == "Waiting for the prediction"])
    assert "SmoothGrad" in drawn(page)


def test_filters_choose_what_is_shown_and_go_into_the_address(catalogue: Catalogue) -> None:
    """Catches a search that minds case or word order, and filters that a shared link would lose."""
    page = settle(catalogue())
    page.segmented_control(key="methods-family").set_value("class activation").run()
    assert shown(page, "family") == "class activation"
    assert cards(page) == [method.info.title for method in by_family()["class activation"]]
    page.text_input(key="methods-find").set_value("selvaraju  GUIDED").run()
    assert shown(page, "find") == "selvaraju  GUIDED"
    assert cards(page) == ["Guided Grad-CAM"]
    page.segmented_control(key="methods-family").set_value("all").run()
    page.text_input(key="methods-find").set_value("").run()
    assert shown(page, "family") is None and shown(page, "find") is None
    assert len(cards(page)) == len(EXPLAINERS)


def test_a_link_with_filters_opens_filtered_and_nonsense_is_forgiven(catalogue: Catalogue) -> None:
    """Catches filters of a link that are not applied, and nonsense in them that fails the page."""
    page = catalogue(family="gradients", find="saliency")
    assert "Saliency" in cards(page) and set(cards(page)) <= titles([one.info.key for one in by_family()["gradients"]])
    assert page.text_input(key="methods-find").value == "saliency"
    page = catalogue(family="tea leaves", find="no such thing <b>")
    assert not page.exception and cards(page) == []
    assert "No method matches" in page.info[0].value


def test_a_method_opens_in_explain_for_the_same_photo(catalogue: Catalogue) -> None:
    """Catches a link to another method, another photo or another network."""
    page = settle(catalogue(sample="owl", network="second"))
    links = {link.proto.label: link.proto for link in page.get("page_link")}
    queries = [
        parse_qs(link.proto.query_string) for link in page.get("page_link") if link.proto.label == "Open in Explain"
    ]
    assert links["Open in Explain"].page in ("", "explain")
    assert [query["panel1"] for query in queries] == [[key] for key in _in_page_order()]
    assert all((query["sample"], query["network"]) == (["owl"], ["second"]) for query in queries)


def test_a_failure_stays_on_its_card(catalogue: Catalogue, bench: Bench) -> None:
    """Catches one failed map that takes the catalogue with it."""
    bench.networks["first"].broken = True
    page = settle(catalogue())
    assert len(cards(page)) == len(EXPLAINERS)
    assert page.error and all("no usable numbers" in error.value for error in page.error)
    assert "Grad-CAM" in drawn(page)


def _in_page_order() -> list[str]:
    return [method.info.key for methods in by_family().values() for method in methods]
