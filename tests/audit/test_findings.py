"""What is computed from rows, on rows whose answer is known: shares, comparisons, groups, files."""

import csv
import dataclasses
import html
import io
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.audit.bench import Bench, explainers, row
from xai_core.audit import files, sentences
from xai_core.audit.clusters import group
from xai_core.audit.places import LeftOut
from xai_core.audit.plan import Contested, Copy, Listed, Plan, UnknownFolder
from xai_core.audit.row import MapFacts, Row, share_on, small_map
from xai_core.audit.summary import Confusion, summarise, wilson_interval, wrong_first


def plan_of(truths: list[int | None], names: list[str] | None = None) -> Plan:
    photos = tuple(
        Listed(f"{number:064x}", names[number] if names else f"{number}.png", truth)
        for number, truth in enumerate(truths)
    )
    return Plan("fake", "0" * 64, tuple(explainers("saliency")), photos)


def test_the_share_on_the_dog_is_that_of_positive_evidence() -> None:
    """Catches negative evidence that is counted, and channels that are not summed."""
    values = np.zeros((20, 30), np.float32)
    values[:10] = 3
    values[10:] = 1
    dog = np.zeros((20, 30), bool)
    dog[:, :6] = True
    dog[:10] = True
    # Above: 300 places of 3, all on the dog. Below: 300 of 1, of which 60 are.
    assert share_on(values, dog) == pytest.approx((900 + 60) / 1200)
    against = values.copy()
    against[15:, 10:] = -50  # what speaks against does not count
    assert share_on(against, dog) == pytest.approx((900 + 60) / (900 + 60 + 240 - 100))
    three = np.stack([values / 2, values / 2, 0 * values], axis=-1)
    assert share_on(three, dog) == pytest.approx((900 + 60) / 1200)
    assert share_on(-values, dog) is None


def test_a_coarse_map_is_stretched_as_it_is_drawn() -> None:
    """Catches a coarse map whose cells are cut at the outline instead of interpolated."""
    dog = np.zeros((40, 40), bool)
    dog[:, :20] = True
    assert share_on(np.ones((4, 4), np.float32), dog) == pytest.approx(0.5)
    left = np.zeros((4, 4), np.float32)
    left[:, 0] = 1
    # Bilinear: the column's light falls to nothing within a cell, so none of it reaches the other half.
    assert share_on(left, dog) == pytest.approx(1)


def test_small_maps_sum_to_one_and_keep_positions() -> None:
    """Catches a small map that is transposed or not scaled, and one of a map without evidence."""
    values = np.zeros((140, 140), np.float32)
    values[10:20, 30:40] = 5
    small = small_map(values)
    assert small is not None and np.reshape(small, (14, 14))[1, 3] == pytest.approx(1, abs=1e-6)
    assert small_map(-values) is None


def test_a_row_survives_json() -> None:
    """Catches a field of a row that is lost, or a tuple that becomes a list, in the journal."""
    made = row(3, small=(0.5, 0.5), familiarity=None, dog=None)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Row) == made


def test_a_summary_counts_correctly() -> None:
    """Catches photos without a true breed that count as wrong, and a wrong order of confusions or rows."""
    plan = plan_of([0, 0, 0, 1, None])
    rows = [
        row(0),
        row(1, answer=1),
        row(2, answer=1, probability=0.9),
        row(3, answer=2),
        row(4, familiar=False, dog=None),
    ]
    summary = summarise(plan, rows)
    assert (summary.photos, summary.labelled, summary.right, summary.accuracy) == (5, 4, 1, 0.25)
    assert (summary.unfamiliar, summary.outlined) == (1, 4)
    assert summary.confusions == (Confusion(0, 1, 2), Confusion(1, 2, 1))
    assert [one.number for one in wrong_first(plan, rows)] == [2, 1, 3, 4, 0]
    assert summary.comparisons["saliency"].p is None
    assert any("not compared" in sentence for sentence in sentences.evidence(summary))


