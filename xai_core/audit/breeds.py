"""The true breed of a photo, as the folder that it lies in names it."""

import re
import unicodedata
from collections.abc import Sequence

from xai_core.types import Label

_WNID = re.compile(r"n\d{8}")


class Breeds:
    """Finds breeds by the names that people give to folders."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._by_name: dict[str, int] = {}
        for position, label in enumerate(labels):
            for name in (label.wnid, label.english, label.french):
                self._by_name.setdefault(_plain(name), position)
        self._by_name.pop("", None)

    def same(self, label: Label) -> int | None:
        """Return the class that is the same breed as another network's `label`, None where there is none."""
        return self._by_name.get(_plain(label.wnid or label.english))

    def named(self, folders: Sequence[str]) -> int | None:
        """Return the class that the innermost of `folders` (from the outside in) names, None where none of them does.

        A folder names a breed by its English or French name or its WordNet id, alone or before the name
        ("n02088094-Afghan_hound"). Upper and lower case, accents, spaces, hyphens and underscores do not matter.
        """
        for folder in reversed(folders):
            found = self._by_name.get(_plain(folder))
            if found is None and (wnid := _WNID.match(folder)):
                found = self._by_name.get(wnid[0])
            if found is not None:
                return found
        return None


def _plain(name: str) -> str:
    """Return the letters and digits of a name in small letters, without accents."""
    apart = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in apart if character.isalnum())
