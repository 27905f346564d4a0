"""Every number in a report's findings follows from the report's own data, computed here in another way."""

import base64
import json
import math
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from xai_core.photos.decoding import load_photo
from xai_core.report import manifest
from xai_core.report.contents import Report

Numbers = dict[str, float]


class Data:
    """A report's manifest, read back, with what findings are computed from."""

    def __init__(self, report: Report) -> None:
        self.raw: dict[str, Any] = json.loads(manifest.as_text(manifest.describe(report)))
        self.read = manifest.read(json.dumps(self.raw).encode())
        self.maps = {
            one["place"]: record
            for network, records in zip(self.raw["networks"], self.read.networks, strict=True)
            for one, record in zip(network["maps"], records.maps, strict=True)
        }
        self.random = {
            one["place"]: network["random_orders"] for network in self.raw["networks"] for one in network["maps"]
        }
        self.described = {one["place"]: one for network in self.raw["networks"] for one in network["maps"]}
        self.shares = {
            network["place"]: np.sort(_softmax(np.array(network["prediction"]["logits"])))[::-1]
            for network in self.raw["networks"]
        }
        self.grids = {place: _grid(record.values) for place, record in self.maps.items()}


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum()


def _grid(copy: np.ndarray) -> np.ndarray:
    return cv2.resize(copy, (56, 56), interpolation=cv2.INTER_AREA if min(copy.shape) > 56 else cv2.INTER_LINEAR)


def _place(evidence: np.ndarray) -> float:
    """Return the share of the evidence in the ninth that holds most, by counting each place's overlap with it."""
    edges = [(third * 56 / 3, (third + 1) * 56 / 3) for third in range(3)]
    overlap = np.array([[max(0.0, min(end, p + 1) - max(start, p)) for p in range(56)] for start, end in edges])
    return float((overlap @ evidence @ overlap.T).max() / evidence.sum())


