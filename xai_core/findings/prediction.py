"""How certain a network is of its prediction, and whether two networks name the same breed."""

from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding, Prediction

#: From this probability on a network is "rather sure": the probabilities are calibrated, so at least four of five such answers
#: are right.
SURE = 0.8
#: A network is "torn" between two breeds where the first is less than this many times as probable as the second: then more
#: than two in five of the photos that show one of the two show the second.
TORN = 1.5
#: The least probability of both breeds together for "torn"; otherwise a third breed is as likely as either.
PAIR = 0.5
#: Below this probability of the first breed, another breed is more likely than it.
LIKELY = 0.5


def prediction_findings(network: str, prediction: Prediction, anchor: str) -> list[Finding]:
    """Return one finding about one prediction.

    Numbers: "familiarity" for a photo unlike those the network was trained on; otherwise "first" and "second", the
    probabilities of the two most probable breeds.
    """
    if not prediction.familiar:
        text = _(
            "This photo looks unlike those that {network} has learned from (familiarity {familiarity}, from 0 to 1), so its "
            "answer is a guess."
        ).format(network=network, familiarity=formatting.number(prediction.familiarity, 2))
        return [Finding(text, {"familiarity": prediction.familiarity}, anchor)]
    positions = prediction.top(2)
    first, second = (float(prediction.probabilities[position]) for position in positions)
    names = [formatting.breed(prediction.labels[position]) for position in positions]
    text = _sentence(first, second).format(
        network=network, first=names[0], second=names[1], share=formatting.share(first), other=formatting.share(second)
    )
    return [Finding(text, {"first": first, "second": second}, anchor)]


def networks_findings(names: tuple[str, str], predictions: tuple[Prediction, Prediction], anchor: str) -> list[Finding]:
    """Return whether two networks name the same breed, where the first breed of both is clear.

    Numbers: "one" and "other", the probability that each network gives its own first breed.
    """
    if not all(_clear(prediction) for prediction in predictions):
        return []
    tops = [prediction.top(1)[0] for prediction in predictions]
    labels = [prediction.labels[top] for prediction, top in zip(predictions, tops, strict=True)]
    shares = [float(prediction.probabilities[top]) for prediction, top in zip(predictions, tops, strict=True)]
    same = labels[0].wnid == labels[1].wnid
    sentence = (
        _("{one} and {other} both name {breed} first ({share} and {other_share}).")
        if same
        else _("The networks differ: {one} names {breed} first ({share}), {other} names {other_breed} ({other_share}).")
    )
    text = sentence.format(
        one=names[0],
        other=names[1],
        breed=formatting.breed(labels[0]),
        other_breed=formatting.breed(labels[1]),
        share=formatting.share(shares[0]),
        other_share=formatting.share(shares[1]),
    )
    return [Finding(text, {"one": shares[0], "other": shares[1]}, anchor)]


def _sentence(first: float, second: float) -> str:
    if first < TORN * second and first + second >= PAIR:
        return _("{network} is torn between {first} ({share}) and {second} ({other}).")
    if first >= SURE:
        return _("{network} is rather sure of {first} ({share}); next comes {second} ({other}).")
    if first >= LIKELY:
        return _("{network} leans towards {first} ({share}); next comes {second} ({other}).")
    return _(
        "{network} names {first} first, yet with {share} it is more likely to be another breed; next comes {second} ({other})."
    )


def _clear(prediction: Prediction) -> bool:
    """Return whether the photo is familiar and the first breed is well ahead of the second."""
    first, second = (float(prediction.probabilities[one]) for one in prediction.top(2))
    return prediction.familiar and first >= TORN * second
