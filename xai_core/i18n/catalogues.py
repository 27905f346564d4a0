"""Translations: English is the text in the code, other languages are read from the catalogues in assets/translations/.

    _("Hiding the head takes {breed} to {share}.").format(breed=..., share=...)     translated here
    TITLES = {"mean": N_("its mean colour")}  ...  _(TITLES["mean"])                marked here, translated later

Texts are extracted by parsing the code, so the argument is always one plain string literal: no f-string, no concatenation.
"""

import gettext
import io
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache

from xai_core.resources import CATALOGUES

#: The supported languages by locale code, each under its own name; the first one is that of the code.
LANGUAGES = {"en": "English", "fr": "Français"}
ENGLISH = "en"

_thread_language: ContextVar[str] = ContextVar("language", default=ENGLISH)
_source: Callable[[], str | None] | None = None


def set_language(language: str) -> None:
    """Set this thread's language, a key of LANGUAGES."""
    _thread_language.set(language)


def set_language_source(source: Callable[[], str | None]) -> None:
    """Ask `source` for the language first, in every thread; where it returns None, the thread's own language applies."""
    global _source
    _source = source


def current_language() -> str:
    """Return the current language, a key of LANGUAGES."""
    return (_source() if _source else None) or _thread_language.get()


def _(text: str) -> str:
    """Return the translation of a text into the current language, or the text itself where no catalogue has it."""
    return text if not text or current_language() == ENGLISH else _catalogue(current_language()).gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the singular or plural form of a text for `count` things, translated into the current language."""
    return _catalogue(current_language()).ngettext(singular, plural, count)


class LazyText(str):
    """A text marked by `N_` that is translated only when it is formatted into another text."""

    def __format__(self, spec: str) -> str:
        return format(_(str(self)), spec)


def N_(text: str) -> str:
    """Return the text unchanged; marks it for extraction where `_` translates it later."""
    return text


def number_separators() -> tuple[str, str]:
    """Return the decimal separator and the thousands separator of the current language."""
    return _number_separators(current_language())


@cache
def _number_separators(language: str) -> tuple[str, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_decimal_symbol(language), get_group_symbol(language)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Return all translations of a language, merged from its .po files; none for English."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged = gettext.NullTranslations()
    for path in sorted((CATALOGUES / language).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as text:
            write_mo(compiled, read_po(text, locale=language))
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        translations.add_fallback(merged)
        merged = translations
    return merged
