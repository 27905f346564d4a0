"""The true breed of a photo from the names of its folders."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from xai_core.i18n.breed_names import further_names
from xai_core.i18n.formatting import names_of
from xai_core.types import Label

_WNID = re.compile(r"(?<![a-z0-9])n\d{8}(?!\d)", re.IGNORECASE)
#: Words around a breed's name that say nothing about the breed.
_FILLERS = frozenset(
    {
        *("breed", "breeds", "dog", "dogs", "folder", "photo", "photos", "picture", "pictures", "pic", "pics"),
        *("image", "images", "img", "imgs", "jpg", "jpeg", "png", "copy"),
        *("race", "races", "chien", "chiens", "copie"),
    }
)
#: How alike (difflib's ratio) a folder's name must be to a breed's to be suggested: "Rotweiler" and "Great Perenees" are. Of
#: 65 names in two public lists (133 and 70 breeds) that name none of the 120, 4 reach it: one is misspelt, three are others.
_ALIKE = 0.84


class Breeds:
    """Finds classes by the names of folders. A spelling that would fit several classes fits none."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = labels
        self._by_wnid = {label.wnid: position for position, label in enumerate(labels) if label.wnid}
        claims: dict[str, set[int]] = {}
        for position, label in enumerate(labels):
            for name in (*names_of(label)[1:], *further_names().get(label.wnid, ())):
                claims.setdefault(_plain(name), set()).add(position)
        claims.pop("", None)
        self._by_name = {name: next(iter(found)) for name, found in claims.items() if len(found) == 1}

    def same(self, label: Label) -> int | None:
        """Return the class of the same breed as another network's `label`; None without one."""
        return self._by_wnid.get(label.wnid) if label.wnid else self._by_name.get(_plain(label.english))

    def named(self, folders: Sequence[str]) -> int | None:
        """Return the class named by the innermost of `folders` (outermost first); None where none names a class.

        A folder names a breed by its WordNet id ("n02088094-Afghan_hound"), or by one of its English or French names, also in
        the plural, with numbers before or after it ("001.Affenpinscher", "Beagle (12)") and words such as "dogs" or "photos".
        Upper and lower case, accents, spaces, hyphens and underscores do not matter. An id and a name that contradict each
        other name nothing.
        """
        for folder in reversed(folders):
            position = self._named(folder)
            if position is not None:
                return position
        return None

    def nearest(self, folders: Sequence[str]) -> Label | None:
        """Return the breed whose name is most like that of the innermost folder that is like any; None where none is."""
        for folder in reversed(folders):
            for spelling in _spellings(folder):
                if found := difflib.get_close_matches(spelling, self._by_name, 1, _ALIKE):
                    return self._labels[self._by_name[found[0]]]
        return None

    def _named(self, folder: str) -> int | None:
        wnid = _WNID.search(folder)
        name = _WNID.sub(" ", folder)
        by_name = next((self._by_name[one] for one in _spellings(name) if one in self._by_name), None)
        if wnid is None:
            return by_name
        by_wnid = self._by_wnid.get(wnid[0].lower())
        return by_wnid if by_name is None or by_name == by_wnid else None


def _spellings(folder: str) -> Iterator[str]:
    """Yield what a folder's name may be in the table of names, the most literal first."""
    words = re.findall(r"[^\W\d_]+|\d+", _folded(folder))
    while words:
        yield "".join(words)
        for singular in _singulars(words):
            yield "".join(singular)
        if words[-1] in _FILLERS or words[-1].isdigit():
            words = words[:-1]
        elif words[0] in _FILLERS or words[0].isdigit():
            words = words[1:]
        else:
            return


def _singulars(words: list[str]) -> Iterator[list[str]]:
    """Yield the words with the last one in the singular ("border collies", "huskies"), and with all ("bergers allemands")."""
    last = words[-1]
    if last.endswith("ies"):
        yield [*words[:-1], last[:-3] + "y"]
    if last.endswith(("xes", "ches", "shes", "sses")):
        yield [*words[:-1], last[:-2]]
    if last.endswith(("s", "x")):
        yield [*words[:-1], last[:-1]]
    if last.endswith("men"):
        yield [*words[:-1], last[:-3] + "man"]
    yield [word.removesuffix("s") for word in words]


def _folded(name: str) -> str:
    """Return a name in lower case without accents, so that words remain apart."""
    decomposed = unicodedata.normalize("NFKD", name).casefold().replace("œ", "oe")
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _plain(name: str) -> str:
    """Return the letters and digits of a name in lower case, without accents."""
    return "".join(character for character in _folded(name) if character.isalnum())
