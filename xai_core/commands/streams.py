"""Standard output and standard error of a command, in any locale, closed, full, or read by nobody."""

import codecs
import os
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

_ANYWAY = "seespot.anyway"  # an error handler's name, see `codecs.register_error`
_JOINERS = "\u200c\u200d"  # of letters and of emoji
_WRITERS = {1: "stdout", 2: "stderr"}


def prepare() -> None:
    """Let every text be printed: closed streams lead nowhere, characters that an encoding lacks are replaced."""
    codecs.register_error(_ANYWAY, _encode_anyway)
    _open_closed_descriptors()
    for descriptor, name in _WRITERS.items():
        stream = getattr(sys, name)
        if stream is None:  # closed when Python started; `print(file=None)` would print on the other one
            setattr(sys, name, os.fdopen(descriptor, "w", encoding="utf-8", closefd=False))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ANYWAY)


def one_line(text: str) -> str:
    """Return a text on one line, without what would steer a terminal: names of files may hold any character."""
    return "".join(_escape(one) if _steers(one) else one for one in text)


def tell(text: str) -> None:
    """Print one line on standard error at once. Whether anybody reads it changes nothing."""
    _print_if_possible(text, sys.stderr)


def report_progress(text: str) -> None:
    """Print one line on standard output at once. Whether anybody reads it changes nothing."""
    _print_if_possible(text, sys.stdout)


def finish() -> None:
    """Write what standard error still holds; where that fails, Python's end would change the exit code."""
    _print_if_possible("", sys.stderr, end="")


def discard(stream: TextIO) -> None:
    """Send what a stream still holds, and all that follows, nowhere: Python's end writes it again otherwise."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def _print_if_possible(text: str, stream: TextIO, end: str = "\n") -> None:
    try:
        print(text, file=stream, end=end, flush=True)
    except (OSError, ValueError):
        discard(stream)


def _open_closed_descriptors() -> None:
    """Open the null device in the place of closed streams; the next file that is opened would take their numbers."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free


def _encode_anyway(error: UnicodeError) -> tuple[str, int]:
    """Write the characters that an encoding lacks as ASCII: a quotation mark as ", é as e, others by their numbers."""
    from anyascii import anyascii

    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(anyascii(one) or _escape(one) for one in missing), error.end


def _steers(character: str) -> bool:
    """Return whether this ends a line, turns the direction of writing or controls a terminal otherwise."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in _JOINERS


def _escaped_byte(character: str) -> bool:
    """Return whether this stands for a byte of a file's name that is no UTF-8."""
    return "\udc80" <= character <= "\udcff"


def _escape(character: str) -> str:
    if _escaped_byte(character):
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
