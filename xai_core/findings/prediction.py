"""What a network makes of the photo: sure, torn between two breeds, unsure, or out of its depth."""

from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.types import Finding, Prediction

#: From this probability on an answer is called rather sure: the networks' probabilities are calibrated, so at least four of
#: five such answers are right.
SURE = 0.8
#: Two breeds are a torn pair where the first is less than so many times as probable as the second: then, of the answers that
#: are one of the two, more than two in five are the second.
TORN = 1.5
#: A torn pair must hold at least this much of the probability; otherwise a third breed is as likely as either.
PAIR = 0.5
#: Below this probability of the first breed the photo more likely than not shows another one.
LIKELY = 0.5


def prediction_findings(network: str, prediction: Prediction, about: str) -> list[Finding]:
    """Return what there is to say of one prediction, one finding.

    Numbers: "familiarity" of a photo unlike those the network knows; otherwise "first" and "second", the probabilities of
    the two most probable breeds.
    """
    if not prediction.familiar:
        text = _(
            "This photo looks unlike those that {network} has learned from (familiarity {familiarity}, from 0 to 1), so its "
            "answer is a guess."
        ).format(network=network, familiarity=formatting.number(prediction.familiarity, 2))
        return [Finding(text, {"familiarity": prediction.familiarity}, about)]
    positions = prediction.top(2)
    first, second = (float(prediction.probabilities[one]) for one in positions)
    names = [formatting.breed(prediction.labels[one]) for one in positions]
    text = _sentence(first, second).format(
        network=network, first=names[0], second=names[1], share=formatting.share(first), other=formatting.share(second)
    )
    return [Finding(text, {"first": first, "second": second}, about)]


def networks_findings(names: tuple[str, str], predictions: tuple[Prediction, Prediction], about: str) -> list[Finding]:
    """Return whether two networks name the same breed, where both are clear about their first one.

    Numbers: "one" and "other", the probability that each of the two gives its own first breed.
    """
    if not all(_clear(one) for one in predictions):
        return []
    tops = [one.top(1)[0] for one in predictions]
    labels = [one.labels[top] for one, top in zip(predictions, tops, strict=True)]
    shares = [float(one.probabilities[top]) for one, top in zip(predictions, tops, strict=True)]
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
    return [Finding(text, {"one": shares[0], "other": shares[1]}, about)]


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
    first, second = (float(prediction.probabilities[one]) for one in prediction.top(2))
    return prediction.familiar and first >= TORN * second
