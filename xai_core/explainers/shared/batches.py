"""Cuts evaluations into batches, so that a method reports progress and can be cancelled between two of them."""

from collections.abc import Iterator

#: Photos in one batch: a second or two of work on two cores, and small beside the networks in memory.
BATCH = 8


def batches(count: int, size: int = BATCH) -> Iterator[slice]:
    """Yield the slices that cut `count` photos into batches of `size`; the last one may be shorter."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
