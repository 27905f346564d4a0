"""Clusters of photos with similar maps, which show biases such as a watermark that the network has learned.

After SpRAy (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and assessing what machines really learn",
DOI 10.1038/s41467-019-08987-4): all maps are scaled to one small size and norm and clustered, and people search the clusters
for one whose evidence lies where it should not. We deviate: instead of spectral clustering and the gap of its eigenvalues,
Ward's tree (1963) is cut where the mean silhouette (Rousseeuw 1987) is largest, and that silhouette is compared with those
of random maps without clusters, which SpRAy leaves to the eye.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xai_core.audit.plan import Plan
from xai_core.audit.row import SMALL, Row
from xai_core.audit.summary import is_right

#: The fewest maps that are clustered.
FEWEST = 12
_MOST = 8  # clusters
_SMALLEST = 3  # maps in a cluster: fewer are outliers
_DIRECTIONS = 10  # principal components that are kept; the rest is noise
_REFERENCES = 40  # random sets of maps without clusters
_QUANTILE = 0.95
_TYPICAL = 4
_SAME = 1e-6  # maps have length 1; those that are closer are equal up to rounding


@dataclass(frozen=True, eq=False)
class Cluster:
    """Photos with similar maps by one method."""

    numbers: tuple[int, ...]  # of the photos
    mean: np.ndarray  # f64[14,14], sums to 1
    typical: tuple[int, ...]  # the photos nearest to the mean, the nearest first
    labelled: int
    right: int
    odd: bool  # whether significantly fewer answers are right than in the other clusters together
    breed: tuple[int, int] | None  # the most frequent answer, and its count


@dataclass(frozen=True, eq=False)
class Clusters:
    """All clusters, odd ones first, then by their share of wrong answers."""

    clusters: tuple[Cluster, ...]
    silhouette: float  # mean over the maps, in [-1, 1]
    by_chance: float  # the 95 % quantile of the silhouettes of maps without clusters

    @property
    def clear(self) -> bool:
        """Whether the clusters are clearer than by chance."""
        return self.silhouette > self.by_chance


def group(plan: Plan, rows: Sequence[Row], method: str) -> Clusters | None:
    """Return the clusters of similar maps by one method; None where there are too few maps, or all are equal."""
    small_maps = [(row, small) for row in rows if (small := row.maps[method].small) is not None]
    if len(small_maps) < FEWEST:
        return None
    members, maps = [row for row, _ in small_maps], np.array([small for _, small in small_maps])
    points = _directions(maps)
    if np.abs(points).max() < _SAME:
        return None
    labels, silhouette = _cut(points)
    generator = np.random.default_rng(0)
    spread = points.std(axis=0)
    references = [_cut(generator.normal(size=points.shape) * spread)[1] for _ in range(_REFERENCES)]
    clusters = _with_odd_ones([_cluster(plan, members, maps, labels == label) for label in np.unique(labels)])
    clusters.sort(key=lambda one: (not one.odd, -(one.labelled - one.right) / max(one.labelled, 1), -len(one.numbers)))
    return Clusters(tuple(clusters), silhouette, float(np.quantile(references, _QUANTILE)))


def _directions(maps: np.ndarray) -> np.ndarray:
    """Return the principal components f64[N,D] of the square roots of maps f64[N,196].

    The distance of two square roots is the Hellinger distance, in which one strong cell does not outweigh all others.
    """
    roots = np.sqrt(maps)
    centred = roots - roots.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    return (left * sizes)[:, :_DIRECTIONS]


def _cut(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the cluster of each point and the mean silhouette, for the number of clusters with the largest silhouette."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.metrics import silhouette_score

    tree = linkage(points, "ward")
    best, best_score = np.ones(len(points), int), -1.0
    for count in range(2, min(_MOST, len(points) // _SMALLEST) + 1):
        labels = fcluster(tree, count, "maxclust")
        sizes = np.bincount(labels)[1:]
        if len(sizes) < 2 or sizes.min() < _SMALLEST:
            continue
        score = float(silhouette_score(points, labels))
        if score > best_score:
            best, best_score = labels, score
    return best, best_score


def _cluster(plan: Plan, rows: Sequence[Row], maps: np.ndarray, inside: np.ndarray) -> Cluster:
    own = [row for row, belongs in zip(rows, inside, strict=True) if belongs]
    mean = maps[inside].mean(axis=0)
    nearest = np.argsort(np.linalg.norm(np.sqrt(maps[inside]) - np.sqrt(mean), axis=1), kind="stable")
    verdicts = [verdict for row in own if (verdict := is_right(plan, row)) is not None]
    return Cluster(
        numbers=tuple(row.number for row in own),
        mean=mean.reshape(SMALL, SMALL),
        typical=tuple(own[int(place)].number for place in nearest[:_TYPICAL]),
        labelled=len(verdicts),
        right=sum(verdicts),
        odd=False,
        breed=Counter(row.answer for row in own).most_common(1)[0],
    )


def _with_odd_ones(clusters: list[Cluster]) -> list[Cluster]:
    """Mark clusters with significantly fewer right answers: Fisher's exact test, one-sided, with Bonferroni correction."""
    from scipy.stats import fisher_exact

    labelled, right = sum(one.labelled for one in clusters), sum(one.right for one in clusters)
    marked = []
    for one in clusters:
        table = [
            [one.right, one.labelled - one.right],
            [right - one.right, labelled - right - (one.labelled - one.right)],
        ]
        chance = float(fisher_exact(table, alternative="less")[1]) if 0 < one.labelled < labelled else 1.0
        marked.append(replace(one, odd=chance < 0.05 / len(clusters)))
    return marked
