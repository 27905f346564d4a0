"""Each rule says what its numbers say, with those numbers, and nothing where they are chance."""

import math

import numpy as np
import pytest

from tests import fakes
from xai_core.findings.agreement import agreement_findings
from xai_core.findings.faithfulness import faithfulness_findings
from xai_core.findings.location import outside_findings, place_findings
from xai_core.findings.maps import CheckedMap, NamedMap, ScoredMap
from xai_core.findings.masking import masking_findings
from xai_core.findings.prediction import networks_findings, prediction_findings
from xai_core.findings.trust import trust_findings
from xai_core.metrics.against_chance import AgainstChance
from xai_core.metrics.base import Score
from xai_core.metrics.registry import METRICS
from xai_core.metrics.trust import Verdict
from xai_core.types import Prediction


def prediction(*shares: float, familiar: bool = True) -> Prediction:
    probabilities = np.array(shares, np.float32)
    return Prediction("fake", fakes.spec().labels, np.log(probabilities), probabilities, 0.02, familiar)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.9, 0.06, 0.04), "rather sure of Breed 0 (90 %); next comes Breed 1 (6 %)"),
        ((0.45, 0.45, 0.1), "torn between Breed 0 (45 %) and Breed 1 (45 %)"),
        ((0.2, 0.3, 0.5), "leans towards Breed 2 (50 %)"),
        ((0.46, 0.28, 0.26), "more likely to be another breed"),
    ],
)
def test_the_sentence_fits_the_certainty_of_a_prediction(shares: tuple[float, ...], said: str) -> None:
    """Catches thresholds that are swapped or off by one, and a first breed that is called certain at 45 %."""
    [found] = prediction_findings("VGG16", prediction(*shares), "here")
    assert said in found.text.replace("\u00a0", " ") and found.anchor == "here"
    first, second = sorted(shares)[:-3:-1]
    assert found.numbers == pytest.approx({"first": first, "second": second})


def test_no_breed_is_claimed_for_an_unfamiliar_photo() -> None:
    """Catches a network that is called sure of a breed in a photo without a dog."""
    [found] = prediction_findings("VGG16", prediction(0.98, 0.01, 0.01, familiar=False), "here")
    assert "guess" in found.text and "Breed" not in found.text and found.numbers == {"familiarity": 0.02}


def test_networks_are_compared_only_where_both_are_clear() -> None:
    """Catches a disagreement that is reported although one network is torn or the photo unfamiliar."""
    clear, other = prediction(0.7, 0.2, 0.1), prediction(0.1, 0.8, 0.1)
    names = ("A", "B")
    assert "both name Breed 0" in networks_findings(names, (clear, clear), "")[0].text
    assert "The networks differ: A names Breed 0 first (70\u00a0%), B names Breed 1 (80\u00a0%)" in (
        networks_findings(names, (clear, other), "")[0].text
    )
    assert networks_findings(names, (clear, prediction(0.4, 0.35, 0.25)), "") == []
    assert networks_findings(names, (clear, prediction(0.7, 0.2, 0.1, familiar=False)), "") == []


def bump(row: float, column: float, size: int = 56, width: float = 6.0) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size] / size * 56
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / width**2).astype(np.float32)


def named(**maps: np.ndarray) -> list[NamedMap]:
    return [NamedMap(name, values, f"at-{name}") for name, values in maps.items()]


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(56, 56)).astype(np.float32)


def test_maps_that_agree_and_the_one_that_does_not() -> None:
    """Catches an outlier called by position or size rather than by agreement, and agreement of unequal units missed."""
    head = bump(12, 14)
    maps = named(A=head + 0.01 * noise(0), B=100 * head + noise(1), D=head**2, C=noise(3))
    agree, shared, apart = agreement_findings(maps, "Basset", "together")
    assert agree.numbers["pairs"] == 6 and agree.numbers["beyond"] == 3
    assert "in the upper left" in shared.text and shared.anchor == "together"
    assert apart.text.startswith("C agrees with none") and apart.anchor == "at-C"
    assert apart.numbers["own"] < 0.1 < apart.numbers["others"]


def test_noise_gives_no_findings() -> None:
    """By chance one pair in a hundred agrees: twenty sets of four maps would tell of a rule that is easily satisfied."""
    for seed in range(0, 80, 4):
        assert agreement_findings(named(**{str(one): noise(seed + one) for one in range(4)}), "Basset", "") == []


def test_smooth_maps_that_only_look_alike_by_their_coarseness_do_not_count() -> None:
    """Catches a test of correlation that takes every pixel of a smooth map for a measurement of its own."""
    assert agreement_findings(named(A=bump(14, 14, width=9), B=bump(14, 36, width=9)), "Basset", "") == []


