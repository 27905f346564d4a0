"""The results of the page as sentences."""

import numpy as np
import streamlit as st

from pages.components.why.pair import Row
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.maps.regions import KEYS, REGIONS, RegionShares
from xai_core.metrics.margin import margin
from xai_core.studies.flip_test import FlipPart, FlipTestResult
from xai_core.types import Prediction

_EVEN = 1.05  # times as probable: less than that is no difference to speak of


def head(row: Row) -> None:
    """Draw the network's name and, once it is known, how far one breed is ahead."""
    prediction = row.prediction
    st.markdown(f"**{row.spec.title}**" + ("" if prediction is None else f" · {standing(row, prediction)}"))


def standing(row: Row, prediction: Prediction) -> str:
    """Return how far one breed is ahead of the other, and the network's own answer where it is neither."""
    ahead = margin(prediction, row.target, row.against)
    odds = ahead.odds
    values = {
        "a": row.a,
        "b": row.b,
        "a_share": formatting.share(ahead.probability_a),
        "b_share": formatting.share(ahead.probability_b),
        "times": _times(max(odds, 1 / odds)),
    }
    if max(odds, 1 / odds) < _EVEN:
        sentence = _("It gives {a} {a_share} and {b} {b_share}: as good as the same.")
    elif odds > 1:
        sentence = _("It gives {a} {a_share} and {b} {b_share}: {a} is {times} times as probable.")
    else:
        sentence = _("It gives {a} {a_share} and {b} {b_share}: {b} is {times} times as probable.")
    sentences = [sentence.format(**values)]
    if min(ahead.place_a, ahead.place_b) > 1:
        sentences.append(
            _("Its own answer is neither, but {breed} ({share}).").format(
                breed=formatting.breed(row.spec.labels[ahead.first]),
                share=formatting.share(float(prediction.probabilities[ahead.first])),
            )
        )
    return " ".join(sentences)


def gone(row: Row, result: FlipTestResult, until: str) -> str:
    """Return what it took to change the answer."""
    if not result.holds:
        return _not_held(row, until)
    if not result.hide.flips:
        if until == "pair":
            return _("Nothing that was hidden put {b} ahead of {a}, not even everything.").format(a=row.a, b=row.b)
        return _("Nothing that was hidden changed the answer {a}, not even everything.").format(a=row.a)
    went = ngettext(
        "{count} patch, {share} of the photo, is enough: without it the network says {winner}.",
        "{count} patches, {share} of the photo, are enough: without them the network says {winner}.",
        result.hide.superpixels,
    ).format(
        count=result.hide.superpixels,
        share=formatting.share(result.hide.share),
        winner=_winner(row, result.hide),
    )
    return f"{went} {_now(row, result.hide)}"


def kept(row: Row, result: FlipTestResult, until: str) -> str:
    """Return what it takes to hold the answer."""
    if not result.holds:
        return _not_held(row, until)
    if result.keep.at_once:
        if until == "pair":
            return _(
                "Even with everything hidden, {a} is ahead of {b}: the photo need not show anything for that."
            ).format(a=row.a, b=row.b)
        return _("Even with everything hidden the network says {a}: it need not see anything for that.").format(a=row.a)
    stays = ngettext(
        "{count} patch, {share} of the photo, is enough for it: shown alone, the network says {winner}.",
        "{count} patches, {share} of the photo, are enough for it: shown alone, the network says {winner}.",
        result.keep.superpixels,
    ).format(
        count=result.keep.superpixels,
        share=formatting.share(result.keep.share),
        winner=_winner(row, result.keep),
    )
    return f"{stays} {_now(row, result.keep)}"


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


def _winner(row: Row, part: FlipPart) -> str:
    breed = formatting.breed(row.spec.labels[part.winner])
    return f"{breed} ({formatting.share(part.probability_winner)})"


def _now(row: Row, part: FlipPart) -> str:
    """Return the probabilities of those of the two breeds that are not the answer then."""
    others = [
        f"{name} {formatting.share(probability)}"
        for probability, name, position in (
            (part.probability_a, row.a, row.target),
            (part.probability_b, row.b, row.against),
        )
        if position != part.winner
    ]
    return _("Then: {shares}.").format(shares=", ".join(others))


def _times(odds: float) -> str:
    """Return a factor from 1 on as roughly as it matters: "1.4", "31", "over 1,000"."""
    if odds >= 1000:
        return _("over {number}").format(number=formatting.number(1000))
    return formatting.number(odds, 1 if odds < 10 else 0)
