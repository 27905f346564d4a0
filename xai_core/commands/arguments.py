"""Types of arguments that several commands take."""

import argparse
from pathlib import Path


def path(text: str) -> Path:
    """Return the path that an argument names. An empty one, which Path takes for the current folder, is refused."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no path")
    return Path(text)
