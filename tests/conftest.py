"""How the tests share two cores: a file stays in one process, and so do all tests that open the browser."""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


# First, because pytest-xdist reads the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's group: what is set up for a file is set up once, and one app is started for the browser."""
    for item in items:
        group = "browser" if item.path.is_relative_to(BROWSER) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