def test_of_evidence_that_is_spread_out_no_place_is_named() -> None:
    """Catches a finding that names the strongest of nine almost equal parts."""
    assert place_findings(NamedMap("A", np.ones((9, 9), np.float32), ""), "Basset") == []


def test_evidence_outside_the_dog_is_reported_with_its_share() -> None:
    """Catches negative values that count as evidence, and a mask that is not scaled to the map."""
    dog = np.zeros((100, 200), bool)
    dog[:, :100] = True
    left, right = np.zeros((56, 56), np.float32), np.zeros((56, 56), np.float32)
    left[:, 10] = 3
    right[:, 10], right[:, 40] = 1, 3
    right[:, 50] = -9  # what speaks against the breed is no evidence for it
    [found] = outside_findings(named(left=left, right=right), dog, "Basset")
    assert found.anchor == "at-right" and found.numbers == pytest.approx({"outside": 0.75, "area": 0.5}, abs=0.01)


def scores(deletion: float, insertion: float, *random: tuple[float, float]) -> AgainstChance:
    def pair(deletion: float, insertion: float) -> dict[str, Score]:
        values = {"deletion": deletion, "insertion": insertion}
        return {key: Score(key, value, METRICS[key].better) for key, value in values.items()}

    return AgainstChance(pair(deletion, insertion), tuple(pair(*values) for values in random))


def test_faithfulness_is_reported_only_beyond_the_spread_of_random_orders() -> None:
    """Catches a gain that counts although random orders of the same photo differ by as much."""
    good = scores(0.1, 0.9, (0.5, 0.5), (0.45, 0.5))
    little = scores(0.4, 0.6, (0.5, 0.5), (0.45, 0.5))
    bad = scores(0.8, 0.2, (0.5, 0.5), (0.45, 0.5))
    wild = scores(0.1, 0.9, (0.9, 0.1), (0.1, 0.9))
    alone = scores(0.1, 0.9, (0.5, 0.5))
    nothing = scores(math.nan, 0.9, (0.5, 0.5), (0.4, 0.5))

    def told(*maps: AgainstChance) -> list[str]:
        measured = [ScoredMap(f"map {number}", one, f"at-{number}") for number, one in enumerate(maps)]
        return [one.anchor for one in faithfulness_findings(measured, "Basset")]

    assert told(good, bad, little) == ["at-0", "at-1"]
    assert told(little) == told(wild) == told(alone) == told(nothing) == []
    [found] = faithfulness_findings([ScoredMap("LIME", good, ""), ScoredMap("X", little, "")], "Basset")
    assert found.text.startswith("1 of 2 maps") and "LIME most of all" in found.text and "0.10" in found.text
    assert found.numbers["gain"] == pytest.approx(0.8 - (0 + 0.05) / 2) and found.numbers["random_deletion"] == 0.475


def test_each_failed_map_is_named_with_its_reason() -> None:
    """Catches a constant map that counts as passed or failed, and an agreement of the other check in the sentence."""
    maps = [
        CheckedMap("A", Verdict("trusted", "passed", 0.1, 0.9), "a"),
        CheckedMap("B", Verdict("failed", "survives", 0.8, 0.9), "b"),
        CheckedMap("C", Verdict("doubtful", "unsteady", 0.1, 0.2), "c"),
        CheckedMap("D", Verdict("doubtful", "empty", math.nan, math.nan), "d"),
    ]
    survives, unsteady, passed = trust_findings(maps, "all")
    assert survives.text.startswith("B looks much the same") and "0.80" in survives.text and survives.anchor == "b"
    assert unsteady.text.startswith("C changes") and "0.20" in unsteady.text
    assert passed.numbers == {"passed": 1, "checked": 4} and passed.anchor == "all"


def test_masking_is_reported_only_where_masking_elsewhere_does_less() -> None:
    """Catches a small drop, a drop that another region reaches, and too few regions for a comparison."""
    elsewhere = (0.44, 0.45, 0.4, 0.43)
    [found] = masking_findings("the head", "Irish wolfhound", 0.45, 0.12, elsewhere, "")
    assert "Hiding the head takes the probability of Irish wolfhound from 0.45 to 0.12" in found.text
    assert found.numbers == pytest.approx({"before": 0.45, "after": 0.12, "elsewhere": 0.43})
    assert masking_findings("the head", "X", 0.45, 0.12, (0.44, 0.1, 0.4, 0.43), "") == []
    assert masking_findings("the head", "X", 0.45, 0.4, elsewhere, "") == []
    assert masking_findings("the head", "X", 0.45, 0.12, elsewhere[:3], "") == []
