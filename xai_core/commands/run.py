"""`run`: start the dashboard."""

import argparse
import os
import socket
import sys
from typing import Any

from xai_core.errors import ParameterError
from xai_core.execution import interrupts
from xai_core.resources import ROOT

#: Until Streamlit handles Ctrl-C by itself, it ends the process without the traceback of an import. It is let through
#: where `interrupts.withheld` has kept it back, as Python's own start has a traceback, too.
_START = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
sys.argv[0] = "streamlit"
runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
"""


def add_parser(commands: Any) -> None:
    """Add this sub-command to the command line."""
    parser = commands.add_parser("run", help="serve the dashboard to a browser")
    parser.add_argument("--port", type=int, default=8501, help="default: %(default)s")
    parser.add_argument(
        "--address", default="127.0.0.1", help="0.0.0.0 admits other computers; default: %(default)s, this one alone"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Become Streamlit, which serves app.py until it is stopped.

    Streamlit reads .streamlit/config.toml from the script's folder, so the settings apply wherever the command is started.
    With -P the working directory cannot put another xai_core before the one that runs.
    """
    _check(arguments.address, arguments.port)
    command = [sys.executable, "-P", "-c", _START, "run", str(ROOT / "app.py")]
    options = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    with interrupts.withheld():
        os.execv(sys.executable, [*command, *options])


def _check(address: str, port: int) -> None:
    """Raise ParameterError where nothing can be served there: Streamlit would tell it in many lines, seconds later."""
    if not 1 <= port <= 65535:
        raise ParameterError("A port is a number from 1 to 65535, not {port}.", port=port)
    try:
        if not address:
            raise ParameterError("There is no address “{address}” on this computer.", address=address)
        family, kind, protocol, _name, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # a server that has ended blocks it for a minute
            probe.bind(place)
    except (socket.gaierror, UnicodeError):
        raise ParameterError("There is no address “{address}” on this computer.", address=address) from None
    except OSError as failure:
        raise ParameterError(
            "Port {port} of {address} cannot be used ({reason}); name another one with --port.",
            port=port,
            address=address,
            reason=failure.strerror or type(failure).__name__,
        ) from None
