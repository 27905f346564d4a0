"""How methods cut their questions to a network, so that progress is seen and a cancel is heard between two batches."""

from collections.abc import Iterator

#: Photos asked about at once: a second or two of work on two cores, and small beside the networks in memory.
BATCH = 8


def batches(count: int) -> Iterator[slice]:
    """Yield the slices that cut `count` photos into batches; the last one may be shorter."""
    for start in range(0, count, BATCH):
        yield slice(start, min(start + BATCH, count))
