"""The page Pixels on the real app: real networks, a real browser."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.states import (
    NARROW,
    appear,
    expect_no_sideways_scroll,
    maps,
    pick,
    settle,
    slider,
    text,
    visit,
    wait_for_address,
)
from xai_core.i18n.formatting import share


def test_a_walk_through_the_parts_of_the_page(tab: Page, server: str, tmp_path: Path) -> None:
    """Catches a path that does not follow its slider, a chart without its last curve, and a place that a reload loses."""
    visit(tab, f"{server}/pixels?network=inception_v3")
    appear(maps(tab), 4)

    pick(tab, "part", "A path of pictures")
    wait_for_address(tab, "part=path")
    at = [tab.get_by_alt_text(text("The gradient at {share} of the way", share=share(part))) for part in (0.3, 0.2)]
    appear(at[0])
    legend = tab.locator(".js-plotly-plot").get_by_text(text("Added up by the colours"))
    appear(legend, 1)  # while the page changes the chart before may still stand there
    appear(legend)
    slider(tab, "place").press("ArrowLeft")
    wait_for_address(tab, "place=2")
    appear(at[1])
    appear(at[0], 0)
    settle(tab)
    tab.set_viewport_size({"width": 1366, "height": 1500})  # the page scrolls inside the window
    tab.screenshot(path=tmp_path / "pixels.png")

    tab.reload()
    appear(at[1])  # from the store

    pick(tab, "part", "Why not one gradient?")
    appear(tab.get_by_text(text("The gradient is 0 for both")))
    for _ in range(6):
        slider(tab, "ear").press("ArrowLeft")
    wait_for_address(tab, "ear=4")


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Catches panels that do not stack and make a phone scroll sideways."""
    tab.set_viewport_size(NARROW)
    visit(tab, f"{server}/pixels?network=inception_v3&maps=saliency,gradient_x_input")
    appear(maps(tab), 2)
    boxes = [picture.bounding_box() for picture in maps(tab).all()]
    assert all(box is not None and box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"] for box in boxes)
    expect_no_sideways_scroll(tab)
