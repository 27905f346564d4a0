"""The page "Why this breed?" on the real app: a real network, a real browser, and a loop drawn on the photo."""

import re

from playwright.sync_api import Page, expect

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000


def test_a_walk_from_two_breeds_to_a_part_that_is_painted(tab: Page, server: str) -> None:
    tab.goto(f"{server}/why?networks=inception_v3&network=inception_v3")
    maps = tab.locator('[data-testid="stImage"] img[alt^="Grad-CAM, For "]')
    expect(maps).to_have_count(3, timeout=_SLOW)
    expect(tab.get_by_text(re.compile(r"It gives .+ times as probable"))).to_be_visible(timeout=_SOON)
    assert "rather=" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    tab.get_by_role("radio", name="Parts of the dog").click()
    shares = tab.locator(".st-key-shares")
    expect(shares).to_be_visible(timeout=_SLOW)
    photo = tab.locator('[class*="st-key-paint-"] .nsewdrag')
    box = photo.bounding_box()
    assert box is not None
    corners = [(0.6, 0.05), (0.95, 0.05), (0.95, 0.4), (0.6, 0.4), (0.6, 0.06)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=8)
    tab.mouse.up()
    tab.wait_for_url(re.compile("parts="), timeout=_SOON)
    expect(shares.get_by_text("Head")).to_be_visible(timeout=_SOON)

    tab.set_viewport_size({"width": 400, "height": 800})
    tab.reload()
    expect(shares.get_by_text("Head")).to_be_visible(timeout=_SLOW)
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 400
