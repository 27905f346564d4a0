"""The page Explain as a visitor meets it, on NumPy networks."""

import dataclasses
import io
import itertools
import subprocess
import sys
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from pages.components.shell import session
from pages.components.shell.streamlit_internals import StopException
from tests.ui.conftest import ROOT, explanation_jobs, maps, settle, shown, until
from tests.ui.networks import Bench
from xai_core.explainers.registry import EXPLAINERS
from xai_core.photos.cropping import cropped, parse_box
from xai_core.types import ImageInput

Visit = Callable[..., AppTest]
TITLES = ["LIME", "Grad-CAM", "Integrated Gradients", "SHAP (expected gradients)"]


def titles(page: AppTest) -> list[str]:
    return [text.partition(":")[0] for text in maps(page)]


def target_picker(page: AppTest) -> Selectbox:
    return next(box for box in page.selectbox if box.label == "Breed to explain")


def photo_file() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(buffer, "PNG")
    return buffer.getvalue()


def held_up(visit: Visit, **address: str) -> AppTest:
    """Open the page with two stored maps, and two that wait for the network's gate; a visit before has to store the maps.

    Of maps that are all computed, the first two might wait for the network behind those that are held up.
    """
    page = visit(wait=False, **{"panel3.steps": "5", "panel4.samples": "9", **address})
    until(lambda: titles(page.run()) == TITLES[:2])
    return page


def upload(page: AppTest, data: bytes, name: str) -> AppTest:
    page.file_uploader[0].set_value((name, data, "image/png")).run()
    return settle(page)


def test_a_cold_visit_explains_the_first_sample_by_itself(visit: Visit) -> None:
    """Catches a first screen that waits for clicks, and a page that only works after app.py."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    assert titles(page) == TITLES
    assert len(page.get("plotly_chart")) == 1
    assert page.header[0].value.startswith("What speaks for Breed ")
    assert not [button for button in page.button if button.label == "Cancel"]


def test_the_app_itself_opens_the_page(bench: Bench) -> None:
    """Catches an entry point that names a page that does not exist."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not page.exception
    assert page.title[0].value == "What did the network see?"


