"""The page Perturb on the real app: real networks, a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.states import (
    NARROW,
    PATIENCE,
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
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number

CURVES = ".st-key-curve-probabilities, .st-key-curve-agreement"


def without_the_dog() -> re.Pattern[str]:
    """Return the pattern of the sentence on the photo without the dog, which stands there once all answers are."""
    return text("{what} the probability of", what=_("Without the dog"))


def test_a_walk_through_the_three_parts(tab: Page, server: str) -> None:
    """Catches a part that does not open, sliders that change nothing, and a view that a reload loses."""
    visit(tab, f"{server}/perturb?network=inception_v3&steps=11")
    sentence = tab.get_by_text(text("With this part hidden"))
    appear(sentence)
    first = sentence.inner_text()
    appear(tab.locator(".seespot-classes"))
    assert "linked" not in tab.url and "target=" not in tab.url  # nothing was chosen but what the link says

    slider(tab, "size").press("End")
    wait_for_address(tab, "size=100")
    expect(sentence).not_to_have_text(first, timeout=PATIENCE)

    pick(tab, "part", "Turn, move, light")
    wait_for_address(tab, "part=change")
    appear(tab.get_by_text(text("{breed} is the first choice in")))
    settle(tab)
    appear(tab.locator(CURVES), 2)
    slider(tab, "step").press("Home")
    wait_for_address(tab, "step=0")
    appear(tab.get_by_text(text("The same map, changed back: agreement {agreement}", agreement=number(1, 2))))

    pick(tab, "part", "Without its background")
    wait_for_address(tab, "part=cut")
    sentence = tab.get_by_text(without_the_dog())
    appear(sentence)
    appear(maps(tab), 3)

    tab.reload()
    appear(sentence)


def test_nothing_sticks_out_of_a_narrow_window(tab: Page, server: str) -> None:
    """Catches curves and pictures that make a phone scroll sideways."""
    tab.set_viewport_size(NARROW)
    for part, sentence in (("change", text("{breed} is the first choice in")), ("cut", without_the_dog())):
        visit(tab, f"{server}/perturb?network=inception_v3&steps=11&part={part}")
        appear(tab.get_by_text(sentence))
        expect_no_sideways_scroll(tab)
