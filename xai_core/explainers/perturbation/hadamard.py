"""Hadamard matrices: tables of plus and minus one in which any two columns agree in exactly half of the rows."""

from collections.abc import Iterator

import numpy as np


def hadamard(columns: int) -> np.ndarray:
    """Return the smallest Hadamard matrix, i8[n,n], of the orders below with at least so many columns.

    Orders are 2^k (q + 1) for a prime q with remainder 3 modulo 4 (Paley 1933) or q = 1 (Sylvester 1867), doubled as often
    as needed: 4, 8, 12, 16, 20, 24, 32, 40, 44, 48, 60, ... From 20 to 200 columns it is at most 28 % larger than needed.
    """
    order = max(4, columns + -columns % 4)
    while (matrix := _of_order(order)) is None:
        order += 4
    return matrix


def balanced_rounds(columns: int, generator: np.random.RandomState | np.random.Generator) -> Iterator[np.ndarray]:
    """Yield rounds bool[2n,columns] without end, in which each row by itself is a fair coin for each column.

    Row 2k + 1 is the opposite of row 2k, and in a whole round any three columns show each of their eight combinations
    equally often: a Hadamard matrix with shuffled rows, columns and signs, and its negative.
    """
    matrix = hadamard(columns)
    while True:
        picked = generator.permutation(len(matrix))[:columns]
        half = (matrix[generator.permutation(len(matrix))][:, picked] > 0) ^ (generator.random(columns) < 0.5)
        yield np.stack([half, ~half], axis=1).reshape(-1, columns)


def _of_order(order: int) -> np.ndarray | None:
    """Return the matrix of this order, or None where neither construction has one."""
    if order == 1:
        return np.ones((1, 1), np.int8)
    if order % 4 == 0 and _is_prime(order - 1):
        return _paley(order - 1)
    half = _of_order(order // 2) if order % 2 == 0 else None
    return None if half is None else np.block([[half, half], [half, -half]])


def _paley(prime: int) -> np.ndarray:
    """Return the matrix of order `prime` + 1 from which numbers are squares modulo a prime of the form 4k + 3."""
    character = np.full(prime, -1, np.int8)
    character[np.arange(1, prime) ** 2 % prime] = 1
    character[0] = 0
    numbers = np.arange(prime)
    matrix = np.ones((prime + 1, prime + 1), np.int8)
    matrix[1:, 0] = -1
    matrix[1:, 1:] = character[(numbers[:, np.newaxis] - numbers) % prime] + np.eye(prime, dtype=np.int8)
    return matrix


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
