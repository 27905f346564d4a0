"""The page "Why this breed?" as a visitor meets it, on NumPy networks."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components.inputs import photo_picker
from pages.components.why.maps import METHODS
from tests import asking, dogs
from tests.ui.conftest import directly, opened, requested, settle, shown
from tests.ui.networks import Bench
from xai_core.detection import locate
from xai_core.i18n import formatting
from xai_core.maps.regions import KEYS, region_shares, suggest_regions
from xai_core.metrics.margin import margin
from xai_core.requests import ExplanationRequest, StudyRequest
from xai_core.studies.flip_test import FlipTest
from xai_core.types import ImageInput, Prediction

Visit = Callable[..., AppTest]


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page by its link, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("why"), address, wait=wait)

    return open_page


def image() -> ImageInput:
    return next(iter(photo_picker.samples().values())).load()


def prediction(bench: Bench, network: str = "first") -> Prediction:
    return asking.predict(bench.workbench, network, image())


def pictures(page: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in page.image]


def text(page: AppTest) -> str:
    return "\n".join(entry.value for kind in (page.markdown, page.caption, page.info) for entry in kind)


def test_both_breeds_and_the_difference_stand_beside_each_other_for_each_network(visit: Visit, bench: Bench) -> None:
    """Catches the runner-up of another network, and maps of the wrong column."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    a, b = (formatting.breed(prediction(bench).labels[position]) for position in prediction(bench).top(2))
    assert [alt for alt in pictures(page) if alt.startswith("Grad-CAM")] == [
        f"Grad-CAM, For {a}",
        f"Grad-CAM, For {b}",
        f"Grad-CAM, For {a} rather than {b}",
    ] * 2
    for network in ("first", "second"):
        ahead = margin(prediction(bench, network), *prediction(bench).top(2))
        shares = [formatting.share(part) for part in (ahead.probability_a, ahead.probability_b)]
        given = f"It gives {a} {shares[0]} and {b} {shares[1]}"
        assert given in text(page)


def test_the_third_map_is_that_of_the_contrast(visit: Visit, bench: Bench) -> None:
    """Catches a third column that shows the first one's map again: what is drawn is the difference of two explanations."""
    page = visit(networks="first", method="expected_gradients")
    a, b = prediction(bench).top(2)
    jobs = {
        (str(request.network), request.target): page.session_state["jobs"][request].result().values
        for request in requested(page, ExplanationRequest)
    }
    assert set(jobs) == {("first", a), ("first", b), (f"first~minus-{b}", a)}
    difference = jobs["first", a] - jobs["first", b]
    np.testing.assert_allclose(jobs[f"first~minus-{b}", a], difference, atol=1e-3 * np.abs(difference).max())


def test_the_other_breed_lives_in_the_address(visit: Visit, bench: Bench) -> None:
    """Catches a link that opens with another pair, and a choice that a link would lose."""
    top = prediction(bench).top(3)
    labels = prediction(bench).labels
    page = visit(networks="first", rather=labels[top[2]].wnid)
    assert f"Grad-CAM, For {formatting.breed(labels[top[2]])}" in pictures(page)
    [picker] = [box for box in page.selectbox if box.label.startswith("Rather than")]
    picker.set_value(top[1]).run()
    settle(page)
    assert shown(page, "rather") == labels[top[1]].wnid
    assert f"Grad-CAM, For {formatting.breed(labels[top[1]])}" in pictures(page)


def test_what_cannot_be_compared_is_one_sentence(visit: Visit, bench: Bench) -> None:
    """Catches maps of a breed against itself, and an empty page without a reason."""
    labels = prediction(bench).labels
    top = prediction(bench).top(2)
    page = visit(rather=labels[top[0]].wnid)
    assert not page.exception and not page.error
    assert f"Both breeds are {formatting.breed(labels[top[0]])}: choose another one to compare it with." in text(page)
    assert not [alt for alt in pictures(page) if alt.startswith("Grad-CAM")]
    assert "Choose at least one network." in text(visit(networks=""))
    assert "Only The second network is asked" in text(visit(networks="second"))
    page = visit(rather="n99999999")
    assert any("knows no class" in warning.value for warning in page.warning)


def test_a_pair_that_the_link_names_is_not_taken_for_one_breed_before_the_network_has_looked(
    visit: Visit, bench: Bench
) -> None:
    """Catches the target's stand-in before the prediction, which looked like the same breed twice."""
    labels = bench.networks["first"].spec.labels
    page = visit(wait=False, target=labels[0].wnid, rather=labels[2].wnid)
    assert "Both breeds" not in text(page)
    settle(page)
    assert f"Grad-CAM, For {formatting.breed(labels[0])} rather than {formatting.breed(labels[2])}" in pictures(page)


def test_a_network_that_does_not_know_a_breed_is_named_and_left_out(visit: Visit, bench: Bench) -> None:
    """Catches another class's map for a breed that the network does not know."""
    second = bench.networks["second"]
    other = dataclasses.replace(
        second.spec.labels[prediction(bench).top(2)[1]], wnid="n7", english="Cat", french="Chat"
    )
    labels = [
        other if position == prediction(bench).top(2)[1] else label for position, label in enumerate(second.spec.labels)
    ]
    second.spec = dataclasses.replace(second.spec, labels=tuple(labels))
    page = visit()
    assert not page.exception and not page.error
    assert "The second network knows no" in text(page)
    assert len([alt for alt in pictures(page) if alt.startswith("Grad-CAM")]) == 3


