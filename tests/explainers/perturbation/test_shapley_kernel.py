"""The Shapley kernel: which coalitions are asked about, with which weights, and what the regression makes of them."""

import itertools
import math

import numpy as np
import pytest

from xai_core.explainers.perturbation.shapley_kernel import draw_coalitions, shapley_values


def kernel(players: int, size: int) -> float:
    """Return the Shapley kernel of one coalition (Lundberg and Lee 2017, theorem 2)."""
    return (players - 1) / (math.comb(players, size) * size * (players - size))


def brute_force(game: dict[tuple[bool, ...], float], players: int) -> np.ndarray:
    """Return the Shapley values as the mean gain over all orders in which the players can come."""
    values = np.zeros(players)
    for order in itertools.permutations(range(players)):
        present = [False] * players
        for player in order:
            before = game[tuple(present)]
            present[player] = True
            values[player] += game[tuple(present)] - before
    return values / math.factorial(players)


def random_game(players: int) -> dict[tuple[bool, ...], float]:
    generator = np.random.default_rng(players)
    return {one: float(generator.normal()) for one in itertools.product([False, True], repeat=players)}


@pytest.mark.parametrize("players", [2, 3, 4, 5, 8])
def test_all_coalitions_are_listed_with_the_kernel_s_weights_where_that_is_affordable(players: int) -> None:
    """Catches a coalition that is missing or listed twice (the middle sizes above all), and a wrong weight."""
    coalitions, weights = draw_coalitions(players, 2**players - 2, np.random.default_rng(0))
    assert len(coalitions) == len({one.tobytes() for one in coalitions}) == 2**players - 2
    expected = np.array([kernel(players, int(one.sum())) for one in coalitions])
    np.testing.assert_allclose(weights, expected / expected.sum())


@pytest.mark.parametrize("players", [2, 3, 4, 5, 6])
def test_values_equal_the_mean_over_all_orders(players: int) -> None:
    """Catches a wrong kernel or constraint: a game of random numbers, in which all players act together."""
    game = random_game(players)
    coalitions, weights = draw_coalitions(players, 2**players, np.random.default_rng(0))
    answers = np.array([game[tuple(map(bool, one))] for one in coalitions])
    values = shapley_values(coalitions, answers, weights, game[(False,) * players], game[(True,) * players])
    np.testing.assert_allclose(values, brute_force(game, players), atol=1e-9)


@pytest.mark.parametrize(("players", "count"), [(6, 30), (9, 100), (10, 51), (44, 298), (200, 18)])
def test_drawn_coalitions_come_in_opposite_pairs_without_repetition(players: int, count: int) -> None:
    """Catches a question asked twice, pairs that are not opposites, and more questions than allowed."""
    coalitions, weights = draw_coalitions(players, count, np.random.default_rng(5))
    assert count - 1 <= len(coalitions) <= count
    np.testing.assert_array_equal(coalitions[::2], ~coalitions[1::2])
    assert len({one.tobytes() for one in coalitions}) == len(coalitions)
    assert 0 < coalitions.sum(axis=1).min() <= coalitions.sum(axis=1).max() < players
    assert weights.sum() == pytest.approx(1)


def test_the_weight_of_each_size_is_the_kernel_s_on_average() -> None:
    """Catches a bias where the outer sizes are listed and the inner ones drawn: 12 players, 300 of 4094 coalitions."""
    players = 12
    found = np.zeros(players)
    for seed in range(400):
        coalitions, weights = draw_coalitions(players, 300, np.random.default_rng(seed))
        found += np.bincount(coalitions.sum(axis=1), weights, minlength=players) / 400
    expected = np.array([math.comb(players, size) * kernel(players, size) for size in range(1, players)])
    np.testing.assert_allclose(found[1:], expected / expected.sum(), rtol=0.02)


def test_too_few_answers_leave_values_that_sum_to_the_difference_and_stay_small() -> None:
    """Catches rounding between the two of a pair taken for knowledge, which explodes: 15 pairs for 30 players."""
    coalitions, weights = draw_coalitions(30, 30, np.random.default_rng(0))
    answers = np.random.default_rng(1).normal(size=30)
    values = shapley_values(coalitions, answers, weights, 0.0, 3.0)
    assert values.sum() == pytest.approx(3)
    assert np.abs(values).max() < 3
    alike = shapley_values(coalitions, 2.0 * coalitions.sum(axis=1) + 1, weights, 1.0, 61.0)
    np.testing.assert_allclose(alike, 2.0)
