"""`run` serves the dashboard."""

import os
import subprocess
import sys
from pathlib import Path

from tests.serving import free_port, wait_until_healthy
from xai_core.resources import ROOT


def test_run_serves_the_app_from_any_folder(tmp_path: Path) -> None:
    """Catches a command that finds the app or its modules only from the project's folder, or that outlives SIGTERM."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "xai_core", "run", "--port", str(port)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SEESPOT_CACHE": str(tmp_path), "SEESPOT_AHEAD": "0"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
    process.wait(30)
