"""The results of an audit in plain sentences, for page, exported file and command line."""

from collections.abc import Sequence

from xai_core.audit.clusters import Cluster, Clusters
from xai_core.audit.summary import FEWEST, Comparison, Summary
from xai_core.explainers.registry import EXPLAINERS
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.types import Label


def overview(summary: Summary) -> list[str]:
    """Return sentences about the number of photos and the accuracy."""
    texts = [
        ngettext("{count} photo is done.", "{count} photos are done.", summary.photos).format(count=summary.photos)
    ]
    if summary.accuracy is not None and summary.accuracy_interval is not None:
        low, high = summary.accuracy_interval
        texts.append(
            _(
                "The true breed of {count} is known, and the answer is right for {right} of them: {share} "
                "(95 % interval {low} to {high})."
            ).format(
                count=summary.labelled,
                right=summary.right,
                share=formatting.share(summary.accuracy),
                low=formatting.share(low),
                high=formatting.share(high),
            )
        )
    elif summary.photos:
        texts.append(_("No folder names a breed, so nobody can say which answers are right."))
    if summary.cropped:
        texts.append(
            ngettext(
                "Of {count} photo the part around the dog was looked at alone, of the others all of it.",
                "Of {count} photos the part around the dog was looked at alone, of the others all of each.",
                summary.cropped,
            ).format(count=summary.cropped)
        )
    if summary.unfamiliar:
        texts.append(
            ngettext(
                "{count} photo is unlike those that the network knows.",
                "{count} photos are unlike those that the network knows.",
                summary.unfamiliar,
            ).format(count=summary.unfamiliar)
        )
    return texts


def evidence(summary: Summary) -> list[str]:
    """Return sentences about the evidence on the dog for each method, and its difference between right and wrong answers."""
    if summary.dog is None:
        return [_("No dog's outline was found that can be relied on, so nothing is said about dog and background.")]
    texts = [
        _(
            "The dog's outline was found in {found} of {photos} photos; the others are left out here. It takes up {dog} of "
            "what was looked at (median), which is what a map that says the same everywhere would have on the dog."
        ).format(found=summary.outlined, photos=summary.photos, dog=formatting.share(summary.dog))
    ]
    for key, share in summary.on_dog.items():
        if share is not None:
            texts.append(
                _("{method}: {share} of the evidence lies on the dog (median).").format(
                    method=_(EXPLAINERS[key].info.title), share=formatting.share(share)
                )
            )
            texts.append(comparison(summary.comparisons[key]))
    if summary.agreement is not None:
        texts.append(
            _("The methods agree to {score} (median rank correlation; 1 is the same order of all places).").format(
                score=formatting.number(summary.agreement, 2)
            )
        )
    return texts


def comparison(comparison: Comparison) -> str:
    """Return a sentence about the difference between right and wrong answers."""
    if (
        comparison.p is None
        or comparison.higher is None
        or comparison.right_median is None
        or comparison.wrong_median is None
    ):
        return _(
            "Right and wrong answers are not compared: that needs {fewest} photos of each, and there are {right} and {wrong}."
        ).format(fewest=FEWEST, right=comparison.right, wrong=comparison.wrong)
    medians = _(
        "Right answers have {right} of it on the dog, wrong ones {wrong} (medians of {n} and {m} photos)."
    ).format(
        right=formatting.share(comparison.right_median),
        wrong=formatting.share(comparison.wrong_median),
        n=comparison.right,
        m=comparison.wrong,
    )
    if not comparison.differs:
        verdict = _("That is within what chance does (Mann-Whitney test, p = {p}).")
    elif comparison.higher > 0.5:
        verdict = _(
            "That is more than chance does (Mann-Whitney test, p = {p}): wrong answers look more at the background."
        )
    else:
        verdict = _("That is more than chance does (Mann-Whitney test, p = {p}): wrong answers look more at the dog.")
    return medians + " " + verdict.format(p=formatting.number(max(comparison.p, 0.001), 3))


def clearness(clusters: Clusters | None) -> str:
    """Return a sentence about whether there are clusters of similar maps at all."""
    if clusters is None:
        return _("There are too few maps to look for groups of alike ones.")
    numbers = {
        "silhouette": formatting.number(clusters.silhouette, 2),
        "chance": formatting.number(clusters.by_chance, 2),
    }
    if clusters.clear:
        return _(
            "The maps form {count} groups that are clearer than chance makes them (silhouette {silhouette}; maps without "
            "groups reach {chance})."
        ).format(count=len(clusters.clusters), **numbers)
    return _(
        "The maps shade into each other: the groups below are no clearer than chance makes them (silhouette {silhouette}; "
        "maps without groups reach {chance}). Take them as a way to look through the photos."
    ).format(**numbers)


def cluster(cluster: Cluster, labels: Sequence[Label]) -> list[str]:
    """Return phrases about one cluster."""
    count = len(cluster.numbers)
    texts = [ngettext("{count} photo", "{count} photos", count).format(count=count)]
    if cluster.labelled:
        texts.append(_("{right} of {count} right").format(right=cluster.right, count=cluster.labelled))
    if cluster.odd:
        texts.append(_("less often right than the others, by more than chance"))
    if cluster.breed is not None and cluster.breed[1] > 1:
        texts.append(
            _("{times} times “{breed}”").format(
                times=cluster.breed[1], breed=formatting.breed(labels[cluster.breed[0]])
            )
        )
    return texts
