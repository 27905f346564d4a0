"""The page Concepts on the real app: real networks, a real browser."""

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.test_explain import address, wait_for_address
from xai_core.photos.decoding import to_png
from xai_core.photos.textures import texture_photos

_SLOW = 240_000  # ms: some hundred questions on two cores that also load the networks
_SOON = 60_000


def test_a_texture_and_photos_of_one_s_own_become_bars(tab: Page, server: str) -> None:
    tab.goto(f"{server}/concepts?network=inception_v3&concepts=stripes&layer=mixed7")
    chart = tab.get_by_test_id("stPlotlyChart").first
    expect(tab.get_by_text("What was compared, and how to read it")).to_be_visible(timeout=_SLOW)
    expect(chart).to_be_visible()

    tab.get_by_text("Test a concept of your own").click()
    dots = np.rint(255 * texture_photos("dots", 10, (80, 80), seed=5)).astype(np.uint8)
    chosen = [
        {"name": f"dots-{number}.png", "mimeType": "image/png", "buffer": to_png(one)}
        for number, one in enumerate(dots)
    ]
    broken = {"name": "diary.jpg", "mimeType": "image/jpeg", "buffer": b"dear diary"}
    tab.locator('[data-testid="stFileUploader"] input[type="file"]').set_input_files([*chosen[:4], broken, *chosen[4:]])
    wait_for_address(tab, "own=")
    assert len(address(tab)["own"].split(",")) == 10
    expect(tab.get_by_text("Left out: “diary.jpg”")).to_be_visible(timeout=_SOON)
    expect(tab.get_by_text("10 photos show this concept.")).to_be_visible(timeout=_SOON)
    expect(chart.get_by_text("Your photos", exact=True).first).to_be_visible(timeout=_SLOW)

    tab.set_viewport_size({"width": 400, "height": 900})
    box = chart.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400
