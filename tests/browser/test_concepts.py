"""The page Concepts on the real app: real networks, a real browser."""

import numpy as np
from playwright.sync_api import Page

from tests.browser.states import NARROW, appear, text, wait_for_address
from tests.browser.test_explain import address
from xai_core.photos.decoding import to_png
from xai_core.photos.textures import texture_photos


def test_a_texture_and_photos_of_one_s_own_become_bars(tab: Page, server: str) -> None:
    """Catches a test that never ends, own photos that are lost or taken in unread, and a chart too wide for a phone."""
    tab.goto(f"{server}/concepts?network=inception_v3&concepts=stripes&layer=mixed7")
    finished = tab.locator(".st-key-concept-bars-True")  # while the test runs, a chart of another key stands there
    appear(finished.locator(".ytick"), 1)
    appear(tab.get_by_text(text("What was compared, and how to read it")))

    tab.get_by_text(text("Test a concept of your own")).click()
    dots = np.rint(255 * texture_photos("dots", 10, (80, 80), seed=5)).astype(np.uint8)
    chosen = [
        {"name": f"dots-{number}.png", "mimeType": "image/png", "buffer": to_png(photo)}
        for number, photo in enumerate(dots)
    ]
    broken = {"name": "diary.jpg", "mimeType": "image/jpeg", "buffer": b"dear diary"}
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files([*chosen[:4], broken, *chosen[4:]])
    wait_for_address(tab, "own=")
    assert len(address(tab)["own"].split(",")) == 10
    appear(tab.get_by_role("alert").filter(has_text="diary.jpg"))
    appear(tab.get_by_text(text("{count} photos show this concept.", count=10)))
    appear(finished.locator(".ytick"), 2)

    tab.set_viewport_size(NARROW)
    box = finished.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"]
