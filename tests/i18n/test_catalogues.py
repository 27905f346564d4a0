"""Every text in every language: the catalogues translate exactly the texts in the code, with the same placeholders."""

import ast
import pickle
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from xai_core import errors
from xai_core.classifiers.registry import NETWORKS
from xai_core.i18n import catalogues
from xai_core.resources import ROOT

OTHERS = [key for key in catalogues.LANGUAGES if key != catalogues.ENGLISH]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)} | {
    name: None for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.XaiError)
}


ERRORS = {name for name in KEYWORDS if name.endswith("Error")}


def source_files() -> Iterator[Path]:
    """Yield the files that hold texts for users."""
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "xai_core").rglob("*.py"))]:
        if "training" not in path.parts:  # training prints English for developers
            yield path


def source_texts() -> Iterator[tuple[str, str]]:
    """Yield (where, text) for all texts that are marked in the code, each plural form on its own."""
    for path in source_files():
        for line, texts, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            for text in texts if isinstance(texts, tuple) else (texts,):
                if text:
                    yield f"{path.relative_to(ROOT)}:{line}", text


def catalogue_entries(key: str) -> Iterator[tuple[Path, Message]]:
    for path in sorted((catalogues.CATALOGUES / key).glob("*.po")):
        with path.open("rb") as text:
            for message in read_po(text, locale=key):
                if message.id:
                    yield path, message


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def faults(code: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what is wrong) for each call whose text cannot be extracted or whose placeholders are not filled."""
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.JoinedStr) and any(_is_marked(node) for node in ast.walk(call)):
            yield call.lineno, "a text inside of an f-string cannot be extracted"
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
            continue
        name, first = call.func.id, call.args[0]
        literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
        if name == "ngettext":
            if not all(isinstance(form, ast.Constant) for form in call.args[:2]):
                yield call.lineno, "ngettext takes two plain strings"
        elif name == "N_" and not literal:
            yield call.lineno, "N_ takes a plain string"
        elif (name == "_" or name in ERRORS) and not literal and any(_is_text(node) for node in ast.walk(first)):
            yield call.lineno, "the argument is a plain string or a variable; values are filled in by name"
        elif name in ERRORS and isinstance(first, ast.Constant):
            given = {value.arg for value in call.keywords}
            if None not in given and placeholders(first.value) != given:  # None stands for **values
                yield call.lineno, "the values of an error are not the placeholders of its sentence"


def _is_marked(part: ast.AST) -> bool:
    """Return whether this marks a text: a call of `_` or the like with a string literal as argument."""
    return (
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in KEYWORDS
        and any(isinstance(one, ast.Constant) for one in part.args)
    )


def _is_text(part: ast.AST) -> bool:
    """Return whether this holds text: a string that is put together, or a literal with a space in it."""
    if isinstance(part, ast.JoinedStr | ast.BinOp):
        return True
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value


def test_each_text_is_one_plain_string() -> None:
    """Catches texts that no catalogue can hold: f-strings, sums of strings, one of two strings."""
    all_faults = ((path, fault) for path in source_files() for fault in faults(path.read_text(encoding="utf-8")))
    assert not [f"{path.relative_to(ROOT)}:{line}: {wrong}" for path, (line, wrong) in all_faults]


@pytest.mark.parametrize(
    "code",
    [
        'raise ImageError(f"“{name}” is no photo.")',
        'raise ImageError("“{name}” is no photo.".format(name=name))',
        'raise ImageError("“{name}” is no photo.", file=name)',
        'raise ImageError("“" + name + "” is no photo.")',
        '_("a dog" if dogs else "a cat")',
        '_(f"{count} dogs")',
        '_("{count} dogs".format(count=count))',
        'N_(f"{count} dogs")',
        """f"{_('a dog')}!\"""",
        'ngettext(f"{count} dog", "{count} dogs", count)',
    ],
)
def test_a_text_that_cannot_be_extracted_is_reported(code: str) -> None:
    """Catches a check of the code that lets through what it is there to find."""
    assert list(faults(code))


