"""What breeds are called besides the names of their labels: WordNet's synonyms, kennel clubs' names and usual spellings."""

import csv
from functools import cache

from xai_core.resources import BREED_NAMES


@cache
def further_names() -> dict[str, tuple[str, ...]]:
    """Return the further names of breeds by their WordNet id; one line a breed in assets/breed_names.csv.

    A name that in everyday use means several breeds ("husky", "corgi"), or something else ("Gordon"), is not among them.
    """
    with BREED_NAMES.open(encoding="utf-8", newline="") as table:
        return {
            row["wnid"]: tuple(name for name in f"{row['english']}|{row['french']}".split("|") if name)
            for row in csv.DictReader(table)
        }
