"""Text as the font of a PDF can show it."""

import unicodedata
from collections.abc import Container

from anyascii import anyascii

_RIGHT_TO_LEFT = ("R", "AL")
_INVISIBLE = ("Mn", "Me", "Cf")  # marks and joiners of letters that are written in other ones


def writable(text: str, known: Container[int]) -> str:
    """Return the text with every character that is not `known` to the font in Latin letters, emoji by their names.

    What has none is written by its number, such as U+E000. Accents are joined to their letters where Unicode can.
    """
    return "".join(_writable(one, known) for one in unicodedata.normalize("NFC", text))


def needs_shaping(text: str) -> bool:
    """Return whether letters have to be joined, ordered from right to left, or placed on each other."""
    return any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT or unicodedata.combining(one) for one in text)


def _writable(character: str, known: Container[int]) -> str:
    if character == "\n" or ord(character) in known:
        return character
    if letters := anyascii(character):
        return letters
    return "" if unicodedata.category(character) in _INVISIBLE else f"U+{ord(character):04X}"