@pytest.mark.parametrize("key", OTHERS)
def test_the_description_of_each_network_is_translated(key: str) -> None:
    """Catches a sentence that was changed in model.json alone, which is not searched for texts."""
    catalogues.set_language(key)
    try:
        for network in NETWORKS.values():
            sentence = network.spec().sentence
            assert catalogues._(sentence) != sentence, network.spec().key
    finally:
        catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize("key", OTHERS)
def test_every_text_of_the_code_is_translated_and_nothing_else(key: str) -> None:
    """Catches a new text without a translation, and a translation whose text is gone or was reworded."""
    translated = {form for _path, message in catalogue_entries(key) if message.string for form in forms(message.id)}
    texts = {text: where for where, text in source_texts()}
    assert not {where: text for text, where in texts.items() if text not in translated}
    assert not translated - set(texts)


@pytest.mark.parametrize("key", OTHERS)
def test_each_translation_is_unique_finished_and_has_all_placeholders(key: str) -> None:
    """Catches a translation that would fail in `format`, and two catalogues that answer differently."""
    assert not {
        form: n
        for form, n in Counter(form for _p, m in catalogue_entries(key) for form in forms(m.id)).items()
        if n > 1
    }
    for path, message in catalogue_entries(key):
        assert not message.fuzzy, (path, message.id)
        expected = set().union(*(placeholders(form) for form in forms(message.id)))
        for form in forms(message.string):
            assert form and placeholders(form) == expected, (path.name, message.id, form)


def test_french_typography() -> None:
    """Catches a line that begins with a question mark, and apostrophes of two kinds."""
    loose = re.compile(r" [:;?!»%](?!\w)|« |\u202f|'")
    translations = ((path.name, form) for path, message in catalogue_entries("fr") for form in forms(message.string))
    assert not [(name, form) for name, form in translations if loose.search(form)]


def test_all_files_of_a_language_are_read_and_other_texts_stay_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Catches a second catalogue that replaces the first, English plural rules in French, and an error in English."""
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "a.po").write_text('msgid "dog"\nmsgstr "chien"\n', encoding="utf-8")
    (tmp_path / "fr" / "b.po").write_text(
        'msgid "{count} photo"\nmsgid_plural "{count} photos"\nmsgstr[0] "{count} image"\nmsgstr[1] "{count} images"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(catalogues, "CATALOGUES", tmp_path)
    catalogues._catalogue.cache_clear()
    catalogues.set_language("fr")
    try:
        assert catalogues._("dog") == "chien"
        assert catalogues._("cat") == "cat"
        assert str(errors.ImageError("dog")) == "chien"
        assert catalogues.ngettext("{count} photo", "{count} photos", 0) == "{count} image"  # French counts 0 as one
        assert catalogues.ngettext("{count} photo", "{count} photos", 2) == "{count} images"
    finally:
        catalogues.set_language(catalogues.ENGLISH)
        catalogues._catalogue.cache_clear()
    assert catalogues._("dog") == "dog"


def test_an_error_survives_pickling_with_its_values() -> None:
    """Catches an error whose values are lost, or read as placeholders, on the way from the worker process."""
    error = pickle.loads(pickle.dumps(errors.ImageError("“{name}” is no photo.", name="{a}.jpg")))
    assert str(error) == "“{a}.jpg” is no photo."


def test_the_values_of_an_error_are_translated_where_it_is_shown() -> None:
    """Catches a value that is translated in the process that raises the error, and a decimal point in French."""
    error = pickle.loads(
        pickle.dumps(
            errors.ParameterError(
                "{parameter} must lie between {minimum:g} and {maximum:g}{unit}, not {value:g}.",
                parameter=catalogues.LazyText("Brightness"),
                minimum=0.05,
                maximum=20,
                unit=" %",
                value=1e3,
            )
        )
    )
    assert str(error) == "Brightness must lie between 0.05 and 20 %, not 1000."
    catalogues.set_language("fr")
    try:
        assert str(error) == "Luminosité\u00a0: il faut une valeur comprise entre 0,05 et 20 %, et non 1000."
    finally:
        catalogues.set_language(catalogues.ENGLISH)
