"""Every sentence in every language: what the code says is what the catalogues translate, with the same places in it."""

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


def speaking() -> Iterator[Path]:
    """Yield the files that say something to people."""
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "xai_core").rglob("*.py"))]:
        if "training" not in path.parts:  # the commands that train speak to who develops
            yield path


def said() -> Iterator[tuple[str, str]]:
    """Yield (where, text) for all texts that the code marks, a plural form on its own."""
    for path in speaking():
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


def places(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def faults(code: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what is wrong) for each call in which a text is not found by `said`, or its places are not filled."""
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.JoinedStr) and any(_is_marked(part) for part in ast.walk(call)):
            yield call.lineno, "a text is not found inside of an f-string"
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
            continue
        name, first = call.func.id, call.args[0]
        literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
        if name == "ngettext":
            if not all(isinstance(form, ast.Constant) for form in call.args[:2]):
                yield call.lineno, "ngettext takes two plain strings"
        elif name == "N_" and not literal:
            yield call.lineno, "N_ takes a plain string"
        elif (name == "_" or name in ERRORS) and not literal and any(_is_text(part) for part in ast.walk(first)):
            yield call.lineno, "a plain string is taken here, or what has one; its values are filled in by name"
        elif name in ERRORS and isinstance(first, ast.Constant):
            given = {value.arg for value in call.keywords}
            if None not in given and places(first.value) != given:  # None stands for **values
                yield call.lineno, "an error's values are not the places of its sentence"


def _is_marked(part: ast.AST) -> bool:
    """Return whether this marks a text: a call of `_` and the like with a string in its brackets."""
    return (
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in KEYWORDS
        and any(isinstance(one, ast.Constant) for one in part.args)
    )


def _is_text(part: ast.AST) -> bool:
    """Return whether this holds text of its own: a sentence in the making, or a literal with a space in it."""
    if isinstance(part, ast.JoinedStr | ast.BinOp):
        return True
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value


def test_each_text_is_one_plain_string() -> None:
    """Catches texts that no catalogue can hold: f-strings, sums of strings, one of two strings."""
    found = ((path, fault) for path in speaking() for fault in faults(path.read_text(encoding="utf-8")))
    assert not [f"{path.relative_to(ROOT)}:{line}: {wrong}" for path, (line, wrong) in found]


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
def test_a_text_that_is_made_up_is_found_out(code: str) -> None:
    assert list(faults(code))


@pytest.mark.parametrize("key", OTHERS)
def test_networks_describe_themselves_with_a_text_that_is_translated(key: str) -> None:
    """Catches a sentence that was changed in model.json alone, where no marked text is looked for."""
    catalogues.set_language(key)
    try:
        for network in NETWORKS.values():
            sentence = network.spec().sentence
            assert catalogues._(sentence) != sentence, network.spec().key
    finally:
        catalogues.set_language(catalogues.ENGLISH)


@pytest.mark.parametrize("key", OTHERS)
def test_every_text_of_the_code_is_translated_and_nothing_else(key: str) -> None:
    known = {form for _path, message in catalogue_entries(key) if message.string for form in forms(message.id)}
    texts = {text: where for where, text in said()}
    assert not {where: text for text, where in texts.items() if text not in known}
    assert not known - set(texts)


@pytest.mark.parametrize("key", OTHERS)
def test_a_text_is_translated_once_finished_and_with_its_places(key: str) -> None:
    """Catches a translation that would fail in `format`, and two catalogues that answer differently."""
    assert not {
        form: n
        for form, n in Counter(form for _p, m in catalogue_entries(key) for form in forms(m.id)).items()
        if n > 1
    }
    for path, message in catalogue_entries(key):
        assert not message.fuzzy, (path, message.id)
        wanted = set().union(*(places(form) for form in forms(message.id)))
        for form in forms(message.string):
            assert form and places(form) == wanted, (path.name, message.id, form)


def test_french_is_set_as_french_is() -> None:
    """Catches a line that begins with a question mark, and apostrophes of two kinds."""
    loose = re.compile(r" [:;?!»%](?!\w)|« |\u202f|'")
    said = ((path.name, form) for path, message in catalogue_entries("fr") for form in forms(message.string))
    assert not [(name, form) for name, form in said if loose.search(form)]


def test_another_language_answers_and_an_unknown_text_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def test_an_error_is_said_in_the_language_of_who_reads_it() -> None:
    error = pickle.loads(pickle.dumps(errors.ImageError("“{name}” is no photo.", name="{a}.jpg")))
    assert str(error) == "“{a}.jpg” is no photo."


def test_what_an_error_names_is_said_in_the_same_language() -> None:
    """Catches a value that is put into words where the error is raised, in another process, and a decimal point in French."""
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
