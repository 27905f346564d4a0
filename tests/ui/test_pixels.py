"""The page Pixels as a visitor meets it, on NumPy networks."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.inputs import photo_picker
from tests.ui.conftest import directly, maps, opened, requested, settle, shown, until
from tests.ui.networks import Bench
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.registry import EXPLAINERS, build_explainer
from xai_core.maps.agreement import strength_agreement
from xai_core.photos.decoding import squeeze
from xai_core.requests import ExplanationRequest, PredictionRequest, StudyRequest
from xai_core.studies.integrated_path import IntegratedPath
from xai_core.studies.noise_sweep import LEVELS, NoiseSweep

Visit = Callable[..., AppTest]


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page directly, as a link does, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("pixels"), address, wait=wait)

    return open_page


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def pictures(page: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in page.image]


def titles(page: AppTest) -> list[str]:
    return [text.partition(":")[0] for text in maps(page)]


def computed(page: AppTest) -> list[Any]:
    """Return what is computed beside the prediction: explainers and studies, in order."""
    return [
        request.study if isinstance(request, StudyRequest) else request.explainer
        for request in page.session_state["jobs"]
        if not isinstance(request, PredictionRequest)
    ]


def test_a_cold_visit_shows_four_quick_maps_and_computes_nothing_else(visit: Visit) -> None:
    """Catches a first screen that waits for clicks, or one that computes all five parts of the page."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    assert len(titles(page)) == 4
    assert [explainer.info.title for explainer in computed(page)] == titles(page)
    assert texts(page).count("Asked the network once") == 3
    assert texts(page).count("Asked the network 3 times") == 1  # DeepLIFT: photo, reference, and the way back


def test_the_methods_are_chosen_by_the_visitor_and_go_into_the_address(visit: Visit) -> None:
    """Catches a choice that is lost in a link, and maps that are computed although they were deselected."""
    page = visit()
    settle(page.pills(key="linked-maps").set_value(["saliency", "smooth_grad"]).run())
    assert shown(page, "maps") == "saliency,smooth_grad"
    assert titles(page) == ["Saliency", "SmoothGrad"]
    page.pills(key="linked-maps").set_value([]).run()
    assert "Choose a method above" in texts(page)
    assert not computed(page)


def test_a_link_opens_its_methods_and_nonsense_in_it_is_left_out(visit: Visit) -> None:
    """Catches a broken link that breaks the page, and methods without gradients."""
    page = visit(maps="smooth_grad,lime,<script>")
    assert not page.exception and not page.error
    assert titles(page) == ["SmoothGrad"]  # lime asks no gradients


def test_every_gradient_method_is_offered_with_how_it_works(visit: Visit) -> None:
    """Catches a method that is in the registry and missing here."""
    page = visit()
    gradients = [method.info for method in EXPLAINERS.values() if method.info.family == "gradients"]
    assert page.pills(key="linked-maps").options == [info.title for info in gradients]
    [saliency] = [text for text in page.markdown if text.value == "**Saliency**"]
    assert EXPLAINERS["saliency"].info.how in saliency.help


def test_trained_and_random_network_stand_beside_each_other_with_their_agreement(visit: Visit, bench: Bench) -> None:
    """Catches the same network drawn twice, and a figure that belongs to other maps."""
    page = visit(part="trained", method="gradient_x_input")
    assert not page.error
    assert titles(page) == ["Gradient x input"] * 2
    first, *_ = photo_picker.samples().values()
    rgb = squeeze(first.load().pixels, bench.networks["first"].spec.input_size)
    target = requested(page, ExplanationRequest)[0].target
    method = build_explainer("gradient_x_input", {})
    both = [
        method.attribute(bench.load(NetworkRef.parse(text)), rgb, target).values for text in ("first", "first~random")
    ]
    assert f"**{strength_agreement(*both):.2f}**" in texts(page)
    assert "edge detectors" in texts(page)


def test_a_failure_of_the_random_network_leaves_the_trained_one_s_map(visit: Visit, bench: Bench) -> None:
    """Catches one failed map that takes the whole part with it."""
    bench.load(NetworkRef.parse("first~random")).broken = True
    page = visit(part="trained", method="saliency")
    assert titles(page) == ["Saliency"]
    assert len(page.error) == 1 and "no usable numbers" in page.error[0].value
    assert "The answer needs both maps." in texts(page)


