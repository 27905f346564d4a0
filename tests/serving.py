"""A free port of this machine, and the wait until the app that serves it answers."""

import socket
import subprocess
import time
import urllib.request

_START_SECONDS = 120
#: Without proxies: the system's settings, or another test's, may name one that does not reach this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the app at `address` says that it is well.

    Raises:
        AssertionError: it ended, or did not answer in two minutes.
    """
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with _open(f"{address}/_stcore/health", timeout=5) as response:
                assert response.read() == b"ok"
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the app does not answer (exit code {process.poll()})")
