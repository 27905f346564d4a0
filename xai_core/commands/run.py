"""`run`: start the dashboard."""

import argparse
import os
import sys
from typing import Any

from xai_core.resources import ROOT


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
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(ROOT / "app.py")]
    options = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    os.execv(sys.executable, [*command, *options])
