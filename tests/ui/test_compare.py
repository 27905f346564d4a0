"""The page Compare as a visitor meets it, on NumPy networks."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components.compare import grid
from pages.components.compare.comparison import Comparison
from pages.components.inputs import photo_picker
from tests import asking
from tests.ui.conftest import directly, opened, settle, shown, study_jobs
from tests.ui.networks import Bench
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.registry import build_explainer
from xai_core.maps import consensus
from xai_core.metrics import deletion_insertion as metric
from xai_core.studies.faithfulness import Faithfulness

Visit = Callable[..., AppTest]
QUICK = {"methods": "saliency,grad_cam"}
NUMBERS = re.compile(r"Deletion \*\*([\d.]+)\*\* \(([\d.]+)\) · insertion \*\*([\d.]+)\*\* \(([\d.]+)\)")


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page by its link, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("compare"), {**QUICK, **address}, wait=wait)

    return open_page


def cells(page: AppTest) -> list[str]:
    """Return the cells whose maps are there, row by row."""
    texts = [image.proto.imgs[0].alt for image in page.image]
    return [text.partition(":")[0] for text in texts if ": what speaks for " in text]


def words(page: AppTest) -> str:
    return "\n".join(entry.value for kind in (page.markdown, page.caption) for entry in kind)


def test_networks_are_rows_and_methods_are_columns(visit: Visit) -> None:
    """Catches cells in another order, and a first screen that misses scores or claims checks that never ran."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    assert cells(page) == [
        "Grad-CAM, The first network",
        "Saliency, The first network",
        "Grad-CAM, The second network",
        "Saliency, The second network",
    ]
    assert len(NUMBERS.findall(words(page))) == 4
    assert words(page).count("Not checked yet") == 4


def test_the_numbers_are_those_of_the_maps_they_stand_under(visit: Visit, bench: Bench) -> None:
    """Catches scores of another cell, of the other fill, or of a random order that is another method's."""
    page = visit(networks="second", fill="mean")
    image = next(iter(photo_picker.samples().values())).load()
    target = asking.predict(bench.workbench, "first", image).top(1)[0]

    def areas(values: np.ndarray) -> tuple[float, ...]:
        study = Faithfulness.of(values, fill="mean")
        curves = bench.workbench.submit(asking.study("second", [image], target, study), [image]).result(60)
        return metric.score("deletion", curves.deletion).value, metric.score("insertion", curves.insertion).value

    random = np.mean([areas(metric.random_map(seed)) for seed in (0, 1)], axis=0)
    for method, told in zip(("grad_cam", "saliency"), NUMBERS.findall(words(page)), strict=True):
        values = asking.explain(bench.workbench, "second", image, target, build_explainer(method, {})).values
        deletion, insertion = areas(values)
        expected = [deletion, random[0], insertion, random[1]]
        assert [float(one) for one in told] == pytest.approx(expected, abs=0.0051)


