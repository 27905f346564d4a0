"""What the page's numbers say, in sentences."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.components.why.pair import Row
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.maps.regions import KEYS, REGIONS, RegionShares
from xai_core.metrics.margin import lead
from xai_core.types import Prediction

_EVEN = 1.05  # times as probable: less than that nobody would call a lead


def head(row: Row) -> None:
    """Draw the network's name, and how the two breeds stand with it once that is known."""
    known = row.prediction
    st.markdown(f"**{row.spec.title}**" + ("" if known is None else f" · {standing(row, known)}"))


def standing(row: Row, prediction: Prediction) -> str:
    """Return how far the network has one breed ahead of the other, and what it would rather say."""
    numbers = lead(prediction, row.target, row.against).numbers
    odds = numbers["odds"]
    values = {
        "a": row.a,
        "b": row.b,
        "a_share": formatting.share(numbers["probability_a"]),
        "b_share": formatting.share(numbers["probability_b"]),
        "times": _times(max(odds, 1 / odds)),
    }
    if max(odds, 1 / odds) < _EVEN:
        said = _("It gives {a} {a_share} and {b} {b_share}: as good as the same.")
    elif odds > 1:
        said = _("It gives {a} {a_share} and {b} {b_share}: {a} is {times} times as probable.")
    else:
        said = _("It gives {a} {a_share} and {b} {b_share}: {b} is {times} times as probable.")
    sentences = [said.format(**values)]
    if min(numbers["place_a"], numbers["place_b"]) > 1:
        first = int(numbers["first"])
        sentences.append(
            _("Its own answer is neither, but {breed} ({share}).").format(
                breed=formatting.breed(row.spec.labels[first]),
                share=formatting.share(float(prediction.probabilities[first])),
            )
        )
    return " ".join(sentences)


def gone(row: Row, numbers: Mapping[str, float], until: str) -> str:
    """Return what it took to change the answer."""
    if not numbers["holds"]:
        return _not_held(row, until)
    if not numbers["hide_flips"]:
        if until == "pair":
            return _("Nothing that was hidden put {b} ahead of {a}, not even everything.").format(a=row.a, b=row.b)
        return _("Nothing that was hidden changed the answer {a}, not even everything.").format(a=row.a)
    count = int(numbers["hide_superpixels"])
    went = ngettext(
        "{count} patch, {share} of the photo, is enough: without it the network says {winner}.",
        "{count} patches, {share} of the photo, are enough: without them the network says {winner}.",
        count,
    ).format(count=count, share=formatting.share(numbers["hide_share"]), winner=_winner(row, numbers, "hide"))
    return f"{went} {_now(row, numbers, 'hide')}"


def kept(row: Row, numbers: Mapping[str, float], until: str) -> str:
    """Return what it takes to hold the answer."""
    if not numbers["holds"]:
        return _not_held(row, until)
    if numbers["keep_empty"]:
        if until == "pair":
            return _(
                "Even with everything hidden, {a} is ahead of {b}: the photo need not show anything for that."
            ).format(a=row.a, b=row.b)
        return _("Even with everything hidden the network says {a}: it need not see anything for that.").format(a=row.a)
    count = int(numbers["keep_superpixels"])
    stays = ngettext(
        "{count} patch, {share} of the photo, is enough for it: shown alone, the network says {winner}.",
        "{count} patches, {share} of the photo, are enough for it: shown alone, the network says {winner}.",
        count,
    ).format(count=count, share=formatting.share(numbers["keep_share"]), winner=_winner(row, numbers, "keep"))
    return f"{stays} {_now(row, numbers, 'keep')}"


def outside(row: Row, shares: RegionShares) -> str:
    """Return the warning that much of what speaks for A lies outside the dog."""
    return _(
        "{network}: {share} of what speaks for {breed} lies outside the dog, where {area} of the photo is. It may know the "
        "place rather than the dog; the page Perturb shows what it says without the background."
    ).format(
        network=row.spec.title,
        share=formatting.share(shares.outside),
        breed=row.a,
        area=formatting.share(shares.outside_area),
    )


def unmarked(areas: np.ndarray) -> str | None:
    """Return one sentence that names the regions on which nothing is marked; None where there is none."""
    names = [_(REGIONS[key]) for key, area in zip(KEYS, areas, strict=True) if not area and key != "dog"]
    if not names:
        return None
    return _("Nothing is marked yet as: {regions}. What is not marked has no share.").format(regions=", ".join(names))


def nothing(title: str) -> str:
    """Return that a map, called "network: breed", holds nothing that could be shared out."""
    return _("{title}: nothing on this map speaks for it, so there is nothing to share out.").format(title=title)


def _not_held(row: Row, until: str) -> str:
    if until == "pair":
        return _("{a} is not ahead of {b} here, so there is nothing to turn round.").format(a=row.a, b=row.b)
    return _("{a} is not this network's answer, so there is no answer to change.").format(a=row.a)


def _winner(row: Row, numbers: Mapping[str, float], part: str) -> str:
    breed = formatting.breed(row.spec.labels[int(numbers[f"{part}_winner"])])
    return f"{breed} ({formatting.share(numbers[f'{part}_probability_winner'])})"


def _now(row: Row, numbers: Mapping[str, float], part: str) -> str:
    """Return what the breeds have then, of which the answer does not tell already."""
    others = [
        f"{name} {formatting.share(numbers[f'{part}_probability_{which}'])}"
        for which, name, position in (("a", row.a, row.target), ("b", row.b, row.against))
        if position != int(numbers[f"{part}_winner"])
    ]
    return _("Then: {shares}.").format(shares=", ".join(others))


def _times(odds: float) -> str:
    """Return a factor from 1 on as roughly as it matters: "1.4", "31", "over 1,000"."""
    if odds >= 1000:
        return _("over {number}").format(number=formatting.number(1000))
    return formatting.number(odds, 1 if odds < 10 else 0)
