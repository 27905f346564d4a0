"""Runs the command line as a process of its own, so that streams, signals and locales are real."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xai_core.photos.decoding import to_png
from xai_core.resources import ROOT

Run = Callable[..., subprocess.CompletedProcess[bytes]]
PROGRAM = (sys.executable, "-m", "tests.commands.fake_program")


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    """A photo of noise."""
    path = tmp_path / "dog.png"
    path.write_bytes(to_png(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)))
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs a command in `tmp_path`: run(*arguments, shell="", **environment).

    `shell` is what a shell writes behind the command, such as "2>&-".
    """

    def run(
        *arguments: object, shell: str = "", stdout: int = subprocess.PIPE, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        # An interpreter's own settings may come with the machine that runs the tests.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHONIO", "PYTHONUTF8"))
        }
        own = {"PYTHONPATH": str(ROOT), "SEESPOT_CACHE": str(tmp_path / "cache"), "LC_ALL": "C.UTF-8"}
        command = [*PROGRAM, *map(str, arguments)]
        if shell:
            command = ["bash", "-c", f'"$@" {shell}', "bash", *command]
        return subprocess.run(
            command,
            env={**inherited, **own, **environment},
            cwd=tmp_path,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=60,
        )

    return run
