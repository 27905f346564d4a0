"""Shapley values as a weighted least-squares problem: which coalitions to evaluate, and how to solve it."""

import math

import numpy as np


def draw_coalitions(players: int, count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return coalitions bool[n,players] without the empty and the whole one, and their weights f64[n], which sum to 1.

    Row 2k + 1 is the opposite of row 2k, and n is at most `count`. The weights estimate the Shapley kernel
    (players - 1) / (C(players, s) s (players - s)) of coalitions of s players (Lundberg and Lee 2017, theorem 2), which
    is largest for the smallest and the largest ones. From these inwards, both coalitions of a pair of sizes s and
    players - s are listed completely as long as the share of `count` that their weight deserves is enough; the rest are
    drawn, none of them twice, their sizes in proportion to their weight. Where `count` is enough for all of them, the
    weights are the kernel itself. Rows are in random order, so that the first of them already estimate the whole.
    """
    sizes = np.arange(1, players // 2 + 1)
    # In the middle the opposite of a coalition has the same size and is counted once.
    middle = 2 * sizes == players
    pairs = [math.comb(players, int(size)) // (2 if half else 1) for size, half in zip(sizes, middle, strict=True)]
    mass = np.where(middle, 1.0, 2.0) / (sizes * (players - sizes))
    mass /= mass.sum()

    left = count // 2
    groups: list[tuple[int, int, float]] = []  # size, how many pairs of it, their weight together
    outer = 0
    while outer < len(sizes) and left * mass[outer] >= pairs[outer] * mass[outer:].sum():
        groups.append((int(sizes[outer]), pairs[outer], float(mass[outer])))
        left -= pairs[outer]
        outer += 1
    if outer < len(sizes) and left > 0:
        ends = np.cumsum(mass[outer:]) / mass[outer:].sum()
        places = (np.arange(left) + generator.random()) / left
        drawn = np.bincount(np.searchsorted(ends[:-1], places, side="right"), minlength=len(ends))
        each = float(mass[outer:].sum()) / left
        groups += [(int(size), int(n), n * each) for size, n in zip(sizes[outer:], drawn, strict=True) if n]

    rows = np.concatenate([_distinct(players, size, number, generator) for size, number, _ in groups])
    weights = np.concatenate([np.full(number, weight / number / 2) for _, number, weight in groups])
    order = generator.permutation(len(rows))
    both = np.stack([rows[order], ~rows[order]], axis=1).reshape(-1, players)
    return both, np.repeat(weights[order], 2)


def shapley_values(
    visible: np.ndarray, logits: np.ndarray, weights: np.ndarray, empty: float, whole: float
) -> np.ndarray:
    """Return values f64[players] that sum to `whole - empty` and fit the logits f64[n] of coalitions bool[n,players].

    The least squares of Lundberg and Lee 2017, theorem 2, over values that sum to the difference: its two coalitions of
    infinite weight hold exactly. Where too few logits leave it open, the values are as equal as they can be.
    """
    from scipy.linalg import lstsq, null_space

    players = visible.shape[1]
    even = (whole - empty) / players
    # Orthonormal directions in which values can move without changing their sum.
    directions = null_space(np.ones((1, players)))
    root = np.sqrt(weights)
    unexplained = logits - empty - even * visible.sum(axis=1)
    # The two of a pair give the same equation but for rounding, which must not count as information where logits are few.
    moved = lstsq(root[:, np.newaxis] * (visible @ directions), root * unexplained, cond=1e-10)[0]
    values: np.ndarray = even + directions @ moved
    return values


def _distinct(players: int, size: int, number: int, generator: np.random.Generator) -> np.ndarray:
    """Return `number` coalitions bool[number,players] of `size` players, no two of them equal or opposite."""
    coalitions: dict[bytes, np.ndarray] = {}
    while len(coalitions) < number:
        coalition = np.zeros(players, dtype=bool)
        coalition[generator.permutation(players)[:size]] = True
        # Of two opposites in the middle, the one with the first player stands for both.
        if 2 * size == players and not coalition[0]:
            coalition = ~coalition
        coalitions[coalition.tobytes()] = coalition
    return np.stack(list(coalitions.values()))
