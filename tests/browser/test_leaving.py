"""Addresses that people type, and what happens after they close the tab."""

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App
from tests.browser.states import PATIENCE, appear, maps, text, wait_for_address

_LONG = "network=inception_v3&panel1.samples=5000&panel1.segmentation=slic&panel3.steps=300&panel4.samples=500"
_WINDOW = 2.0  # s over which the worker's processor time is measured
_LEFT_AFTER = 45.0  # s: ten until a visitor counts as gone, and the photos that a network has begun with


def test_explain_by_its_name_is_the_first_page(tab: Page, server: str) -> None:
    """Catches Streamlit's "Page not found" over a page that works: the first page's own address is "/"."""
    tab.goto(f"{server}/explain?sample=owl&view=map")
    appear(tab.locator(".st-key-panels"))
    wait_for_address(tab, r"/\?sample=owl&view=map$")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    appear(tab.get_by_role("link", name=text("Methods")))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the worker's time is read from /proc")
def test_a_closed_tab_leaves_nobody_computing(browser: Browser, app: App) -> None:
    """Catches jobs that go on for minutes after the only visitor who wanted them has gone."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{app.address}/?{_LONG}")
    appear(tab.locator(".st-key-cancel-1").get_by_role("button"))
    appear(maps(tab).or_(tab.get_by_alt_text(text("A first, rough map"))).first)
    _wait_until(False, app.process, PATIENCE / 1000)
    context.close()
    _wait_until(True, app.process, _LEFT_AFTER)


def _wait_until(idle: bool, server: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while _idle(server) is not idle:
        assert time.monotonic() < end, "the worker still computes" if idle else "the worker computes nothing"


def _idle(server: int) -> bool:
    """Return whether the processes that the server started used less than a tenth of a processor for a while."""
    before = _seconds_used(server)
    time.sleep(_WINDOW)
    return _seconds_used(server) - before < _WINDOW / 10


def _seconds_used(server: int) -> float:
    children = Path(f"/proc/{server}/task").glob("*/children")
    workers = [number for path in children for number in path.read_text().split()]
    assert workers, "there is no worker yet"
    stats = [Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split() for number in workers]
    return sum(int(ticks) for stat in stats for ticks in stat[11:13]) / os.sysconf("SC_CLK_TCK")
