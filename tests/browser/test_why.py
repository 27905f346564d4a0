"""The page "Why this breed?" on the real app: a real network, a real browser, and a loop drawn on the photo."""

from playwright.sync_api import Page

from tests.browser.states import (
    appear,
    expect_no_sideways_scroll,
    narrow,
    pick,
    settle,
    text,
    visit,
    wait_for_address,
)


def test_a_walk_from_two_breeds_to_a_part_that_is_painted(tab: Page, server: str) -> None:
    """Catches a pair without its maps, a loop that marks nothing, and marks that a reload loses."""
    visit(tab, f"{server}/why?networks=inception_v3&network=inception_v3")
    appear(tab.locator('.st-key-panels-compare-why-inception_v3 [data-testid="stImage"] img'), 3)
    appear(tab.get_by_text(text("It gives {a} {a_share} and {b} {b_share}")))
    assert "rather=" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    pick(tab, "look", "Parts of the dog")
    shares = tab.locator(".st-key-shares")
    appear(shares)
    settle(tab)
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
    wait_for_address(tab, "parts=")
    head = shares.get_by_text(text("Head"))
    appear(head)

    settle(tab)
    narrow(tab)
    appear(head)
    expect_no_sideways_scroll(tab)
