"""How the tests share two cores: what is slow to set up is set up in one process only, and what takes longest begins first."""

from collections.abc import Iterator

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import dogs
from xai_core.detection import locate

#: Tests that stay together, by the beginning of their file's path: one app and one Chromium serve all walks, and TensorFlow and
#: the two networks are loaded in one process. All other tests stay together by file.
_TOGETHER = {
    "tests/browser/": "browser",
    "tests/classifiers/": "networks",
    "tests/metrics/test_trust_on_networks.py": "networks",
    "tests/oracles/": "networks",
    "tests/test_prefetch.py": "networks",
    "tests/training/": "networks",
}
#: What takes longest comes first, so that the two processes end at about the same time.
_FIRST = ("browser", "networks", "tests/ui/", "tests/test_contract.py", "tests/report/", "tests/audit/")


def _group(nodeid: str) -> str:
    path = nodeid.partition("::")[0]
    return next((group for beginning, group in _TOGETHER.items() if path.startswith(beginning)), path)


def _rank(item: pytest.Item) -> int:
    group = _group(item.nodeid)
    return next((rank for rank, beginning in enumerate(_FIRST) if group.startswith(beginning)), len(_FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by group; with `--no-loadscope-reorder` xdist keeps that order."""
    items.sort(key=_rank)


@pytest.fixture(scope="session", autouse=True)
def quick_dog() -> Iterator[None]:
    """Spare the networks that find the dog wherever this process answers requests; tests/detection asks them directly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locate, "locate", dogs.in_the_middle)
        yield


class ByGroup(LoadScopeScheduling):
    """Hand out the tests by group."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    """Return the scheduler, whatever `--dist` says."""
    return ByGroup(config, log)
