"""Addresses that people type, and what happens after they close the tab."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App

_SLOW = 240_000  # ms: two cores that also load the networks
_SOON = 60_000
_LONG = "network=inception_v3&panel1.samples=5000&panel1.segmentation=slic&panel3.steps=300&panel4.samples=500"


def test_explain_by_its_name_is_the_first_page(tab: Page, server: str) -> None:
    """Would catch Streamlit's "Page not found" over a page that works: the first page's own address is "/"."""
    tab.goto(f"{server}/explain?sample=owl&view=map")
    expect(tab.get_by_role("heading", name="What did the network see?")).to_be_visible(timeout=_SLOW)
    tab.wait_for_url(re.compile(r"/\?sample=owl&view=map$"), timeout=_SOON)
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(tab.get_by_role("link", name="Methods")).to_be_visible(timeout=_SOON)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the worker's time is read from /proc")
def test_a_closed_tab_leaves_nobody_computing(browser: Browser, app: App) -> None:
    """Would catch jobs that go on for minutes after the only one who asked for them has gone."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{app.address}/?{_LONG}")
    expect(tab.locator(".st-key-cancel-1 button")).to_be_visible(timeout=_SLOW)
    expect(tab.locator('img[alt*="what speaks for"], img[alt="A first, rough map"]').first).to_be_visible(timeout=_SLOW)
    assert not _idle(app.process)
    context.close()
    left = time.monotonic()
    while not _idle(app.process):
        assert time.monotonic() - left < 45, "the worker still computes"


def _idle(server: int) -> bool:
    """Say whether the processes that the server started used less than a tenth of a processor in two seconds."""
    before = _seconds_used(server)
    time.sleep(2)
    return _seconds_used(server) - before < 0.2


def _seconds_used(server: int) -> float:
    children = Path(f"/proc/{server}/task").glob("*/children")
    workers = [number for path in children for number in path.read_text().split()]
    assert workers, "there is no worker yet"
    ticks = [sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) for one in workers]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")