def test_the_page_loads_no_tensorflow() -> None:
    """Catches an import that makes the web process slow to start and large."""
    script = (
        "import sys;"
        "from pages.components.inputs import photo_picker; from pages.components.outputs import map_panel, prediction_view;"
        "from pages.components.shell import frame, session; session.workbench().specs();"
        "print([name for name in ('tensorflow', 'keras', 'shap', 'lime', 'skimage') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_each_panel_says_how_to_read_it_and_what_it_cost(visit: Visit) -> None:
    """Catches a map without its diagnostics or the number of its network passes."""
    captions = " ".join(caption.value for caption in visit().caption)
    assert "Fit: a simple sum over" in captions
    assert "of what this layer says speaks for the breed" in captions or "holds no evidence" in captions
    assert "Convergence delta" in captions
    assert captions.count("Asked the network") == 4


def test_another_network_answers_and_goes_into_the_address(visit: Visit, bench: Bench) -> None:
    """Catches a layer's name carried to a network that has no such layer, and maps that stay those of the first network."""
    page = visit(**{"panel2.layer": "block1"})
    settle(page.selectbox(key="network").set_value("second").run())
    assert shown(page, "network") == "second"
    assert shown(page, "panel2.layer") is None  # a layer of the other network
    assert "The second network is made of NumPy." in [caption.value for caption in page.caption]
    assert titles(page) == TITLES


def test_any_breed_can_be_explained(visit: Visit) -> None:
    """Catches a list without all breeds, and maps that keep explaining the most probable one."""
    page = visit()
    picker = target_picker(page)
    assert len(picker.options) == 3
    other = next(number for number in range(3) if f"Breed {number}" not in maps(page)[0])
    settle(picker.set_value(other).run())
    assert shown(page, "target") == f"n{other:08}"
    assert all(f": what speaks for Breed {other}." in text for text in maps(page))


def test_choosing_the_most_probable_breed_again_leaves_the_address_short(visit: Visit) -> None:
    """Catches a usual choice that stays in the address."""
    page = visit()
    top = target_picker(page).value
    page = visit(target=f"n{(top + 1) % 3:08}")
    assert target_picker(page).value == (top + 1) % 3
    settle(target_picker(page).set_value(top).run())
    assert shown(page, "target") is None


def test_the_view_goes_into_the_address_and_computes_nothing_again(visit: Visit) -> None:
    """Catches a new opacity that costs a computation, and a view that a shared link would lose."""
    page = visit()
    jobs = dict(page.session_state["jobs"])
    page.slider(key="opacity").set_value(80).run()
    page.slider(key="strongest").set_value(20).run()
    page.segmented_control(key="mode").set_value("map").run()
    assert [shown(page, name) for name in ("opacity", "strongest", "view")] == ["80", "20", "map"]
    assert dict(page.session_state["jobs"]) == jobs
    page.slider(key="strongest").set_value(100).run()
    assert shown(page, "strongest") is None


def test_settings_start_again_only_when_applied(visit: Visit) -> None:
    """Catches long work that begins anew with every move of a slider."""
    page = visit()
    jobs = dict(page.session_state["jobs"])
    steps = next(slider for slider in page.slider if slider.label == "Steps")
    assert steps.value == 4
    steps.set_value(6)
    assert dict(page.session_state["jobs"]) == jobs
    [apply] = [button for button in page.button if button.label == "Apply" and "settings-3" in button.form_id]
    settle(apply.click().run())
    assert shown(page, "panel3.steps") == "6"
    changed = set(page.session_state["jobs"]) - set(jobs)
    assert [request.explainer.steps for request in changed] == [6]


def test_usual_settings_leave_the_address(visit: Visit) -> None:
    """Catches a reset that keeps a setting, or that resets the other panels too."""
    page = visit()
    settle(page.button(key="reset-3").click().run())
    assert shown(page, "panel3.steps") is None
    assert shown(page, "panel1.samples") == "20"  # the others keep theirs


def test_a_panel_can_show_another_method(visit: Visit) -> None:
    """Catches a panel whose choice changes another panel."""
    page = visit()
    settle(page.selectbox(key="method-4").set_value("integrated_gradients").run())
    assert shown(page, "panel4") == "integrated_gradients"
    assert titles(page) == [*TITLES[:3], "Integrated Gradients"]


def test_a_sample_is_one_click(visit: Visit) -> None:
    """Catches a sample that needs a second click, or leaves maps of the photo before."""
    page = visit()
    first = maps(page)
    settle(page.button(key="pick-owl").click().run())
    assert shown(page, "sample") == "owl"
    assert len(maps(page)) == len(first) == 4


def test_the_photo_can_be_shown_as_the_network_sees_it(visit: Visit) -> None:
    """Catches a switch that shows the photo in its own shape."""
    page = visit()
    page.toggle(key="as-seen").set_value(True).run()
    assert [image for image in page.image if "squeezed to a square" in image.proto.imgs[0].alt]


def test_an_unfamiliar_photo_gets_a_calm_notice_and_its_maps(visit: Visit, bench: Bench) -> None:
    """Catches an unfamiliar photo without a notice, or without its maps."""
    bench.networks["first"].familiar = False
    page = visit()
    assert "does not look like the photos the network knows" in page.info[0].value
    assert titles(page) == TITLES


def test_an_upload_outlives_a_run_that_is_cut_short(
    visit: Visit, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a photo that is lost because another run of the page, which jobs begin all the time, came in between."""
    keep, calls = bench.workbench.keep_photo, []

    def cut_short_once(data: bytes, name: str) -> ImageInput:
        calls.append(name)
        if len(calls) == 1:
            raise StopException
        return keep(data, name)

    page = visit()
    monkeypatch.setattr(bench.workbench, "keep_photo", cut_short_once)
    upload(page, photo_file(), "rex.png")
    assert shown(page, "photo") is not None and calls == ["rex.png", "rex.png"]


def test_an_upload_is_explained_and_found_again_by_its_address(visit: Visit) -> None:
    """Catches a file name taken for a path, and an upload that its address does not bring back."""
    page = upload(visit(), photo_file(), "../../rex.png")
    digest = shown(page, "photo")
    assert digest is not None and shown(page, "sample") is None
    assert [image for image in page.image if image.proto.imgs[0].alt == "rex.png"]
    again = visit(photo=digest)  # another session, the same store
    assert [image for image in again.image if image.proto.imgs[0].alt == "rex.png"]
    assert titles(again) == TITLES


def test_what_is_not_a_photo_gets_a_sentence_and_the_last_photo_stays(visit: Visit) -> None:
    """Catches a bad file that takes the photo before it along, and a sentence that outlives it."""
    page = upload(visit(), photo_file(), "rex.png")
    digest = shown(page, "photo")
    upload(page, b"dear diary", "diary.jpg")
    assert "diary.jpg" in page.error[0].value and "does not hold a picture" in page.error[0].value
    assert shown(page, "photo") == digest
    assert titles(page) == TITLES
    settle(page.button(key="pick-owl").click().run())
    assert not page.error


def test_a_photo_that_is_no_longer_stored_is_said_so(visit: Visit) -> None:
    """Catches a link to a deleted photo that shows an empty page."""
    page = visit(photo="0" * 64)
    assert "upload it again" in page.warning[0].value
    assert titles(page) == TITLES


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"network": "resnet"}, "“resnet”"),
        ({"sample": "unicorn"}, "“unicorn”"),
        ({"target": "unicorn"}, "unicorn"),
        ({"panel3.steps": "1000000"}, "between 1 and 300"),
        ({"panel4": "tea_leaves"}, "tea_leaves"),
        ({"panel1.colour": "red"}, "colour"),
    ],
)
def test_a_wrong_address_is_said_and_the_rest_is_shown(visit: Visit, address: dict[str, str], words: str) -> None:
    """Catches one wrong part of a link that stops the whole page."""
    page = visit(**address)
    assert words in page.warning[0].value
    assert not page.exception
    assert len(maps(page)) == 4


def test_nonsense_in_the_view_falls_back(visit: Visit) -> None:
    """Catches values out of range in a link that reach the widgets."""
    page = visit(view="<script>", opacity="lots", strongest="-5")
    assert not page.exception
    assert (page.slider(key="opacity").value, page.slider(key="strongest").value) == (60, 1)


def test_a_failure_stays_in_its_panel_and_can_be_tried_again(visit: Visit, bench: Bench) -> None:
    """Catches one failed map that takes the others along, and a second try that returns the old failure."""
    bench.networks["first"].broken = True
    page = visit()
    assert titles(page) == TITLES[:2]
    assert len(page.error) == 2
    assert "no usable numbers" in page.error[0].value
    bench.networks["first"].broken = False
    page.button(key="again-3").click().run()
    settle(page)
    assert titles(page) == TITLES[:3]
    assert len(page.error) == 1


def test_an_unknown_layer_is_an_error_of_its_panel_only(visit: Visit) -> None:
    """Catches a wrong layer in a link that stops all maps."""
    page = visit(**{"panel2.layer": "mixed7"})
    assert [error.value for error in page.error if "mixed7" in error.value]
    assert titles(page) == [TITLES[0], *TITLES[2:]]


def test_a_cancelled_map_says_so_and_the_others_go_on(visit: Visit, bench: Bench) -> None:
    """Catches a cancel that ends other maps, and a cancelled map that cannot be started again."""
    visit()
    bench.networks["first"].gate.clear()
    page = held_up(visit)
    page.button(key="cancel-3").click().run()
    assert "Stopped before it was finished." in [caption.value for caption in page.caption]
    assert page.button(key="cancel-4")
    bench.networks["first"].gate.set()
    settle(page)
    assert titles(page) == [TITLES[0], TITLES[1], TITLES[3]]
    settle(page.button(key="again-3").click().run())
    assert titles(page) == TITLES


def test_leaving_a_question_cancels_its_jobs(visit: Visit, bench: Bench) -> None:
    """Catches a machine that goes on computing maps that nobody looks at."""
    bench.networks["first"].gate.clear()
    page = visit(wait=False)
    until(lambda: bool(explanation_jobs(page.run())))
    left = list(explanation_jobs(page).values())
    page.button(key="pick-owl").click().run()
    assert all(job.done for job in left)
    assert "cancelled" in {job.state for job in left}


def test_two_visitors_do_not_disturb_each_other(visit: Visit, bench: Bench) -> None:
    """Catches one visitor's cancel or view that reaches another visitor."""
    visit()
    bench.networks["first"].gate.clear()
    one, other = held_up(visit), held_up(visit, opacity="85")
    one.button(key="cancel-3").click().run()
    bench.networks["first"].gate.set()
    settle(one)
    settle(other)
    assert titles(one) == [TITLES[0], TITLES[1], TITLES[3]]
    assert titles(other) == TITLES  # they shared the computation that the first one left
    assert (one.slider(key="opacity").value, other.slider(key="opacity").value) == (60, 85)


def test_the_store_can_be_emptied(visit: Visit, bench: Bench) -> None:
    """Catches results that stay stored, and maps that vanish from the screen."""
    page = visit()
    assert bench.workbench.results.size() > 0
    page.button(key="empty-store").click().run()
    assert bench.workbench.results.size() == 0
    assert not page.exception and titles(page) == TITLES  # what is on the screen stays


def test_a_surprise_becomes_one_calm_sentence(visit: Visit, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a traceback on the page."""
    monkeypatch.setattr(bench.workbench, "specs", lambda: 1 / 0)
    page = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=60).run()
    assert not page.exception
    assert page.error[0].value.startswith("Something unexpected went wrong")


def test_breeds_of_one_name_can_be_told_apart(visit: Visit, bench: Bench) -> None:
    """Catches ImageNet's two cranes: one line too few in the list, and a choice that takes the wrong one."""
    for network in bench.networks.values():
        names = ["Crane", "Crane", "Pug"]
        labels = [dataclasses.replace(old, english=new) for old, new in zip(network.spec.labels, names, strict=True)]
        network.spec = dataclasses.replace(network.spec, labels=tuple(labels))
    page = visit()
    offered = {option.partition(" · ")[0] for option in target_picker(page).options}
    assert offered == {"Crane (n00000000)", "Crane (n00000001)", "Pug"}
    settle(target_picker(page).set_value(1).run())
    assert page.header[0].value == "What speaks for Crane (n00000001)?"


def test_methods_of_one_family_stand_together(visit: Visit) -> None:
    """Catches a list of methods in which families are mixed or one is missing."""
    box = visit().selectbox(key="method-1")
    families = [
        next(one.info.family for one in EXPLAINERS.values() if one.info.title == title) for title in box.options
    ]
    assert len(families) == len(EXPLAINERS)
    assert [family for family, _ in itertools.groupby(families)] == list(dict.fromkeys(families))
    assert box.label == "Method by perturbation"


def test_presenting_shows_one_thing_at_a_time_and_stops_no_map(visit: Visit) -> None:
    """Catches a presenter who waits for each map again, and controls on the wall."""
    page = visit()
    page.button(key="present").click().run()
    assert shown(page, "present") == "yes"
    assert not page.title and not page.selectbox and not page.slider
    for place, title in enumerate(TITLES, 2):
        page.button(key="step-next").click().run()
        assert shown(page, "map") == str(place)
        assert titles(page) == [title]
        assert page.header[0].value.startswith(f"{title}: what speaks for Breed ")
    assert page.button(key="step-next").disabled
    settle(page.button(key="step-leave").click().run())
    assert titles(page) == TITLES


def test_a_dog_that_fills_little_of_the_photo_can_be_cropped_to(visit: Visit, bench: Bench) -> None:
    """Catches a crop that other pages do not know, maps of the whole photo, and no way back."""
    page = visit()
    whole = {request.photo for request in explanation_jobs(page)}
    page.button(key="crop-1").click().run()
    settle(page)
    text = shown(page, "crop")
    assert text is not None
    image = session_photo(page)
    assert {request.photo for request in explanation_jobs(page)} == {cropped(image, parse_box(text)).digest}
    assert len(maps(page)) == 4
    page.button(key="uncrop").click().run()
    settle(page)
    assert shown(page, "crop") is None
    assert {request.photo for request in explanation_jobs(page)} == whole


def test_the_dog_in_an_address_is_found(visit: Visit) -> None:
    """Catches an address that names the dog and explains the whole photo."""
    page = visit(crop="dog")
    image = session_photo(page)
    assert {request.photo for request in explanation_jobs(page)}.isdisjoint({image.digest})


@pytest.mark.parametrize("text", ["1,2,3", "95,0,50,50", "<b>", ""])
def test_a_part_that_does_not_exist_is_told(visit: Visit, text: str) -> None:
    """Catches a broken link that breaks the page."""
    page = visit(crop=text)
    assert not page.exception
    assert any("The whole photo is explained instead." in warning.value for warning in page.warning)


def session_photo(page: AppTest) -> ImageInput:
    held: tuple[str, session.ShownPhoto] = page.session_state["photo-held"]
    return held[1].image
