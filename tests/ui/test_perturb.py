"""The page Perturb as a visitor meets it, on NumPy networks."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components.inputs import photo_picker
from tests import asking
from tests.ui.conftest import directly, maps, opened, requested, settle, shown, until
from tests.ui.networks import Bench
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.i18n.formatting import share
from xai_core.maps.location import box_around_strongest
from xai_core.photos import perturbations
from xai_core.photos.decoding import from_pixels, to_png
from xai_core.requests import ExplanationRequest, StudyRequest
from xai_core.studies.robustness import Robustness
from xai_core.types import ImageInput

Visit = Callable[..., AppTest]
QUICK = {"steps": "11"}


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page by its link, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("perturb"), {**QUICK, **address}, wait=wait)

    return open_page


def words(page: AppTest) -> str:
    return "\n".join(entry.value for kind in (page.markdown, page.caption) for entry in kind)


def sample(bench: Bench) -> tuple[ImageInput, int]:
    """Return the first sample and its most probable breed."""
    image = next(iter(photo_picker.samples().values())).load()
    return image, asking.predict(bench.workbench, "first", image).top(1)[0]


def probability(bench: Bench, pixels: np.ndarray, target: int) -> str:
    """Return what the page should say of a changed photo."""
    return share(float(asking.predict(bench.workbench, "first", from_pixels(pixels, "x")).probabilities[target]))


def test_a_cold_visit_hides_a_part_by_itself(visit: Visit, bench: Bench) -> None:
    """Catches a first screen that waits for clicks, and figures that are not those of the photo that is shown."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    image, target = sample(bench)
    expected = probability(bench, perturbations.occlude(image.pixels, 50, 40, 35, "grey"), target)
    sentence = next(entry.value for entry in page.markdown if entry.value.startswith("With this part hidden"))
    assert f"**Breed {target}**" in sentence
    assert expected in sentence
    [chart] = page.get("plotly_chart")
    assert f"Breed {target} {expected}" in chart.proto.alt
    assert "The photo with the hidden part" in [image.proto.imgs[0].alt for image in page.image]


def test_occlusion_shows_the_drop_and_the_breed_that_wins_at_each_place(visit: Visit, bench: Bench) -> None:
    """Catches a legend whose shares do not add up to the whole photo."""
    page = visit()
    assert [text.partition(":")[0] for text in maps(page)] == ["Occlusion"]
    assert "The most probable breed at each place of the window" in [image.proto.imgs[0].alt for image in page.image]
    [legend] = [html.proto.body for html in page.get("html") if 'class="seespot-classes"' in html.proto.body]
    parts = [float(number) for number in re.findall(r"([\d.]+)\xa0%", legend)]
    assert sum(parts) == pytest.approx(100, abs=0.5)
    assert legend.count("<i") == len(parts)


def test_the_window_moves_and_its_place_goes_into_the_address(visit: Visit, bench: Bench) -> None:
    """Catches figures of another window, and jobs that pile up while it moves."""
    page = visit()
    before = set(page.session_state["jobs"])
    page.slider(key="linked-x").set_value(80).run()
    page.selectbox(key="linked-fill").set_value("white").run()
    settle(page)
    assert (shown(page, "x"), shown(page, "fill")) == ("80", "white")
    image, target = sample(bench)
    assert probability(bench, perturbations.occlude(image.pixels, 80, 40, 35, "white"), target) in words(page)
    # The old window's request is dropped, the map of all windows stays.
    assert len(set(page.session_state["jobs"]) - before) == 1
    assert len(set(page.session_state["jobs"])) == len(before)
    page.slider(key="linked-x").set_value(50).run()
    assert shown(page, "x") is None


def test_the_curves_say_what_the_study_measured(visit: Visit, bench: Bench) -> None:
    """Catches a sentence with another step's figures, or of another class."""
    page = visit(part="change", change="brightness")
    assert not page.exception and not page.error
    image, target = sample(bench)
    height, width = image.pixels.shape[:2]
    study = Robustness(change="brightness", steps=11, aspect=round(width / height, 4))
    result = bench.workbench.submit(asking.study("first", [image], target, study), [image]).result(60)
    lowest = int(result.target_probabilities.argmin())
    wins = int((result.top[:, 0] == target).sum())
    sentence = next(entry.value for entry in page.markdown if "is the first choice in" in entry.value)
    assert share(float(result.target_probabilities[lowest])) in sentence
    assert f"{result.amounts[lowest]:.0f}\xa0%" in sentence
    assert f"{wins} of 11 steps" in sentence or wins in (0, 11)
    assert len(page.get("plotly_chart")) == 2


def test_one_step_can_be_shown_without_computing_again(visit: Visit) -> None:
    """Catches a study that is computed again for each step, and a map that is not changed back."""
    page = visit(part="change")
    jobs = dict(page.session_state["jobs"])
    slider = page.select_slider(key="linked-step")
    assert slider.options[slider.value] == "72°"
    slider.set_value(5).run()
    assert shown(page, "step") == "5"
    texts = [image.proto.imgs[0].alt for image in page.image]
    assert any(text.startswith("Changed, 180°: Breed") for text in texts)
    # This network's Grad-CAM is the same for every photo, so that of a photo upside down cannot agree.
    agreement = float(re.search(r"changed back: agreement (-?[\d.]+)", "\n".join(texts))[1])
    assert agreement < 0.9
    assert dict(page.session_state["jobs"]) == jobs