def test_the_wilson_interval_is_the_published_one() -> None:
    """Newcombe 1998 (Statistics in Medicine 17), table I: 81 of 263 gives 0.2553 to 0.3662."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20)[0] == 0 and wilson_interval(20, 20)[1] == 1


def compared(right: np.ndarray, wrong: np.ndarray) -> str:
    plan = plan_of([0] * (len(right) + len(wrong)))
    rows = [row(number, on_dog=float(share)) for number, share in enumerate(right)]
    rows += [row(len(right) + number, answer=1, on_dog=float(share)) for number, share in enumerate(wrong)]
    return sentences.comparison(summarise(plan, rows).comparisons["saliency"])


def test_a_difference_is_reported_only_where_it_is_significant() -> None:
    """Catches a comparison of too few photos, a wrong direction, and more false alarms than the level allows."""
    generator = np.random.default_rng(0)
    assert "more at the background" in compared(0.7 + 0.1 * generator.random(30), 0.5 + 0.15 * generator.random(20))
    assert "more at the dog" in compared(0.5 + 0.1 * generator.random(30), 0.7 + 0.1 * generator.random(20))
    assert "not compared" in compared(generator.random(30), generator.random(7))
    called = sum("within what chance" not in compared(generator.random(20), generator.random(20)) for _ in range(200))
    assert called <= 20  # 5 % of 200 are 10; 20 or more come in one of 500 such tests


def planted(generator: np.random.Generator, place: tuple[int, int] | None, count: int) -> list[tuple[float, ...]]:
    """Return maps of a blob near `place` (anywhere where None) that wanders a little, under noise."""
    rows, columns = np.mgrid[:14, :14]
    made = []
    for _ in range(count):
        middle = generator.uniform(3, 11, 2) if place is None else np.array(place) + generator.normal(scale=0.7, size=2)
        heat = np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / 8) + 0.05 * generator.random((14, 14))
        made.append(tuple((heat / heat.sum()).ravel()))
    return made


def test_two_planted_groups_are_found_and_the_odd_one_is_named() -> None:
    """One group looks at a corner, where a watermark might be, and is mostly wrong."""
    generator = np.random.default_rng(1)
    maps = planted(generator, (7, 7), 30) + planted(generator, (12, 2), 12)
    order = generator.permutation(42)
    plan = plan_of([0] * 42)
    rows = [row(number, answer=int(order[number] >= 33), small=maps[order[number]]) for number in range(42)]
    found = group(plan, rows, "saliency")
    assert found is not None and found.clear and len(found.clusters) == 2
    first = found.clusters[0]
    assert first.odd and not found.clusters[1].odd
    assert {int(order[number]) for number in first.numbers} == set(range(30, 42))
    assert (first.labelled, first.right) == (12, 3) and first.breed == (1, 9)
    assert np.unravel_index(first.mean.argmax(), (14, 14)) in {(12, 2), (11, 2), (12, 3), (13, 2), (12, 1)}
    assert set(first.typical) <= set(first.numbers) and len(first.typical) == 4
    again = group(plan, rows, "saliency")
    assert again is not None and again.silhouette == found.silhouette and again.by_chance == found.by_chance


def test_noise_is_not_called_groups() -> None:
    """Catches a silhouette that is not compared with that of maps without groups."""
    generator = np.random.default_rng(2)
    clear = 0
    for _ in range(5):
        maps = generator.dirichlet(np.full(196, 5.0), 60)
        found = group(plan_of([0] * 60), [row(n, small=tuple(one)) for n, one in enumerate(maps)], "saliency")
        assert found is not None
        clear += found.clear
    assert clear <= 2


def test_too_few_maps_are_not_grouped_and_equal_ones_neither() -> None:
    """Catches groups found in a handful of maps, or in maps that do not differ."""
    small = planted(np.random.default_rng(0), (7, 7), 20)
    few = [row(number, small=small[number]) for number in range(11)]
    assert group(plan_of([0] * 20), few, "saliency") is None
    assert group(plan_of([0] * 20), [row(number, small=small[0]) for number in range(20)], "saliency") is None
    assert "too few" in sentences.clearness(None)


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]


FORMULAS = ["=HYPERLINK(1).png", "+1.png", "-1.png", "@SUM(A1).png", "\t=1.png", "plain.png", 'quote",comma.png']


def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    """Catches a file name that a spreadsheet would run as a formula."""
    spec = Bench(tmp_path).network.spec
    plan = plan_of([0] * len(FORMULAS), FORMULAS)
    text = files.as_csv(plan, [row(number) for number in range(len(FORMULAS))], spec).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["photo"].removeprefix("'") for line in lines] == FORMULAS
    assert not [cell for line in lines for cell in line.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert lines[0]["answer"] == "Afghan hound" and float(lines[0]["saliency_on_dog"]) == 0.5
    assert lines[0]["right"] == "true"


def test_files_name_paths_copies_and_unknown_folders(tmp_path: Path) -> None:
    """Catches ten rows named "1.jpg", and copies, contradictions and unknown folders that no file names."""
    spec = Bench(tmp_path).network.spec
    beagle, afghan = spec.labels[1], spec.labels[0]
    plan = dataclasses.replace(
        plan_of([1, None, None], ["Beagle/1.jpg", "Beagel/1.jpg", "Afghan hound/1.jpg"]),
        copies=(Copy(0, "=best/1.jpg", True), Copy(0, "Beagle/2.jpg", False), Copy(2, "Beagle/3.jpg", True)),
        contested=(Contested(2, (afghan, beagle)),),
        unknown_folders=(UnknownFolder("Beagel", (1,), beagle),),
    )
    rows = [row(number) for number in range(3)]
    lines = csv.DictReader(io.StringIO(files.as_csv(plan, rows, spec).decode("utf-8-sig")))
    by_path = {line["path"]: line for line in lines}
    assert set(by_path) == {photo.path for photo in plan.photos}
    assert by_path["Beagle/1.jpg"]["copies"] == "'=best/1.jpg | Beagle/2.jpg"
    assert (
        by_path["Beagel/1.jpg"]["unknown_folder"] == "Beagel" and by_path["Beagel/1.jpg"]["nearest_breed"] == "Beagle"
    )
    assert by_path["Afghan hound/1.jpg"]["contradicting_breeds"] == "Afghan hound | Beagle"
    text = html.unescape(files.as_html(plan, rows, summarise(plan, rows), {}, spec).decode())
    told = [*(photo.path for photo in plan.photos), *(copy.path for copy in plan.copies), "If “Beagle” is meant"]
    assert all(one in text for one in told) and "3 photos are copies of others" in text


def test_the_html_escapes_all_names_and_loads_nothing(tmp_path: Path) -> None:
    """Catches a file name, a breed or an error that is not escaped, and a picture from the internet."""
    attack = '<script>alert(1)</script>"><img src=http://evil/x onerror=y>'
    spec = Bench(tmp_path).network.spec
    spec = dataclasses.replace(
        spec, title=attack, labels=tuple(dataclasses.replace(one, english=attack) for one in spec.labels)
    )
    plan = dataclasses.replace(
        plan_of([1] * 20, [attack] * 20), left_out=(LeftOut(attack, "“{name}” is damaged.", {"name": attack}),)
    )
    small = planted(np.random.default_rng(0), (7, 7), 10) + planted(np.random.default_rng(0), (2, 12), 10)
    rows = [
        row(number, maps={"saliency": MapFacts(0.5, small[number], '"><script>')}, picture='"><script>')
        for number in range(20)
    ]
    groups = {"saliency": group(plan, rows, "saliency")}
    text = files.as_html(plan, rows, summarise(plan, rows), groups, spec).decode()
    assert "<script" not in text and "<img src=http" not in text
    assert html.escape(attack) in text
    seen = Seen()
    seen.feed(text)
    assert seen.loads and all(one.startswith("data:") or one == '"><script>' for one in seen.loads)
    assert not {"script", "iframe", "link", "object"} & seen.tags and not [one for one in seen.names if one[:2] == "on"]
    assert "is damaged" in text and "default-src 'none'" in text
