"""The page Pixels on the real app: real networks, a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_a_walk_through_the_parts_of_the_page(tab: Page, server: str, tmp_path: Path) -> None:
    tab.goto(f"{server}/pixels?network=inception_v3")
    maps = tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')
    expect(maps).to_have_count(4, timeout=_SLOW)

    tab.get_by_role("radio", name="A path of pictures").click()
    tab.wait_for_url(re.compile("part=path"), timeout=_SOON)
    gradient = tab.locator('img[alt="The gradient at 30\N{NO-BREAK SPACE}% of the way"]')
    expect(gradient).to_be_visible(timeout=_SLOW)
    legend = tab.locator(".js-plotly-plot").get_by_text("Added up by the colours")
    expect(legend).to_have_count(1, timeout=_SOON)  # while the page changes the chart before may still stand there
    expect(legend).to_be_visible(timeout=_SOON)
    tab.locator(".st-key-linked-place").get_by_role("slider").press("ArrowLeft")
    tab.wait_for_url(re.compile("place=2"), timeout=_SOON)
    expect(tab.locator('img[alt="The gradient at 20\N{NO-BREAK SPACE}% of the way"]')).to_be_visible(timeout=_SOON)
    expect(gradient).to_have_count(0)
    tab.set_viewport_size({"width": 1366, "height": 1500})  # the page scrolls inside the window
    tab.screenshot(path=tmp_path / "pixels.png")

    tab.reload()
    expect(tab.locator('img[alt="The gradient at 20\N{NO-BREAK SPACE}% of the way"]')).to_be_visible(
        timeout=_SLOW
    )  # from the store

    tab.get_by_role("radio", name="Why not one gradient?").click()
    expect(tab.get_by_text("The gradient is 0 for both")).to_be_visible(timeout=_SOON)
    for _ in range(6):
        tab.locator(".st-key-linked-ear").get_by_role("slider").press("ArrowLeft")
    tab.wait_for_url(re.compile("ear=4"), timeout=_SOON)


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Would catch panels that do not stack and make a phone scroll sideways."""
    tab.set_viewport_size({"width": 400, "height": 800})
    tab.goto(f"{server}/pixels?network=inception_v3&maps=saliency,gradient_x_input")
    maps = tab.locator('[data-testid="stImage"] img[alt*=": what speaks for "]')
    expect(maps).to_have_count(2, timeout=_SLOW)
    boxes = [picture.bounding_box() for picture in maps.all()]
    assert all(box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
