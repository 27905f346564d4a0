"""The language people read: English as it stands in the code, others from the catalogues in assets/translations/.

    _("Hiding the head takes {breed} to {share}.").format(breed=..., share=...)     where it is said
    TITLES = {"mean": N_("its mean colour")}  ...  _(TITLES["mean"])                where it is named long before

What stands inside the brackets is found by reading the code, so it is always one plain string: no f-string, no sum of parts.
"""

import gettext
import io
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache

from xai_core.resources import CATALOGUES

#: The languages there are, each by its own name; the first one is the code's.
LANGUAGES = {"en": "English", "fr": "Français"}
ENGLISH = "en"
#: The mark before the decimals, and the one between thousands.
_MARKS = {"en": (".", ","), "fr": (",", "\u202f")}

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)
_source: Callable[[], str | None] | None = None


def set_language(language: str) -> None:
    """Let what this thread says from now on be in `language`, a key of LANGUAGES."""
    _spoken.set(language)


def set_language_source(source: Callable[[], str | None]) -> None:
    """Ask `source` for the language from now on, in every thread; where it knows none, the thread's own counts."""
    global _source
    _source = source


def current_language() -> str:
    """Return the language in which things are said now, a key of LANGUAGES."""
    return (_source() if _source else None) or _spoken.get()


def _(text: str) -> str:
    """Return a text in the current language, and as it is where no catalogue knows it."""
    return text if not text or current_language() == ENGLISH else _catalogue(current_language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that fits `count` things, in the current language."""
    return _catalogue(current_language()).ngettext(one, many, count)


class LazyText(str):
    """A text marked by `N_` that is said, where it is filled into another one, in the language of that moment."""

    def __format__(self, spec: str) -> str:
        return format(_(str(self)), spec)


def number_separators() -> tuple[str, str]:
    """Return the mark before decimals and the one between thousands, as the current language writes numbers."""
    return _MARKS[current_language()]


def N_(text: str) -> str:
    """Return a text as it is: it marks one that `_` will be asked for later."""
    return text


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Return a language's texts, read from all its files; nothing but the code's own for English."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    whole = gettext.NullTranslations()
    for path in sorted((CATALOGUES / language).glob("*.po")):
        binary = io.BytesIO()
        with path.open("rb") as text:
            write_mo(binary, read_po(text, locale=language))
        binary.seek(0)
        part = gettext.GNUTranslations(binary)
        part.add_fallback(whole)
        whole = part
    return whole
