"""What an audit made of its files, in plain sentences: what is left out, copies, and folders whose name is that of no breed."""

from collections.abc import Iterator

from xai_core.audit.places import MOST_PHOTOS
from xai_core.audit.plan import Plan
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _, ngettext


def remarks(plan: Plan) -> list[str]:
    """Return all sentences, the general ones first; each path stands in quotation marks."""
    return [
        *_counts(plan),
        *_unknown_folders(plan),
        *_contested(plan),
        *_copies(plan),
        *(one.why for one in plan.left_out),
    ]


def headlines(plan: Plan) -> list[str]:
    """Return the remarks that numbers cannot be read without: how many photos are copies, and how many have no true breed."""
    told = [_copies_count(plan)] if plan.copies else []
    if plan.unknown_folders:
        count = len(plan.unknown_folders)
        told.append(
            ngettext(
                "The name of {count} folder is that of no breed that the network knows.",
                "The names of {count} folders are those of no breed that the network knows.",
                count,
            ).format(count=count)
        )
    if plan.contested:
        count = len(plan.contested)
        told.append(
            ngettext(
                "{count} photo lies in folders of several breeds, so it counts neither as right nor as wrong.",
                "{count} photos lie in folders of several breeds, so they count neither as right nor as wrong.",
                count,
            ).format(count=count)
        )
    return told


def _counts(plan: Plan) -> Iterator[str]:
    if plan.beyond:
        yield ngettext(
            "There is {count} photo more than can be looked at together; the first {taken} by name are taken.",
            "There are {count} photos more than can be looked at together; the first {taken} by name are taken.",
            plan.beyond,
        ).format(count=plan.beyond, taken=MOST_PHOTOS)
    if plan.others:
        yield ngettext("{count} other file is no picture.", "{count} other files are no pictures.", plan.others).format(
            count=plan.others
        )
    if plan.system:
        yield ngettext(
            "{count} file of system folders (thumbnails, bins, hidden files) is left out.",
            "{count} files of system folders (thumbnails, bins, hidden files) are left out.",
            plan.system,
        ).format(count=plan.system)
    if plan.copies:
        yield _copies_count(plan)


def _unknown_folders(plan: Plan) -> Iterator[str]:
    for folder in plan.unknown_folders:
        told = ngettext(
            "“{folder}” is the name of no breed that the network knows ({count} photo).",
            "“{folder}” is the name of no breed that the network knows ({count} photos).",
            len(folder.numbers),
        ).format(folder=folder.path, count=len(folder.numbers))
        if folder.nearest is not None:
            told += " " + _("If “{breed}” is meant, please rename the folder.").format(
                breed=formatting.breed(folder.nearest)
            )
        yield told


def _contested(plan: Plan) -> Iterator[str]:
    for one in plan.contested:
        yield _(
            "“{path}” lies in folders of several breeds ({breeds}), so it counts neither as right nor as wrong."
        ).format(path=plan.photos[one.number].path, breeds=", ".join(formatting.breed(breed) for breed in one.breeds))


def _copies(plan: Plan) -> Iterator[str]:
    for number, photo in enumerate(plan.photos):
        exact = [copy.path for copy in plan.copies_of(number) if copy.exact]
        alike = [copy.path for copy in plan.copies_of(number) if not copy.exact]
        if exact:
            yield _("Copies of “{path}”: {copies}.").format(path=photo.path, copies=_quoted(exact))
        if alike:
            yield _("Almost the same as “{path}”, and taken for copies: {copies}.").format(
                path=photo.path, copies=_quoted(alike)
            )


def _copies_count(plan: Plan) -> str:
    return ngettext(
        "{count} photo is a copy of another one, which counts once in all numbers.",
        "{count} photos are copies of others, each of which counts once in all numbers.",
        len(plan.copies),
    ).format(count=len(plan.copies))


def _quoted(paths: list[str]) -> str:
    return ", ".join(_("“{path}”").format(path=path) for path in paths)
