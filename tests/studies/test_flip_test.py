"""The flip test on networks whose smallest patch is known, and on one whose answers jump about."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import ParameterError, UnknownNameError
from xai_core.execution.batched import BatchedClassifier
from xai_core.photos.fills import filled
from xai_core.photos.superpixels import superpixels_of
from xai_core.studies.flip_test import FlipTest, FlipTestResult

SIZE = (48, 60)
COUNT = 20
A, B, C = 0, 1, 2


def photo() -> np.ndarray:
    return fakes.photo(SIZE)


def summing(contributions: np.ndarray, rest: tuple[float, float]) -> fakes.Linear:
    """Return a network: A scores what its visible superpixels contribute (black ones nothing), B and C score `rest`."""
    segments = superpixels_of(photo(), "slic", count=COUNT)
    network = fakes.additive(photo(), segments, contributions, A)
    network.bias = np.array([0.0, *rest])
    return network


def superpixels() -> np.ndarray:
    return superpixels_of(photo(), "slic", count=COUNT)


def contributions(seed: int = 0) -> np.ndarray:
    """Return what each superpixel contributes: mostly for A, some against."""
    return np.random.default_rng(seed).uniform(-0.3, 1, int(superpixels().max()) + 1)


def flip(network: fakes.Quadratic, against: int = B, target: int = A, **settings) -> FlipTestResult:
    settings = {"fill": "black", "superpixels": COUNT, **settings}
    return FlipTest(against=against, **settings).run(network, photo()[np.newaxis], target)


def logits_without(network: fakes.Quadratic, gone: np.ndarray, fill: str = "black") -> np.ndarray:
    """Return the logits f32[C] of the photo without superpixels bool[n], evaluated anew."""
    hidden = filled(photo(), fill, superpixels())
    seen = np.where(gone[superpixels()][..., np.newaxis], hidden, photo())
    return network.logits(seen[np.newaxis])[0]


def test_a_sum_flips_where_the_sum_says() -> None:
    """The closed form: evidence is each superpixel's part, and the flip comes when what is left falls under B's score."""
    parts = contributions()
    needed = 0.4 * parts[parts > 0].sum()
    network = summing(parts, (parts.sum() - needed, -9.0))
    result = flip(network)
    sizes = np.bincount(superpixels().ravel())
    np.testing.assert_allclose(result.evidence * sizes, parts, atol=1e-4)
    order = np.argsort(-parts / sizes)
    np.testing.assert_array_equal(result.order, order)
    first = int(np.argmax(np.cumsum(parts[order]) > needed)) + 1
    assert result.hide.first_share == pytest.approx(sizes[order[:first]].sum() / sizes.sum(), abs=1e-6)
    hidden = result.hide.patch
    assert parts[hidden].sum() > needed
    assert (parts[hidden].sum() - parts[hidden] < needed).all()  # none of them could stay
    assert set(np.flatnonzero(hidden)) <= set(order[:first])
    assert result.hide.margin == pytest.approx(needed - parts[hidden].sum(), abs=1e-4)
    kept = result.keep.patch
    threshold = parts.sum() - needed  # what A must score to be ahead of B
    assert parts[kept].sum() > threshold
    assert (parts[kept].sum() - parts[kept] < threshold).all()
    np.testing.assert_allclose(
        result.hide.margins[[0, -1]], [needed, needed - parts.sum()], atol=1e-4
    )  # the curve's two ends: the whole photo, and nothing of it


def test_what_goes_first_comes_back_where_something_later_is_enough() -> None:
    """Catches a patch that is never made smaller: the smallest superpixel says most a pixel, the largest is all it takes."""
    sizes = np.bincount(superpixels().ravel())
    small, large = int(sizes.argmin()), int(sizes.argmax())
    parts = np.full(len(sizes), 1e-3)
    parts[small], parts[large] = 3.0 * sizes[small] / sizes[large], 2.0
    result = flip(summing(parts, (parts.sum() - 1.9, -9.0)))
    assert list(result.order[:2]) == [small, large]
    assert result.hide.first_share == pytest.approx((sizes[small] + sizes[large]) / sizes.sum())
    assert list(np.flatnonzero(result.hide.patch)) == [large]
    assert result.hide.share == pytest.approx(sizes[large] / sizes.sum())
    assert result.hide.superpixels == 1


def test_the_winner_says_whether_the_answer_flips_to_b_or_to_another_class() -> None:
    """Catches a flip to a third breed that is sold as one to B, and a pair's test that a third breed ends."""
    parts = contributions()
    whole = parts.sum()
    network = summing(parts, (whole - 3, whole - 1))
    to_any, to_b = flip(network), flip(network, until="pair")
    assert to_any.hide.winner == C
    assert logits_without(network, to_any.hide.patch)[A] > network.bias[B]
    assert to_b.hide.margin <= 0
    assert to_b.hide.share > to_any.hide.share
    assert flip(summing(parts, (whole - 1, whole - 3))).hide.winner == B


