"""The page Layers on the real app: real networks, a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the network
_SOON = 60_000


def test_from_the_strip_into_a_block_to_one_map(tab: Page, server: str, tmp_path: Path) -> None:
    """Would catch tiles that cannot be clicked, a block that does not open, and a view that a reload loses."""
    tab.goto(f"{server}/layers?network=vgg16")
    maps = tab.locator('[data-testid="stImage"] img[alt*=" of VGG16: what speaks for "]')
    expect(maps).to_have_count(10, timeout=_SLOW)
    tops = [tab.locator(f'[class*="st-key-block-"][class*="block{block}_"]').bounding_box() for block in range(1, 6)]
    assert len({round(box["y"]) for box in tops if box}) == 1  # one row at this width

    tab.locator(".st-key-open-vgg16-block1_conv2 button").click()
    tab.wait_for_url(re.compile("layer=block1_conv2"), timeout=_SOON)
    expect(tab.get_by_role("heading", name="Inside block1 of VGG16")).to_be_visible(timeout=_SOON)
    expect(tab.locator('img[alt="The 64 kernels of the first convolution"]')).to_be_visible(timeout=_SLOW)

    tiles = tab.locator('.st-key-sheet [class*="st-key-tile-"]')
    expect(tiles).to_have_count(48, timeout=_SLOW)
    tiles.nth(3).locator('[data-testid="stButton"] button').first.click()
    tab.wait_for_url(re.compile(r"channel=block1_conv2\.\d+"), timeout=_SOON)
    number = tab.url.split("channel=block1_conv2.")[1].split("&")[0]
    enlarged = tab.locator(f'img[alt="Map {number} of block1_conv2"]')
    expect(enlarged).to_be_visible(timeout=_SOON)
    expect(tab.locator('.st-key-projections [class*="st-key-tile-"]')).to_have_count(8, timeout=_SLOW)

    tab.reload()
    expect(enlarged).to_be_visible(timeout=_SLOW)
    tab.set_viewport_size({"width": 1366, "height": 2800})  # the page scrolls inside the window
    tab.screenshot(path=tmp_path / "layers.png")


def test_on_a_phone_the_strip_is_pushed_sideways_and_the_page_is_not(tab: Page, server: str) -> None:
    """Would catch eleven blocks that make a phone scroll for metres, or sideways as a whole."""
    tab.set_viewport_size({"width": 400, "height": 800})
    tab.goto(f"{server}/layers?network=vgg16")
    expect(tab.locator('[data-testid="stImage"] img[alt*=" of VGG16: what speaks for "]')).to_have_count(
        10, timeout=_SLOW
    )
    strip = tab.locator(".st-key-strip-vgg16")
    assert strip.evaluate("one => one.scrollWidth > one.clientWidth")
    assert tab.locator('[data-testid="stMain"]').evaluate("one => one.scrollWidth <= one.clientWidth")
