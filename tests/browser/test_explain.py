"""The main job on the real app: real networks, a real browser."""

import io
import json
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.states import (
    NARROW,
    PATIENCE,
    appear,
    choose,
    maps,
    settle,
    text,
    visit,
    wait_for_address,
)
from xai_core.classifiers import registry
from xai_core.classifiers.reference import NetworkRef
from xai_core.explainers.gradients.integrated_gradients import BASELINES
from xai_core.explainers.registry import EXPLAINERS
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.resources import SAMPLES

#: As few passes as the methods allow: what the maps show is tested elsewhere.
QUICK = "panel1.samples=20&panel1.segmentation=slic&panel3.steps=4&panel4.samples=8&network=inception_v3"
METHODS = ["lime", "grad_cam", "integrated_gradients", "expected_gradients"]
AFGHAN_HOUND = "n02088094"


def texts(tab: Page) -> list[str]:
    """Wait until the page has settled with four maps, and return their texts."""
    settle(tab)
    appear(maps(tab), 4)
    return [str(picture.get_attribute("alt")) for picture in maps(tab).all()]


def check_methods(found: list[str]) -> None:
    assert [alt.startswith(_(EXPLAINERS[key].info.title)) for alt, key in zip(found, METHODS, strict=True)] == [
        True
    ] * 4


def address(tab: Page) -> dict[str, str]:
    """Return what the page's address holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}


def test_upload_switch_target_reload_and_download(tab: Page, server: str) -> None:
    """Catches the main job broken anywhere: an upload, another network or breed, a reload, a download without all files."""
    visit(tab, f"{server}/?{QUICK}")
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(SAMPLES / "dog_and_bicycle.jpg")
    wait_for_address(tab, r"photo=[0-9a-f]{64}")
    assert "sample" not in address(tab)
    photo = tab.locator('[data-testid="stImage"] img[alt="dog_and_bicycle.jpg"]')
    appear(photo)
    check_methods(texts(tab))

    choose(tab, "network", "VGG16")
    wait_for_address(tab, r"network=vgg16|\?(?!.*network=)")
    appear(tab.locator(".st-key-block-2-vgg16"))
    before = texts(tab)

    [label] = [one for one in registry.spec(NetworkRef("vgg16")).labels if one.wnid == AFGHAN_HOUND]
    breed = formatting.breed(label)
    choose(tab, "target", breed)
    wait_for_address(tab, f"target={AFGHAN_HOUND}")
    appear(tab.get_by_role("heading", name=text("What speaks for {breed}?", breed=breed)))
    appear(tab.get_by_alt_text(text("{what}: what speaks for {breed}.", breed=breed)), 4)
    expected = texts(tab)
    check_methods(expected)
    assert all(breed in alt for alt in expected) and not any(breed in alt for alt in before)

    tab.reload()
    assert texts(tab) == expected  # from the store
    appear(photo)

    with tab.expect_download(timeout=PATIENCE) as download:
        tab.locator(".st-key-download-all").get_by_role("button").click()
    check_zip(Path(download.value.path()))


def check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    folders = [f"{number}-{method}" for number, method in enumerate(METHODS, 1)]
    assert set(files) == {"photo.png", "prediction.json"} | {
        f"{folder}/{name}" for folder in folders for name in ("attribution.npz", "explanation.json", "overlay.png")
    }
    photo = Image.open(io.BytesIO(files["photo.png"]))
    assert len(json.loads(files["prediction.json"])["top"]) == 10
    for folder, method in zip(folders, METHODS, strict=True):
        described = json.loads(files[f"{folder}/explanation.json"])
        assert described["method"] == method
        assert described["classifier"] == "vgg16"
        assert described["target"]["wnid"] == AFGHAN_HOUND
        values = np.load(io.BytesIO(files[f"{folder}/attribution.npz"]), allow_pickle=False)["values"]
        assert values.dtype == np.float32 and np.isfinite(values).all() and np.ptp(values) > 0
        assert Image.open(io.BytesIO(files[f"{folder}/overlay.png"])).size == photo.size
    assert json.loads(files["3-integrated_gradients/explanation.json"])["parameters"]["steps"] == 4


def test_what_is_not_a_photo_gets_a_sentence_and_the_app_goes_on(tab: Page, server: str) -> None:
    """Catches a file that takes the page or the photo before it along, and a sentence that stays when it is over."""
    visit(tab, f"{server}/?{QUICK}")
    before = texts(tab)
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(
        {"name": "diary.jpg", "mimeType": "image/jpeg", "buffer": b"dear diary"}
    )
    sentence = tab.get_by_role("alert").filter(has_text="diary.jpg")
    appear(sentence)
    assert texts(tab) == before
    tab.locator(".st-key-pick-owl").get_by_role("button").click()
    wait_for_address(tab, "sample=owl")
    appear(sentence, 0)
    check_methods(texts(tab))


def test_a_file_over_the_limit_is_refused(tab: Page, server: str) -> None:
    """Catches a server that takes in more than the 20 MB it speaks of; only the browser knows the limit."""
    visit(tab, f"{server}/?{QUICK}")
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(
        {"name": "huge.jpg", "mimeType": "image/jpeg", "buffer": bytes(21 * 1024**2)}
    )
    appear(tab.get_by_test_id("stFileChipIconError"))
    expect(tab.get_by_test_id("stFileChip").get_by_role("alert")).to_contain_text(
        "20"
    )  # the rest is English everywhere
    assert "photo" not in address(tab)


def test_a_cancel_stops_one_panel_only(tab: Page, server: str) -> None:
    """Catches a cancel that stops nothing, or the other panels' maps too."""
    tab.goto(f"{server}/?{QUICK}&panel1.samples=5000&panel1.seed=7".replace("panel1.samples=20&", ""))
    tab.locator(".st-key-cancel-1").get_by_role("button").click(timeout=PATIENCE)
    appear(tab.locator(".st-key-again-1").get_by_role("button"))
    settle(tab)
    appear(maps(tab), 3)
    appear(tab.locator(".st-key-panel-1").get_by_alt_text(text("{what}: what speaks for {breed}.")), 0)


def test_settings_change_one_map_after_apply(tab: Page, server: str) -> None:
    """Catches settings that cannot be opened or applied, and a change that the address does not hold."""
    visit(tab, f"{server}/?{QUICK}")
    tab.locator(".st-key-settings-of-3 button").first.click()
    tab.locator('[class*="st-key-panel-3-integrated_gradients-baseline"]').get_by_role("combobox").click()
    tab.get_by_role("option").nth(BASELINES.index("grey")).click()
    tab.locator('[data-testid="stFormSubmitButton"] button:visible').click()
    wait_for_address(tab, "panel3.baseline=grey")
    check_methods(texts(tab))


def test_the_row_of_blocks_moves_grad_cam_by_keyboard(tab: Page, server: str) -> None:
    """Catches a row of blocks that a keyboard cannot move, or that moves nothing."""
    visit(tab, f"{server}/?{QUICK}")
    tab.locator(".st-key-block-2-inception_v3").get_by_role("slider").press("ArrowLeft")
    wait_for_address(tab, "panel2.layer=mixed9")
    check_methods(texts(tab))


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Catches panels that do not stack and make a phone scroll sideways."""
    tab.set_viewport_size(NARROW)
    visit(tab, f"{server}/?{QUICK}")
    appear(maps(tab), 4)
    boxes = [tab.locator(f".st-key-panel-{number}").bounding_box() for number in range(1, 5)]
    assert all(box is not None and box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"] for box in boxes)
    tops = [box["y"] for box in boxes if box is not None]
    assert tops == sorted(set(tops))