def test_another_change_is_another_request_and_keeps_the_address(visit: Visit) -> None:
    """Catches a change that is ignored, and the old study that goes on."""
    page = visit(part="change")
    page.segmented_control(key="linked-change").set_value("scale").run()
    settle(page)
    assert shown(page, "change") == "scale"
    assert page.select_slider(key="linked-step").options[0] == "50\xa0%"
    studies = [request.study for request in requested(page, StudyRequest)]
    assert [study.change for study in studies] == ["scale"]


def test_a_study_can_be_cancelled_and_begun_again(visit: Visit, bench: Bench) -> None:
    """Catches a cancelled study that cannot be started again."""
    bench.networks["first"].gate.clear()
    page = visit(part="change", map="saliency", wait=False)
    until(lambda: any(button.key == "cancel-robustness" for button in page.run().button))
    page.button(key="cancel-robustness").click().run()
    assert "Stopped before it was finished." in words(page)
    bench.networks["first"].gate.set()
    settle(page.button(key="again-robustness").click().run())
    assert "is the first choice in" in words(page)


def test_the_dog_and_its_background_are_predicted_apart(visit: Visit) -> None:
    """Catches one prediction that is shown for both parts."""
    page = visit(part="cut")
    assert not page.exception and not page.error
    assert len(maps(page)) == 3
    text = words(page)
    assert "Without its background the probability of" in text
    assert "Without the dog the probability of" in text
    charts = [chart.proto.alt for chart in page.get("plotly_chart")]
    assert "The photo with the box; what was cut out is in colour" in charts
    digests = {request.photo for request in requested(page, ExplanationRequest)}
    assert len(digests) == 3


@pytest.mark.parametrize(
    "filling", [{"behind": "blur"}, {"behind": "photo", "other": "owl"}, {"behind": "colour", "colour": "ff0000"}]
)
def test_each_filling_makes_other_photos(visit: Visit, filling: dict[str, str]) -> None:
    """Catches a filling that is ignored."""
    page = visit(part="cut", **filling)
    assert not page.exception and not page.error
    usual = visit(part="cut")
    changed, before = (
        {digest for request in visited.session_state["jobs"] for digest in request.digests} for visited in (page, usual)
    )
    assert len(changed & before) == 1  # the photo as it is


def test_the_box_moves_by_hand_and_to_the_strongest_heat(visit: Visit, bench: Bench) -> None:
    """Catches a box of another map, and one that does not return to the usual place."""
    page = visit(part="cut")
    page.slider(key="linked-across").set_value((20, 90)).run()
    assert shown(page, "across") == "20-90"
    settle(page)
    page.button(key="box-of-heat").click().run()
    image, target = sample(bench)
    box = box_around_strongest(asking.explain(bench.workbench, "first", image, target, GradCam()).values)
    assert shown(page, "across") == f"{box.left}-{box.right}"
    assert shown(page, "down") == f"{box.top}-{box.bottom}"
    page.button(key="usual-box").click().run()
    assert (shown(page, "across"), shown(page, "down")) == (None, None)
    assert page.slider(key="linked-across").value == (30, 80)


def test_a_box_that_cannot_work_is_refused_and_the_photo_stays(visit: Visit) -> None:
    """Catches a traceback for a box without dog."""
    page = visit(part="cut", across="40-45")
    assert not page.exception
    assert [error.value for error in page.error if "too small to hold a dog" in error.value]
    assert len(maps(page)) == 1


def test_a_photo_in_which_nothing_stands_out_is_reported(visit: Visit, bench: Bench) -> None:
    """Catches a photo of a single colour of which an empty cut-out is asked about."""
    flat = bench.workbench.keep_photo(to_png(np.full((60, 80, 3), 99, np.uint8)), "fog.png")
    page = visit(part="cut", photo=flat.digest)
    assert not page.exception
    assert "Nothing stands out in the box" in page.error[0].value
    charts = [chart.proto.alt for chart in page.get("plotly_chart")]
    assert "The photo with the box; what was cut out is in colour" in charts


def test_nonsense_in_the_address_falls_back(visit: Visit) -> None:
    """Catches a broken link that breaks the page."""
    for address in (
        {"part": "dance", "x": "lots", "size": "0", "fill": "fur"},
        {"part": "change", "change": "fog", "step": "99", "map": "tea"},
        {"part": "cut", "across": "90-20", "down": "<b>", "colour": "orange", "behind": "wall"},
    ):
        page = visit(**address)
        assert not page.exception and not page.error


def test_a_failure_of_the_network_is_one_sentence_and_can_be_tried_again(visit: Visit, bench: Bench) -> None:
    """Catches a traceback on the page, and a failure that stays."""
    bench.networks["first"].broken = True
    page = visit(part="change", map="saliency")
    assert not page.exception
    assert "no usable numbers" in page.error[0].value
    bench.networks["first"].broken = False
    settle(page.button(key="again-robustness").click().run())
    assert "is the first choice in" in words(page)
