"""How methods cut their questions to a network, so that progress is seen and a cancel is heard between two batches."""

from collections.abc import Iterator

#: Photos asked about at once: a second or two of work on two cores, and small beside the networks in memory.
BATCH = 8


def batches(count: int, size: int = BATCH) -> Iterator[slice]:
    """Yield the slices that cut `count` photos into batches of `size`; the last one may be shorter."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
