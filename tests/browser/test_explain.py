"""The main job on the real app: real networks, a real browser."""

import io
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT

#: As few questions as the methods allow: what the maps show is tested elsewhere.
QUICK = "panel1.samples=20&panel1.segmentation=slic&panel3.steps=4&panel4.samples=8&network=inception_v3"
METHODS = ["LIME", "Grad-CAM", "Integrated Gradients", "SHAP (expected gradients)"]
_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def maps(tab: Page) -> list[str]:
    """Wait for four maps and return their texts."""
    pictures = tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')
    expect(pictures).to_have_count(4, timeout=_SLOW)
    return [str(picture.get_attribute("alt")).partition(". Strongest ")[0] for picture in pictures.all()]


def address(tab: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(tab.url).query).items()}


def wait_for_address(tab: Page, words: str) -> None:
    tab.wait_for_url(re.compile(words), timeout=_SOON)


def choose(tab: Page, key: str, text: str) -> None:
    """Choose from a list by typing, as a visitor does."""
    box = tab.locator(f'[class*="st-key-{key}"] input').first
    box.click()
    box.fill(text)
    tab.get_by_role("option").filter(has_text=text).first.click()


def test_upload_switch_target_reload_and_download(tab: Page, server: str) -> None:
    tab.goto(f"{server}/?{QUICK}")
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(
        ROOT / "assets" / "samples" / "dog_and_bicycle.jpg"
    )
    wait_for_address(tab, r"photo=[0-9a-f]{64}")
    assert "sample" not in address(tab)
    expect(tab.locator('img[alt="dog_and_bicycle.jpg"]')).to_be_visible(timeout=_SOON)
    assert [text.partition(":")[0] for text in maps(tab)] == METHODS

    choose(tab, "network", "VGG16")
    wait_for_address(tab, r"network=vgg16|\?(?!.*network=)")
    expect(tab.get_by_text("A plain stack of 13 convolutions")).to_be_visible(timeout=_SOON)
    maps(tab)

    choose(tab, "target", "Afghan hound")
    wait_for_address(tab, "target=n02088094")
    expect(tab.get_by_role("heading", name="What speaks for Afghan hound?")).to_be_visible(timeout=_SOON)
    expected = [f"{method}: what speaks for Afghan hound" for method in METHODS]
    expect(tab.locator('[data-testid="stImage"] img[alt*=": what speaks for Afghan hound."]')).to_have_count(
        4, timeout=_SLOW
    )
    assert maps(tab) == expected

    tab.reload()
    assert maps(tab) == expected  # from the store
    expect(tab.locator('img[alt="dog_and_bicycle.jpg"]')).to_be_visible()

    with tab.expect_download(timeout=60_000) as download:
        tab.get_by_role("button", name="Download everything (zip)").click()
    check_zip(Path(download.value.path()))


def check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    methods = ["lime", "grad_cam", "integrated_gradients", "expected_gradients"]
    folders = [f"{number}-{method}" for number, method in enumerate(methods, 1)]
    assert set(files) == {"photo.png", "prediction.json"} | {
        f"{folder}/{name}" for folder in folders for name in ("attribution.npz", "explanation.json", "overlay.png")
    }
    photo = Image.open(io.BytesIO(files["photo.png"]))
    assert len(json.loads(files["prediction.json"])["top"]) == 10
    for folder, method in zip(folders, methods, strict=True):
        described = json.loads(files[f"{folder}/explanation.json"])
        assert described["method"] == method
        assert described["classifier"] == "vgg16"
        assert described["target"]["wnid"] == "n02088094"
        values = np.load(io.BytesIO(files[f"{folder}/attribution.npz"]), allow_pickle=False)["values"]
        assert values.dtype == np.float32 and np.isfinite(values).all() and np.ptp(values) > 0
        assert Image.open(io.BytesIO(files[f"{folder}/overlay.png"])).size == photo.size
    assert json.loads(files["3-integrated_gradients/explanation.json"])["parameters"]["steps"] == 4


def test_what_is_not_a_photo_gets_a_sentence_and_the_app_goes_on(tab: Page, server: str) -> None:
    tab.goto(f"{server}/?{QUICK}")
    before = maps(tab)
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(
        {"name": "diary.jpg", "mimeType": "image/jpeg", "buffer": b"dear diary"}
    )
    expect(tab.get_by_role("alert").filter(has_text="“diary.jpg” does not hold a picture")).to_be_visible(timeout=_SOON)
    assert maps(tab) == before
    tab.get_by_role("button", name="Owl (not a dog)").click()
    wait_for_address(tab, "sample=owl")
    expect(tab.get_by_role("alert").filter(has_text="diary.jpg")).to_have_count(0, timeout=_SOON)
    maps(tab)


def test_a_file_over_the_limit_is_refused(tab: Page, server: str) -> None:
    """Would catch a server that takes in more than the 20 MB it speaks of; only the browser knows the limit."""
    tab.goto(f"{server}/?{QUICK}")
    maps(tab)
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files(
        {"name": "huge.jpg", "mimeType": "image/jpeg", "buffer": bytes(21 * 1024**2)}
    )
    expect(tab.get_by_text(re.compile(r"must be 20(\.0)? ?MB or smaller", re.I))).to_be_visible(timeout=_SOON)
    assert "photo" not in address(tab)


def test_a_cancel_stops_one_panel_only(tab: Page, server: str) -> None:
    tab.goto(f"{server}/?{QUICK}&panel1.samples=5000&panel1.seed=7".replace("panel1.samples=20&", ""))
    tab.locator(".st-key-cancel-1 button").click(timeout=_SLOW)
    expect(tab.locator(".st-key-panel-1").get_by_text("Stopped before it was finished.")).to_be_visible(timeout=_SOON)
    pictures = tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')
    expect(pictures).to_have_count(3, timeout=_SLOW)
    expect(tab.locator(".st-key-again-1 button")).to_be_visible()


def test_settings_change_one_map_after_apply(tab: Page, server: str) -> None:
    tab.goto(f"{server}/?{QUICK}")
    maps(tab)
    tab.locator(".st-key-settings-of-3 button").first.click()
    baseline = tab.get_by_role("combobox", name="Empty picture")
    baseline.click()
    tab.get_by_role("option", name="Grey", exact=True).click()
    tab.get_by_role("button", name="Apply").click()
    wait_for_address(tab, "panel3.baseline=grey")
    maps(tab)


def test_the_row_of_blocks_moves_grad_cam_by_keyboard(tab: Page, server: str) -> None:
    tab.goto(f"{server}/?{QUICK}")
    maps(tab)
    tab.locator(".st-key-block-2-inception_v3").get_by_role("slider").press("ArrowLeft")
    wait_for_address(tab, "panel2.layer=mixed9")
    maps(tab)


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Would catch panels that do not stack and make a phone scroll sideways."""
    tab.set_viewport_size({"width": 400, "height": 800})
    tab.goto(f"{server}/?{QUICK}")
    maps(tab)
    boxes = [tab.locator(f".st-key-panel-{number}").bounding_box() for number in range(1, 5)]
    assert all(box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    tops = [box["y"] for box in boxes if box is not None]
    assert tops == sorted(set(tops))
