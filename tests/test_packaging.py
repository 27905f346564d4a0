"""What `pip install .` brings along, and that the lock files hold what the requirements ask for."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from xai_core.resources import ROOT

LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
    "requirements-oracles.lock": ["requirements-oracles.txt"],
}


@pytest.fixture(scope="module")
def wheel() -> dict[str, Path]:
    """Return the wheel's files: the path inside it -> the file that is packed there."""
    builder = WheelBuilder(str(ROOT))
    with builder.config.set_build_data({"artifacts": [], "force_include": {}, "build_hooks": ()}):
        return {file.distribution_path: Path(file.path) for file in builder.recurse_included_files()}


@pytest.mark.parametrize("folder", ["models", "assets", "pages", ".streamlit"])
def test_the_wheel_holds_every_file_of(folder: str, wheel: dict[str, Path]) -> None:
    """Catches a wheel without weights, pages, assets or settings, or with some left out."""
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    missing = {f"xai_core/_files/{path.relative_to(ROOT).as_posix()}" for path in files} - wheel.keys()
    assert files and not missing


def test_the_wheel_holds_the_package_and_the_app_and_nothing_else(wheel: dict[str, Path]) -> None:
    """Catches a template or style sheet that is left out, and tests or byte code that are packed."""
    package = [path for path in (ROOT / "xai_core").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(ROOT).as_posix() for path in package} | {"xai_core/_files/app.py"} <= wheel.keys()
    assert {name.split("/")[0] for name in wheel} == {"xai_core"}
    assert not [name for name in wheel if name.endswith(".pyc")]


def test_the_installed_package_finds_networks_and_catalogues(wheel: dict[str, Path], tmp_path: Path) -> None:
    """Catches a path that holds in a checkout only."""
    for name, path in wheel.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(path)
    run = subprocess.run(
        [sys.executable, "-P", "-m", "xai_core", "--language", "fr", "list"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "SEESPOT_CACHE": str(tmp_path / "cache")},
    )
    assert run.returncode == 0, run.stderr
    networks = {network["key"]: network for network in json.loads(run.stdout)["classifiers"]}
    assert {"vgg16", "inception_v3"} <= networks.keys()
    assert networks["vgg16"]["classes"] == 120


def test_the_package_says_what_it_needs_and_gives_a_command() -> None:
    """Catches a wheel without dependencies, and one without `seespot`."""
    core = WheelBuilder(str(ROOT)).metadata.core
    assert core.scripts == {"seespot": "xai_core.__main__:program"}
    assert set(core.dependencies) == {f"{name}=={version}" for name, version in _pins("requirements.txt").items()}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_the_required_versions_with_hashes(lock: str) -> None:
    """Catches a version changed without `make lock`, a package without a hash, and a registry's address in the file."""
    locked = _pins(lock)
    for source in LOCKS[lock]:
        for name, version in _pins(source).items():
            assert locked.get(name) == version, f"{name} of {source}; run: make lock"
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text and "index-url" not in text
    entries = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(entries) == len(locked) and all("--hash=sha256:" in entry for entry in entries)


def test_both_locks_install_the_same_versions() -> None:
    """Catches a test run with other versions than those that the app runs with."""
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


def _pins(name: str) -> dict[str, str]:
    """Return {package: version} of a requirements or lock file, names as PEP 503 normalises them."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pins}
