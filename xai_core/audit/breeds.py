"""The true breed of a photo from the names of its folders."""

import re
import unicodedata
from collections.abc import Sequence

from xai_core.i18n.formatting import names_of
from xai_core.types import Label

_WNID = re.compile(r"n\d{8}")


class Breeds:
    """Finds classes by the names of folders."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._by_name: dict[str, int] = {}
        for position, label in enumerate(labels):
            for name in names_of(label):
                self._by_name.setdefault(_plain(name), position)
        self._by_name.pop("", None)

    def same(self, label: Label) -> int | None:
        """Return the class of the same breed as another network's `label`; None without one."""
        return self._by_name.get(_plain(label.wnid or label.english))

    def named(self, folders: Sequence[str]) -> int | None:
        """Return the class named by the innermost of `folders` (outermost first); None where none names a class.

        A folder names a breed by its English or French name or its WordNet id, alone or before the name
        ("n02088094-Afghan_hound"). Upper and lower case, accents, spaces, hyphens and underscores do not matter.
        """
        for folder in reversed(folders):
            position = self._by_name.get(_plain(folder))
            if position is None and (wnid := _WNID.match(folder)):
                position = self._by_name.get(wnid[0])
            if position is not None:
                return position
        return None


def _plain(name: str) -> str:
    """Return the letters and digits of a name in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in decomposed if character.isalnum())
