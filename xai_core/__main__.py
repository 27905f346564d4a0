"""The command line: `seespot {run,explain,predict,list,...}`, or `python -m xai_core ...` where it is not installed.

Exit codes: 0; 2 with one line on standard error for whatever the user can put right; 1 where `verify` finds a difference;
70 with one line for a fault of SeeSpot; 130 after Ctrl-C, 143 after SIGTERM, and 141 without a word where nobody reads the
output any more. `--verbose` shows the log. What people read is said in the `--language`; keys, names of parameters and JSON
stay what they are for programs.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

# Nothing else is imported here: what takes longer is imported where Ctrl-C is waited for.
from xai_core.commands import streams
from xai_core.commands.interrupts import SIGNALLED, Interrupts

_WRONG, _FAULT = 2, 70
_INTERRUPTED, _UNREAD = SIGNALLED + 2, SIGNALLED + 13  # as after SIGINT and SIGPIPE


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong in one line, without the usage text before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(_WRONG, f"{streams.one_line(message)} (see {self.prog} --help)\n")


def program() -> NoReturn:
    """Run one command and end the process."""
    code = main()
    if code > SIGNALLED:
        os._exit(code)  # what other threads still compute is not waited for
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; wrong usage raises SystemExit(2) as argparse does."""
    streams.prepare()
    with Interrupts() as interrupts:
        try:
            code = _run_and_flush(arguments)
        except SystemExit:
            raise
        except BrokenPipeError:
            streams.discard(sys.stdout)
            code = _UNREAD
        except KeyboardInterrupt:
            code = _INTERRUPTED
        except BaseException as failure:
            code = _tell(failure) if interrupts.code is None else interrupts.code
        finally:
            streams.finish()
        return interrupts.code or code


def _run_and_flush(arguments: Sequence[str] | None) -> int:
    try:
        return _run(arguments)
    finally:
        sys.stdout.flush()  # not at Python's end, where a failure has no words


def _run(arguments: Sequence[str] | None) -> int:
    from xai_core.commands import audit, evaluate, explain, listing, predict, report, run, train, verify
    from xai_core.commands.quiet import quiet
    from xai_core.i18n.catalogues import LANGUAGES, set_language

    parser = _Parser(prog=_program_name(), description="Explain what a CNN saw in a dog photo.")
    parser.add_argument("--verbose", action="store_true", help="show the log on standard error")
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=_language_of_the_shell(),
        help="what people read is said in it; default: as LANG says",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (run, explain, predict, report, verify, audit, listing, train, evaluate):
        command.add_parser(commands)
    chosen = parser.parse_args(arguments)
    set_language(chosen.language)
    logging.raiseExceptions = False  # a log that cannot be written stops nothing
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.CRITICAL)
    if not chosen.verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only
    with nullcontext() if chosen.verbose else quiet():
        return int(chosen.run(chosen))


def _tell(failure: BaseException) -> int:
    """Print why the command failed, in one line, and return the exit code."""
    from xai_core.errors import XaiError
    from xai_core.i18n.catalogues import _

    logging.getLogger(__name__).info("the command failed", exc_info=failure)
    if isinstance(failure, XaiError):
        sentence, code = str(failure), _WRONG
    elif isinstance(failure, OSError) and failure.filename is None:  # nothing but a stream has no name
        streams.discard(sys.stdout)
        reason = failure.strerror or type(failure).__name__
        sentence, code = _("The output cannot be written ({reason}).").format(reason=reason), _WRONG
    elif isinstance(failure, OSError):
        reason = failure.strerror or type(failure).__name__
        sentence = _("“{path}” cannot be used ({reason}).").format(path=os.fsdecode(failure.filename), reason=reason)
        code = _WRONG
    elif isinstance(failure, MemoryError):
        sentence, code = _("There is not enough memory for this."), _WRONG
    else:
        sentence = _(
            "SeeSpot failed unexpectedly ({failure}); the same command with --verbose before its name says where."
        )
        sentence, code = sentence.format(failure=f"{type(failure).__name__}: {failure}"), _FAULT
    streams.tell(streams.one_line(sentence))
    return code


def _program_name() -> str:
    """Return how the command was called, for usage texts."""
    return "seespot" if Path(sys.argv[0]).stem == "seespot" else "python -m xai_core"


def _language_of_the_shell() -> str:
    """Return the language of the shell's settings, in the order in which POSIX asks them, if it is one of ours."""
    from xai_core.i18n.catalogues import ENGLISH, LANGUAGES

    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = next((value for value in settings if value), "")[:2]
    return language if language in LANGUAGES else ENGLISH


if __name__ == "__main__":
    program()
