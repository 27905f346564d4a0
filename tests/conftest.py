"""How the tests share two cores: a file stays in one process, and so do all tests that open the browser."""

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """What is set up for a file is set up once, and one app is started for the browser."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Hand out the tests by file; the browser's, which take longest, come first by their name."""
    return ByFile(config, log)
