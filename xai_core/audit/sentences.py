"""An audit in plain sentences, for the page, the exported file and the command line alike. None says more than its numbers."""

from collections.abc import Sequence

from xai_core.audit.clusters import Cluster, Clusters
from xai_core.audit.plan import Plan
from xai_core.audit.summary import FEWEST, Comparison, Summary
from xai_core.explainers.registry import EXPLAINERS
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext
from xai_core.types import Label


def overview(summary: Summary) -> list[str]:
    """Return what was looked at and how often the network was right."""
    said = [ngettext("{count} photo is done.", "{count} photos are done.", summary.photos).format(count=summary.photos)]
    if summary.accuracy is not None and summary.accuracy_interval is not None:
        low, high = summary.accuracy_interval
        said.append(
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
        said.append(_("No folder names a breed, so nobody can say which answers are right."))
    if summary.unfamiliar:
        said.append(
            ngettext(
                "{count} photo is unlike those that the network knows.",
                "{count} photos are unlike those that the network knows.",
                summary.unfamiliar,
            ).format(count=summary.unfamiliar)
        )
    return said


def evidence(summary: Summary) -> list[str]:
    """Return where the evidence lies, for each method, and what that is worth."""
    if summary.dog is None:
        return [_("No dog's outline was found that can be relied on, so nothing is said about dog and background.")]
    said = [
        _(
            "The dog's outline was found in {found} of {photos} photos; the others are left out here. It takes up {dog} of "
            "the photo (median), which is what a map that says the same everywhere would have on the dog."
        ).format(found=summary.outlined, photos=summary.photos, dog=formatting.share(summary.dog))
    ]
    for key, share in summary.on_dog.items():
        if share is not None:
            said.append(
                _("{method}: {share} of the evidence lies on the dog (median).").format(
                    method=EXPLAINERS[key].info.title, share=formatting.share(share)
                )
            )
            said.append(comparison(summary.comparisons[key]))
    if summary.agreement is not None:
        said.append(
            _("The methods agree to {score} (median rank correlation; 1 is the same order of all places).").format(
                score=formatting.number(summary.agreement, 2)
            )
        )
    return said


def comparison(found: Comparison) -> str:
    """Return whether right and wrong answers differ in it."""
    if found.p is None or found.higher is None or found.right_median is None or found.wrong_median is None:
        return _(
            "Right and wrong answers are not compared: that needs {fewest} photos of each, and there are {right} and {wrong}."
        ).format(fewest=FEWEST, right=found.right, wrong=found.wrong)
    medians = _(
        "Right answers have {right} of it on the dog, wrong ones {wrong} (medians of {n} and {m} photos)."
    ).format(
        right=formatting.share(found.right_median),
        wrong=formatting.share(found.wrong_median),
        n=found.right,
        m=found.wrong,
    )
    if not found.differs:
        verdict = _("That is within what chance does (Mann-Whitney test, p = {p}).")
    elif found.higher > 0.5:
        verdict = _(
            "That is more than chance does (Mann-Whitney test, p = {p}): wrong answers look more at the background."
        )
    else:
        verdict = _("That is more than chance does (Mann-Whitney test, p = {p}): wrong answers look more at the dog.")
    return medians + " " + verdict.format(p=formatting.number(max(found.p, 0.001), 3))


def clearness(found: Clusters | None) -> str:
    """Return whether there are groups of alike maps at all."""
    if found is None:
        return _("There are too few maps to look for groups of alike ones.")
    numbers = {"silhouette": formatting.number(found.silhouette, 2), "chance": formatting.number(found.by_chance, 2)}
    if found.clear:
        return _(
            "The maps form {count} groups that are clearer than chance makes them (silhouette {silhouette}; maps without "
            "groups reach {chance})."
        ).format(count=len(found.clusters), **numbers)
    return _(
        "The maps shade into each other: the groups below are no clearer than chance makes them (silhouette {silhouette}; "
        "maps without groups reach {chance}). Take them as a way to look through the photos."
    ).format(**numbers)


def cluster(one: Cluster, labels: Sequence[Label]) -> list[str]:
    """Return what is worth knowing about one group."""
    count = len(one.numbers)
    said = [ngettext("{count} photo", "{count} photos", count).format(count=count)]
    if one.labelled:
        said.append(_("{right} of {count} right").format(right=one.right, count=one.labelled))
    if one.odd:
        said.append(_("less often right than the others, by more than chance"))
    if one.breed is not None and one.breed[1] > 1:
        said.append(
            _("{times} times “{breed}”").format(times=one.breed[1], breed=formatting.breed(labels[one.breed[0]]))
        )
    return said


def left_out(plan: Plan) -> list[str]:
    """Return what of the source is not looked at, and why."""
    said = []
    if plan.beyond:
        said.append(
            ngettext(
                "There is {count} photo more than can be looked at together; the first {taken} by name are taken.",
                "There are {count} photos more than can be looked at together; the first {taken} by name are taken.",
                plan.beyond,
            ).format(count=plan.beyond, taken=len(plan.photos) + len(plan.left_out))
        )
    if plan.others:
        said.append(
            ngettext("{count} other file is no picture.", "{count} other files are no pictures.", plan.others).format(
                count=plan.others
            )
        )
    return [*said, *(one.why for one in plan.left_out)]
