"""`run` serves the dashboard."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from xai_core.resources import ROOT


def test_run_serves_the_app_from_any_folder(tmp_path: Path) -> None:
    """Catches a command that finds the app or its modules only from the project's folder, or that outlives SIGTERM."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "xai_core", "run", "--port", str(port)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SEESPOT_CACHE": str(tmp_path), "SEESPOT_AHEAD": "0"},
        stdout=subprocess.DEVNULL,
    )
    try:
        assert _answers(f"http://127.0.0.1:{port}/_stcore/health", process) == b"ok"
    finally:
        process.terminate()
    process.wait(30)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bytes:
    """Return what the server answers once it does; the test's own time limit ends the wait."""
    while process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return bytes(response.read())
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the command ended with {process.returncode}")