def test_the_path_shows_its_pictures_at_the_place_of_the_slider(visit: Visit) -> None:
    """Catches pictures of another place, and a slider that is not in the address."""
    page = visit(part="path")
    assert not page.exception and not page.error
    assert [IntegratedPath()] == computed(page)
    assert len(page.get("plotly_chart")) == 1
    assert "The gradient at 30\N{NO-BREAK SPACE}% of the way" in pictures(page)
    page.select_slider(key="linked-place").set_value(10).run()
    assert shown(page, "place") == "10"
    assert "Added up at 100\N{NO-BREAK SPACE}% of the way" in pictures(page)
    assert "Convergence delta" in texts(page)
    assert "points of score, of " in texts(page)


def test_another_empty_picture_is_another_path(visit: Visit) -> None:
    """Catches a choice of the empty picture that is ignored."""
    page = visit(part="path")
    settle(page.segmented_control(key="linked-empty").set_value("grey").run())
    assert shown(page, "empty") == "grey"
    assert [IntegratedPath(baseline="grey")] == computed(page)


def test_the_view_reaches_the_pictures_of_the_path(visit: Visit) -> None:
    """Catches a part of the page that keeps the view of its first run."""
    page = visit(part="path", place="10")
    before = page.image[-1].proto.imgs[0].url
    page.slider(key="opacity").set_value(10).run()
    assert page.image[-1].proto.imgs[0].url != before


def test_the_noise_has_a_picture_and_a_map_at_each_level(visit: Visit) -> None:
    """Catches a level that is left out."""
    page = visit(part="noise")
    assert [NoiseSweep()] == computed(page)
    for level in LEVELS:
        assert f"SmoothGrad, {level} % noise" in pictures(page)
        assert f"The photo with {level} % noise" in pictures(page)
    assert "all six maps" in texts(page) or "less than half" in texts(page)


def test_the_example_of_two_inputs_needs_no_network_and_moves(visit: Visit) -> None:
    """Catches passes for a closed form, and figures of other slider positions."""
    page = visit(part="saturation")
    assert not computed(page)
    assert "The gradient is 0 for both" in texts(page)
    page.select_slider(key="linked-ear").set_value(2)
    page.select_slider(key="linked-snout").set_value(3).run()
    assert (shown(page, "ear"), shown(page, "snout")) == ("2", "3")
    assert "The output is **0.5** and still rises" in texts(page)
    bars = page.get("plotly_chart")[1].proto.alt
    assert "Gradient: ear 1.00, snout 1.00; Gradient x input: ear 0.20, snout 0.30" in bars


def test_opening_another_part_stops_what_the_last_one_computes(visit: Visit, bench: Bench) -> None:
    """Catches a study that goes on although nobody looks at it."""
    bench.networks["first"].gate.clear()
    page = visit(wait=False, part="noise")
    until(lambda: bool(computed(page.run())))
    [request] = requested(page, StudyRequest)
    job = page.session_state["jobs"][request]
    page.segmented_control(key="linked-part").set_value("saturation").run()
    assert shown(page, "part") == "saturation"
    assert job.state == "cancelled"


def test_a_study_can_be_cancelled_and_started_again(visit: Visit, bench: Bench) -> None:
    """Catches a cancelled study that cannot be started again."""
    bench.networks["first"].gate.clear()
    page = visit(wait=False, part="path")
    until(lambda: "cancel-path" in {button.key for button in page.run().button})
    page.button(key="cancel-path").click().run()
    assert "Stopped before it was finished." in texts(page)
    bench.networks["first"].gate.set()
    settle(page.button(key="again-path").click().run())
    assert "The gradient at 30\N{NO-BREAK SPACE}% of the way" in pictures(page)


def test_another_network_gives_another_path(visit: Visit) -> None:
    """Catches pictures that stay those of the first network."""
    page = visit(part="path")
    before = page.image[-1].proto.imgs[0].url
    settle(page.selectbox(key="network").set_value("second").run())
    assert (shown(page, "network"), shown(page, "part")) == ("second", "path")
    assert page.image[-1].proto.imgs[0].url != before
    assert not page.exception and not page.error
