"""The page Layers on the real app: real networks, a real browser."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.states import NARROW, appear, maps, settle, text, visit, wait_for_address


def test_from_the_strip_into_a_block_to_one_map(tab: Page, server: str, tmp_path: Path) -> None:
    """Catches tiles that cannot be clicked, a block that does not open, and a view that a reload loses."""
    visit(tab, f"{server}/layers?network=vgg16")
    appear(maps(tab), 10)
    tops = [tab.locator(f'[class*="st-key-block-"][class*="block{block}_"]').bounding_box() for block in range(1, 6)]
    assert len({round(box["y"]) for box in tops if box}) == 1  # one row at this width

    tab.locator(".st-key-open-vgg16-block1_conv2").get_by_role("button").click()
    wait_for_address(tab, "layer=block1_conv2")
    appear(tab.get_by_role("heading", name=text("Inside {block} of {network}", block="block1", network="VGG16")))
    appear(tab.get_by_alt_text(text("The {count} kernels of the first convolution", count=64)))

    tiles = tab.locator('.st-key-sheet [class*="st-key-tile-"]')
    appear(tiles, 48)
    tiles.nth(3).locator('[data-testid="stButton"] button').first.click()
    wait_for_address(tab, r"channel=block1_conv2\.\d+")
    number = tab.url.split("channel=block1_conv2.")[1].split("&")[0]
    enlarged = tab.get_by_alt_text(text("Map {number} of {layer}", number=number, layer="block1_conv2"))
    appear(enlarged)
    appear(tab.locator('.st-key-projections [class*="st-key-tile-"]'), 8)

    tab.reload()
    appear(enlarged)
    settle(tab)
    tab.set_viewport_size({"width": 1366, "height": 2800})  # the page scrolls inside the window
    tab.screenshot(path=tmp_path / "layers.png")


def test_on_a_phone_the_strip_is_pushed_sideways_and_the_page_is_not(tab: Page, server: str) -> None:
    """Catches eleven blocks that make a phone scroll for metres, or sideways as a whole."""
    tab.set_viewport_size(NARROW)
    visit(tab, f"{server}/layers?network=vgg16")
    appear(maps(tab), 10)
    strip = tab.locator(".st-key-strip-vgg16")
    assert strip.evaluate("strip => strip.scrollWidth > strip.clientWidth")
    assert tab.locator('[data-testid="stMain"]').evaluate("main => main.scrollWidth <= main.clientWidth")
