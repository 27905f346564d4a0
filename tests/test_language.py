"""Every sentence in every language: what the code says is what the catalogues translate, with the same places in it."""

import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from xai_core import errors, language

ROOT = Path(__file__).parent.parent
OTHERS = [key for key in language.LANGUAGES if key != language.ENGLISH]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)} | {
    name: None for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.XaiError)
}


def said() -> Iterator[tuple[str, str]]:
    """Yield (where, text) for all texts that the code marks, a plural form on its own."""
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "xai_core").rglob("*.py"))]:
        if "training" in path.parts:
            continue  # the commands that train speak to who develops
        for line, texts, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            for text in texts if isinstance(texts, tuple) else (texts,):
                if text:
                    yield f"{path.relative_to(ROOT)}:{line}", text


def catalogues(key: str) -> Iterator[tuple[Path, Message]]:
    for path in sorted((language.CATALOGUES / key).glob("*.po")):
        with path.open("rb") as text:
            for message in read_po(text, locale=key):
                if message.id:
                    yield path, message


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def places(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", OTHERS)
def test_every_text_of_the_code_is_translated_and_nothing_else(key: str) -> None:
    known = {form for _path, message in catalogues(key) if message.string for form in forms(message.id)}
    texts = {text: where for where, text in said()}
    assert not {where: text for text, where in texts.items() if text not in known}
    assert not known - set(texts)


@pytest.mark.parametrize("key", OTHERS)
def test_a_text_is_translated_once_finished_and_with_its_places(key: str) -> None:
    """Catches a translation that would fail in `format`, and two catalogues that answer differently."""
    assert not {
        form: n for form, n in Counter(form for _p, m in catalogues(key) for form in forms(m.id)).items() if n > 1
    }
    for path, message in catalogues(key):
        assert not message.fuzzy, (path, message.id)
        wanted = set().union(*(places(form) for form in forms(message.id)))
        for form in forms(message.string):
            assert form and places(form) == wanted, (path.name, message.id, form)


def test_another_language_answers_and_an_unknown_text_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "a.po").write_text('msgid "dog"\nmsgstr "chien"\n', encoding="utf-8")
    (tmp_path / "fr" / "b.po").write_text(
        'msgid "{count} photo"\nmsgid_plural "{count} photos"\nmsgstr[0] "{count} image"\nmsgstr[1] "{count} images"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    language._catalogue.cache_clear()
    language.speak("fr")
    try:
        assert language._("dog") == "chien"
        assert language._("cat") == "cat"
        assert str(errors.ImageError("dog")) == "chien"
        assert language.ngettext("{count} photo", "{count} photos", 0) == "{count} image"  # French counts 0 as one
        assert language.ngettext("{count} photo", "{count} photos", 2) == "{count} images"
    finally:
        language.speak(language.ENGLISH)
        language._catalogue.cache_clear()
    assert language._("dog") == "dog"


def test_an_error_is_said_in_the_language_of_who_reads_it() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(errors.ImageError("“{name}” is no photo.", name="{a}.jpg")))
    assert str(error) == "“{a}.jpg” is no photo."
