"""The page Compare on the real app: a real network, a real browser."""

from playwright.sync_api import Page

from tests.browser.states import (
    appear,
    expect_no_sideways_scroll,
    maps,
    narrow,
    pick,
    settle,
    text,
    visit,
    wait_for_address,
)


def test_a_walk_over_the_grid(tab: Page, server: str) -> None:
    """Catches maps that are never scored, a cell that cannot be enlarged, and a grid that a phone must scroll sideways."""
    visit(tab, f"{server}/compare?networks=inception_v3&methods=grad_cam,saliency&network=inception_v3")
    appear(maps(tab), 2)
    appear(tab.get_by_text(text("Deletion **{deletion}**")), 2)
    appear(tab.get_by_text(text("Not checked yet")), 2)
    agreement = tab.get_by_text(text("Two of these {count} maps agree to", count=2))
    appear(agreement)
    assert "linked" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    tab.locator('[class*="st-key-enlarge-"] button').first.click()
    wait_for_address(tab, "cell=inception_v3.grad_cam")
    appear(tab.locator(".st-key-curves"))
    enlarged = tab.get_by_alt_text(text("{map}, enlarged"))
    appear(enlarged)
    pick(tab, "look", "Photo")
    appear(enlarged, 0)

    settle(tab)
    narrow(tab)
    appear(maps(tab), 2)
    appear(agreement)
    expect_no_sideways_scroll(tab)