def test_the_flip_test_shows_what_was_measured(visit: Visit, bench: Bench) -> None:
    """Catches the other half's numbers, another network's, and a picture where nothing flips."""
    page = visit(look="flip", patches="20", fill="black")
    assert not page.exception and not page.error
    a, b = prediction(bench).top(2)
    drawn = 0
    for network in ("first", "second"):
        study = FlipTest(b, fill="black", superpixels=20)
        result = bench.workbench.submit(asking.study(network, [image()], a, study), [image()]).result(60)
        for part in (result.hide, result.keep):
            if part.flips and not part.at_once:
                assert f"{formatting.share(part.share)} of the photo" in text(page)
                drawn += 1
        if not result.holds:
            assert "is not this network's answer" in text(page)
    assert drawn
    assert len([alt for alt in pictures(page) if "of the photo" in alt]) == drawn


def test_the_flip_test_can_follow_a_map(visit: Visit, bench: Bench) -> None:
    """Catches an order that is ignored, or taken from another map than the contrast's."""
    page = visit(look="flip", patches="20", order="expected_gradients", networks="first", until="pair")
    assert not page.exception and not page.error
    [study] = [request.study for request in requested(page, StudyRequest)]
    a, b = prediction(bench).top(2)
    values = asking.explain(bench.workbench, f"first~minus-{b}", image(), a, METHODS["expected_gradients"]).values
    assert study == FlipTest(b, until="pair", superpixels=20).of_map(values)


def test_shares_of_parts_are_those_of_the_maps(visit: Visit, bench: Bench) -> None:
    """Catches shares of another breed's map, and marks that the address does not hold."""
    start = suggest_regions(image().pixels, dogs.in_the_middle(image().pixels).outline)
    marked = start.with_region(range(10), "head").with_region(range(10, 25), "background")
    page = visit(look="parts", parts=marked.to_text(), method="expected_gradients", networks="second")
    assert (
        not page.exception and not page.error and not [warning for warning in page.warning if "link" in warning.value]
    )
    [chart] = [chart.proto.alt for chart in page.get("plotly_chart") if "Area of the photo" in chart.proto.alt]
    a, b = prediction(bench).top(2)
    for target in (a, b):
        values = asking.explain(bench.workbench, "second", image(), target, METHODS["expected_gradients"]).values
        regions = region_shares(values, marked)
        share = formatting.share(float(regions.shares[KEYS.index("head")]))
        assert f"The second network: {formatting.breed(prediction(bench).labels[target])}: Background" in chart
        assert re.search(rf"{formatting.breed(prediction(bench).labels[target])}: [^;]*Head {re.escape(share)}", chart)
        if target == a:
            assert regions.much_outside == any("outside the dog" in warning.value for warning in page.warning)
    assert "Nothing is marked yet as: Body, Legs." in text(page)


def test_parts_of_another_photo_are_refused_and_forgotten(visit: Visit) -> None:
    """Catches marks drawn on a photo that they do not belong to."""
    page = visit(look="parts", parts="AAAA", networks="first")
    assert any("belong to another photo" in warning.value for warning in page.warning)
    page.button(key="parts-again").click().run()
    settle(page)
    assert shown(page, "parts") is None
    assert not [warning for warning in page.warning if "another photo" in warning.value]


def test_leaving_a_view_ends_its_studies(visit: Visit, bench: Bench) -> None:
    """Catches a machine that goes on with a study that nobody looks at."""
    page = visit(look="flip", patches="20")
    assert requested(page, StudyRequest)
    page.button_group(key="linked-look").set_value("maps").run()
    settle(page)
    assert not requested(page, StudyRequest)


def test_a_map_that_fails_leaves_the_others_alone(visit: Visit, bench: Bench) -> None:
    """Catches one failed map that takes the whole page with it."""
    bench.networks["first"].broken = True
    page = visit(method="expected_gradients")
    assert len(page.error) == 3
    assert len([alt for alt in pictures(page) if alt.startswith("SHAP")]) == 3


def test_the_example_is_one_click_away(visit: Visit) -> None:
    """Catches a button that opens another pair than the example's."""
    page = visit(networks="first")
    page.button(key="scenario").click().run()
    assert shown(page, "target") == "n02090721"
    assert shown(page, "rather") == "n02092002"
    assert not page.exception


def test_an_outline_in_doubt_gives_no_shares_until_parts_are_marked(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a share on the dog of a photo in which nobody is sure where the dog is."""
    found = dogs.in_the_middle(image().pixels)
    doubtful = dataclasses.replace(found, doubts=("several",))
    monkeypatch.setattr(locate, "locate", lambda pixels, box=None: doubtful)
    page = visit(look="parts", networks="first")
    assert any("Several dogs were found" in warning.value for warning in page.warning)
    assert not [chart for chart in page.get("plotly_chart") if "Area of the photo" in chart.proto.alt]
    marked = suggest_regions(image().pixels, found.outline).with_region(range(10), "head")
    page = visit(look="parts", networks="first", parts=marked.to_text())
    assert [chart for chart in page.get("plotly_chart") if "Area of the photo" in chart.proto.alt]