def test_maps_that_end_while_the_page_is_drawn_are_scored_without_another_click(
    visit: Visit, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a page that looked at jobs too early to go on, and too late to wait for them."""
    plain = grid.draw

    def late(comparison: Comparison) -> None:
        bench.networks["second"].gate.set()
        for job in comparison.jobs.values():
            job.result(60)
        plain(comparison)

    asking.predict(bench.workbench, "second", next(iter(photo_picker.samples().values())).load())
    monkeypatch.setattr(grid, "draw", late)
    bench.networks["second"].gate.clear()
    page = visit(networks="second", network="second", wait=False)  # the page runs once, and on its own from there
    assert study_jobs(page)


def test_the_choice_lives_in_the_address(visit: Visit) -> None:
    """Catches a choice of networks or methods that a shared link would lose."""
    page = visit(networks="first")
    assert {one.split(", ")[1] for one in cells(page)} == {"The first network"}
    page.button_group(key="linked-methods").set_value(["saliency", "gradient_x_input", "grad_cam"]).run()
    settle(page)
    assert len(cells(page)) == 3
    assert set(shown(page, "methods").split(",")) == {"saliency", "gradient_x_input", "grad_cam"}


def test_an_enlarged_cell_shows_its_curves_and_swaps_photo_and_map(visit: Visit) -> None:
    """Catches curves of another cell, and an enlarged cell that cannot be closed."""
    page = visit()
    assert len(page.get("plotly_chart")) == 1  # the matrix
    page.button(key="enlarge-second.saliency").click().run()
    assert shown(page, "cell") == "second.saliency"
    curves = next(chart for chart in page.get("plotly_chart") if "area" in chart.proto.alt)
    deletion = NUMBERS.findall(words(page))[3][0]
    assert f"Hidden, strongest first: area {deletion}" in curves.proto.alt
    assert "Saliency, The second network, enlarged" in [one.proto.imgs[0].alt for one in page.image]
    page.button_group(key="linked-look").set_value("photo").run()
    assert "Saliency, The second network, enlarged" not in [one.proto.imgs[0].alt for one in page.image]
    page.button(key="enlarge-second.saliency").click().run()
    assert shown(page, "cell") is None


def test_a_map_that_does_not_depend_on_the_weights_is_greyed_with_the_reason(visit: Visit, bench: Bench) -> None:
    """Catches marks given to the wrong cell, and a check against the trained network itself.

    The first network's Grad-CAM is made the same on every network; its saliency is its weights.
    """
    layer = bench.networks["first"].layer
    for parts in (1, 2):
        bench.load(NetworkRef("first", randomised=parts)).layer = layer
    page = visit(networks="first", trust="yes")
    assert not page.exception and not page.error
    marks = [one.value for one in page.caption if one.value.startswith(":material/")]
    assert marks[0].startswith(":material/block: Fails: it looks much the same on random weights (agreement 1.00)")
    assert marks[1].startswith(":material/verified: Passed both checks")
    assert "Saliency, The first network 100%" in words(page) or "all counted alike" in words(page)


def test_the_same_breed_on_a_second_photo(visit: Visit, bench: Bench) -> None:
    """Catches a second row that shows the first photo's maps or numbers, and agreement between maps of two photos."""
    page = visit(networks="first", second="owl")
    assert not page.exception and not page.error
    assert cells(page) == [
        f"{method}, The first network{photo}" for photo in ("", ", second photo") for method in ("Grad-CAM", "Saliency")
    ]
    image, owl = (photo_picker.samples()[name].load() for name in (next(iter(photo_picker.samples())), "owl"))
    target = asking.predict(bench.workbench, "first", image).top(1)[0]
    values = asking.explain(bench.workbench, "first", owl, target, build_explainer("saliency", {})).values
    study = Faithfulness.of(values)
    found = bench.workbench.submit(asking.study("first", [owl], target, study), [owl]).result(60)
    expected = metric.score("deletion", found.deletion).value
    assert float(NUMBERS.findall(words(page))[3][0]) == pytest.approx(expected, abs=0.0051)
    assert "Two of these 2 maps agree" in words(page)


def test_what_the_maps_agree_on_is_what_consensus_says(visit: Visit, bench: Bench) -> None:
    """Catches agreement computed from other maps than those shown."""
    page = visit()
    image = next(iter(photo_picker.samples().values())).load()
    target = asking.predict(bench.workbench, "first", image).top(1)[0]
    maps = [
        asking.explain(bench.workbench, network, image, target, build_explainer(method, {})).values
        for network in ("first", "second")
        for method in ("grad_cam", "saliency")
    ]
    score = consensus.mean_correlation(consensus.correlations(maps))
    assert f"Two of these 4 maps agree to **{score:.2f}** on average" in words(page)
    most = int(consensus.votes(maps).max())
    assert f"at most {most} do" in words(page)


def test_one_map_alone_and_none_at_all_are_said(visit: Visit) -> None:
    """Catches agreement of one map with itself, and an empty choice that shows an empty page."""
    page = visit(networks="first", methods="saliency")
    assert not page.exception and not page.error
    assert "Agreement needs two maps: choose a second network or method." in [one.value for one in page.info]
    page = visit(networks="", methods="saliency")
    assert "Choose at least one network and one method." in [one.value for one in page.info]


def test_maps_that_fail_leave_the_others_alone(visit: Visit, bench: Bench) -> None:
    """Catches one failing map that takes the row or the scores of others with it."""
    bench.networks["first"].broken = True
    page = visit()
    assert len(page.error) == 1
    assert cells(page) == [
        "Grad-CAM, The first network",
        "Grad-CAM, The second network",
        "Saliency, The second network",
    ]
    assert len(NUMBERS.findall(words(page))) == 3


def test_scores_wait_for_the_maps_and_a_cancel_ends_a_map(visit: Visit, bench: Bench) -> None:
    """Catches scores computed before their maps, and a cancel that also ends other cells."""
    bench.networks["second"].gate.clear()
    page = visit(wait=False)
    for _ in range(3):
        page.run()
    assert not study_jobs(page)
    page.button(key="cancel-map-second.saliency").click().run()
    bench.networks["second"].gate.set()
    settle(page)
    assert "Stopped before it was finished." in words(page)
    assert len(NUMBERS.findall(words(page))) == 3


def test_presenting_goes_from_method_to_method_with_all_networks_beside_each_other(visit: Visit) -> None:
    """Catches a presenter who sees other maps, or other numbers, than those of the grid."""
    page = visit()
    numbers = dict(zip(cells(page), NUMBERS.findall(words(page)), strict=True))
    settle(page.button(key="present").click().run())
    for method in ("Grad-CAM", "Saliency"):
        titles = [f"{method}, The {network} network" for network in ("first", "second")]
        assert cells(page) == titles
        assert NUMBERS.findall(words(page)) == [numbers[title] for title in titles]
        if method == "Grad-CAM":
            settle(page.button(key="step-next").click().run())
    page.button(key="step-leave").click().run()
    assert shown(page, "present") is None