def _beyond_chance(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two maps agree more than 99 % of all shifts of the second, each shift correlated on its own."""
    ranks = [rankdata(one).reshape(56, 56) - (56 * 56 + 1) / 2 for one in (first, second)]
    shifted = [(ranks[0] * np.roll(ranks[1], (down, right), (0, 1))).sum() for down in range(56) for right in range(56)]
    return bool((ranks[0] * ranks[1]).sum() > np.quantile(shifted, 0.99))


def _prediction(data: Data, about: str) -> Numbers:
    return {"first": data.shares[about][0], "second": data.shares[about][1]}


def _networks(data: Data, about: str) -> Numbers:
    one, other = data.shares.values()
    return {"one": one[0], "other": other[0]}


def _agreement(data: Data, about: str) -> Numbers:
    grids = list(data.grids.values())
    pairs = [(first, second) for row, first in enumerate(grids) for second in grids[:row]]
    mean = np.mean([spearmanr(*(one.ravel() for one in pair))[0] for pair in pairs])
    return {"mean": mean, "pairs": len(pairs), "beyond": sum(_beyond_chance(*pair) for pair in pairs)}


def _shared(data: Data, about: str) -> Numbers:
    strongest = [(grid >= np.sort(grid.ravel())[-627]) & (grid > 0) for grid in data.grids.values()]
    shared = 2 * np.sum(strongest, axis=0) > len(strongest)
    return {"share": _place(shared.astype(float)), "area": shared.mean()}


def _apart(data: Data, about: str) -> Numbers:
    own = data.grids[about]
    others = [grid for place, grid in data.grids.items() if place != about]
    pairs = [(first, second) for row, first in enumerate(others) for second in others[:row]]
    return {
        "own": np.mean([spearmanr(own.ravel(), one.ravel())[0] for one in others]),
        "others": np.mean([spearmanr(first.ravel(), second.ravel())[0] for first, second in pairs]),
        "share": _place(np.maximum(own, 0)),
    }


def _outside(data: Data, about: str) -> Numbers:
    dog = load_photo(base64.b64decode(data.raw["dog"]["outline_png"])).pixels[..., 0] / np.float32(255)
    inside = cv2.resize(dog, (56, 56), interpolation=cv2.INTER_AREA)
    own = np.maximum(data.grids[about], 0).astype(np.float64)
    return {"outside": ((1 - inside) * own).sum() / own.sum(), "area": inside.mean()}


def _area(curve: list[float], whole: float) -> float:
    return float(np.trapezoid(curve, dx=1 / (len(curve) - 1))) / whole


def _scores(data: Data, about: str) -> Numbers:
    def both(curves: dict[str, Any]) -> tuple[float, float]:
        whole = curves["deletion"]["curve"][0]
        return _area(curves["deletion"]["curve"], whole), _area(curves["insertion"]["curve"], whole)

    deletion, insertion = both(data.described[about]["scores"])
    random = [both(one) for one in data.random[about]]
    means = np.mean(random, axis=0)
    apart = [after - before for before, after in random]
    return {
        "deletion": deletion,
        "insertion": insertion,
        "random_deletion": means[0],
        "random_insertion": means[1],
        "gain": insertion - deletion - (means[1] - means[0]),
        "spread": max(apart) - min(apart),
    }


def _best_scores(data: Data, about: str) -> Numbers:
    measured = {place: _scores(data, place) for place in data.maps}
    better = [place for place, one in measured.items() if one["gain"] > max(0.3, one["spread"])]
    assert about == max(better, key=lambda place: measured[place]["gain"])
    return {**measured[about], "better": len(better), "measured": len(measured)}


def _checks(data: Data, about: str) -> Numbers:
    found = data.described[about]["checks"]
    return {"sanity": found["sanity"], "stability": found["steadiness"]}


def _passed(data: Data, about: str) -> Numbers:
    found = [one["checks"] for one in data.described.values()]
    passed = [one for one in found if one["sanity"] <= 0.5 and one["steadiness"] >= 0.5]
    return {"passed": len(passed), "checked": len(found)}


def _hidden(data: Data, about: str) -> Numbers:
    [network] = [one for one in data.raw["networks"] if f"hidden-{one['place']}" == about]
    after, *elsewhere = [one["after"] for one in network["hidden"]["windows"]]
    return {
        "before": _softmax(np.array(network["prediction"]["logits"]))[0],
        "after": after,
        "elsewhere": np.mean(elsewhere),
    }


#: How the numbers of a finding are computed from the report, by their names.
RECOMPUTED = {
    "first second": _prediction,
    "one other": _networks,
    "beyond mean pairs": _agreement,
    "area share": _shared,
    "others own share": _apart,
    "area outside": _outside,
    "deletion gain insertion random_deletion random_insertion spread": _scores,
    "better deletion gain insertion measured random_deletion random_insertion spread": _best_scores,
    "sanity stability": _checks,
    "checked passed": _passed,
    "after before elsewhere": _hidden,
}


def test_every_number_follows_from_the_reports_data(telling: Report) -> None:
    """Catches a finding whose numbers cannot be computed from the data in the report."""
    data = Data(telling)
    kinds = set()
    for finding in data.raw["findings"]:
        kind = " ".join(sorted(finding["numbers"]))
        kinds.add(kind)
        # The copies of the maps have 11 bits of precision, and a place more or less among the strongest is 0.0003.
        assert finding["numbers"] == pytest.approx(RECOMPUTED[kind](data, finding["about"]), abs=0.004), finding["text"]
    assert kinds == set(RECOMPUTED)


def test_the_figures_in_the_sentences_are_their_numbers(telling: Report) -> None:
    """Catches a sentence that is written with another value than the one kept with it."""
    for finding in telling.findings():
        written = {text.strip("().,;:") for text in finding.text.replace("\u00a0%", "%").split()}
        silent = {"gain", "spread"} | ({"sanity"} if "noise" in finding.text else set())
        silent |= {"stability"} if "random weights" in finding.text else set()
        for name, value in finding.numbers.items():
            share = 100 * value
            forms = {f"{value:.2f}", f"{value:.0f}", f"{share:.1f}%", f"{share:.0f}%"}
            assert name in silent or written & forms, (name, value, finding.text)


def test_findings_link_to_anchors_that_exist(telling: Report) -> None:
    """Catches a link to numbers that leads nowhere, and a finding with NaN."""
    from xai_core.report.html import to_html

    page = to_html(telling).decode()
    for finding in telling.findings():
        assert f'id="{finding.anchor}"' in page and f'href="#{finding.anchor}"' in page
        assert all(math.isfinite(value) for value in finding.numbers.values())
