"""The command line: `seespot {run,explain,predict,list,...}`, or `python -m xai_core ...` where it is not installed.

Exit codes: 0, or 2 with one line on standard error for whatever the user can put right. `--verbose` shows the log.
What people read is said in the `--language`; keys, names of parameters and JSON stay what they are for programs.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

from xai_core.commands import audit, evaluate, explain, listing, predict, report, run, train, verify
from xai_core.commands.quiet import quiet
from xai_core.errors import XaiError
from xai_core.i18n.catalogues import ENGLISH, LANGUAGES, set_language

_COMMANDS = (run, explain, predict, report, verify, audit, listing, train, evaluate)


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong in one line, without the usage text before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; wrong usage raises SystemExit(2) as argparse does."""
    parser = _Parser(prog=_program(), description="Explain what a CNN saw in a dog photo.")
    parser.add_argument("--verbose", action="store_true", help="show the log on standard error")
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=_of_the_shell(),
        help="what people read is said in it; default: as LANG says",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    chosen = parser.parse_args(arguments)
    set_language(chosen.language)
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.CRITICAL)
    if not chosen.verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only
    try:
        with nullcontext() if chosen.verbose else quiet():
            return int(chosen.run(chosen))
    except XaiError as failure:
        print(" ".join(str(failure).split()), file=sys.stderr)
        return 2


def _program() -> str:
    """Return how the command was called, for usage texts."""
    return "seespot" if Path(sys.argv[0]).stem == "seespot" else "python -m xai_core"


def _of_the_shell() -> str:
    """Return the language of the shell's settings, in the order in which POSIX asks them, if it is one of ours."""
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = next((value for value in settings if value), "")[:2]
    return language if language in LANGUAGES else ENGLISH


if __name__ == "__main__":
    sys.exit(main())