@pytest.mark.parametrize("fill", ["blurred", "mean", "grey", "black"])
@pytest.mark.parametrize("until", ["answer", "pair"])
@pytest.mark.parametrize("seed", [0, 1])
def test_patches_flip_the_answer_and_none_of_their_parts_could_be_spared(seed: int, until: str, fill: str) -> None:
    """Recomputed on a network that is no sum: catches patches assembled wrongly, and putting back that stops too early."""
    network = fakes.quadratic(seed, SIZE)
    logits = network.logits(photo()[np.newaxis])[0]
    target, against = (int(position) for position in np.argsort(-logits)[:2])
    result = flip(network, against, target, until=until, fill=fill)

    def holds(gone: np.ndarray) -> bool:
        scores = logits_without(network, gone, fill)
        return bool(scores[target] > scores[against] if until == "pair" else scores.argmax() == target)

    hidden, kept = result.hide.patch, result.keep.patch
    assert result.holds
    if result.hide.flips:
        assert hidden.any()
        assert not holds(hidden)
        assert all(holds(hidden & (np.arange(len(hidden)) != one)) for one in np.flatnonzero(hidden))
        assert result.hide.winner == logits_without(network, hidden, fill).argmax()
    else:
        assert not hidden.any()
    assert holds(~kept)
    assert result.keep.at_once == holds(np.ones(len(kept), bool))
    assert all(not holds(~(kept & (np.arange(len(kept)) != one))) for one in np.flatnonzero(kept))
    sizes = np.bincount(superpixels().ravel()) / superpixels().size
    assert result.hide.share == pytest.approx(sizes[hidden].sum())
    assert result.keep.share == pytest.approx(sizes[kept].sum())


def test_an_answer_that_never_flips_has_no_patch() -> None:
    """Catches the last step being taken for a flip, and a patch that is drawn although it does nothing."""
    result = flip(summing(contributions(), (-50.0, -60.0)))
    assert result.holds
    assert not result.hide.flips
    assert not result.hide.patch.any()
    assert result.hide.share == 0
    assert result.keep.at_once
    assert not result.keep.patch.any()
    assert result.hide.areas[-1] == 1  # everything was tried
    assert (result.hide.margins > 0).all()


def test_where_a_is_not_the_answer_nothing_is_searched_for() -> None:
    """Catches a patch that is reported although class A is not the answer to begin with."""
    result = flip(summing(contributions(), (50.0, 0.0)))
    assert not (result.holds or result.hide.flips or result.keep.flips)
    assert not result.hide.patch.any()
    assert not result.keep.patch.any()
    assert result.margin < 0


def test_a_map_orders_the_patches_and_must_come_with_the_test() -> None:
    """Catches a map that is ignored, or ranked by its sum, which would prefer large superpixels."""
    parts = contributions()
    network = summing(parts, (parts.sum() - 1, -9.0))
    test = FlipTest(against=B, fill="black", superpixels=COUNT)
    values = (network.weights[A] - network.weights[B]) * photo()
    by_map = test.of_map(values)
    result = by_map.run(network, photo()[np.newaxis], A)
    np.testing.assert_array_equal(result.order, flip(network).order)
    backwards = test.of_map(-values).run(network, photo()[np.newaxis], A)
    np.testing.assert_array_equal(backwards.order, result.order[::-1])
    assert by_map != test and by_map == test.of_map(values.copy())
    with pytest.raises(ParameterError, match="without its map"):
        FlipTest(against=B, map_digest=by_map.map_digest).run(network, photo()[np.newaxis], A)


@pytest.mark.parametrize("against", [A, 3])
def test_the_same_breed_twice_and_one_that_is_not_known_are_refused(against: int) -> None:
    """Catches a comparison of a class with itself, and a position outside the labels."""
    with pytest.raises(UnknownNameError, match="two different breeds"):
        flip(summing(contributions(), (0.0, 0.0)), against)


def test_passes_come_in_batches_and_stay_within_the_count_and_progress_rises() -> None:
    """Catches passes that were not counted beforehand, batches too large for memory, and a bar that jumps back."""
    network = fakes.quadratic(1, SIZE)
    logits = network.logits(photo()[np.newaxis])[0]
    target, against = (int(position) for position in np.argsort(-logits)[:2])
    recorder, seen = fakes.Recorder(network), []
    batched = BatchedClassifier(recorder)
    study = FlipTest(against=against, superpixels=COUNT)
    before = photo().copy()
    study.run(batched, before[np.newaxis], target, lambda fraction, partial=None: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1 and seen.count(1) == 1
    assert max(len(rgb) for _, rgb in recorder.passes) <= 16
    most = study.pass_counts(network.spec, 1)
    assert batched.passes["forward"] <= most.forward
    assert batched.passes["patched"] <= most.patched
    np.testing.assert_array_equal(before, photo())
