"""Makes the plan of an audit: reads a source's photos, finds copies among them, and their true breeds from folders."""

import dataclasses
from collections.abc import Callable, Sequence

from xai_core.audit.breeds import Breeds
from xai_core.audit.copies import SeenPhotos
from xai_core.audit.places import MOST_PHOTOS, LeftOut, Place, Source, left_out
from xai_core.audit.plan import Contested, Copy, Listed, Plan, UnknownFolder
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import ImageError, ParameterError
from xai_core.explainers.base import Explainer
from xai_core.types import ImageInput, Label


def with_network(
    plan: Plan, old_spec: ModelSpec, spec: ModelSpec, explainers: Sequence[Explainer], *, cropped: bool
) -> Plan:
    """Return the plan of the same photos for the network `spec` and these methods; `old_spec` is the plan's own network.

    A true breed that the new network does not have becomes unknown. Raises ParameterError without methods.
    """
    if not explainers:
        raise ParameterError("Please choose at least one method.")
    breeds = Breeds(spec.labels)
    photos = tuple(
        dataclasses.replace(photo, truth=None if photo.truth is None else breeds.same(old_spec.labels[photo.truth]))
        for photo in plan.photos
    )
    return dataclasses.replace(
        plan,
        classifier=spec.key,
        weights=spec.weights_digest,
        explainers=tuple(explainers),
        photos=photos,
        cropped=cropped,
    )


def make_plan(
    source: Source,
    spec: ModelSpec,
    explainers: Sequence[Explainer],
    decode: Callable[[bytes, str], ImageInput],
    *,
    cropped: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Plan, dict[str, int]]:
    """Return the plan of an audit of a source's photos, and the number in the source of each photo by digest.

    `decode` makes a photo from bytes and a name, and may store it (Workbench.keep_photo); photos are decoded one at a time,
    to find those that are damaged. `progress` is called with the share of the photos that has been read.
    Raises ParameterError for a source without usable photos or without methods, and the errors of the source.
    """
    if not explainers:
        raise ParameterError("Please choose at least one method.")
    places = source.places()
    if not places and not source.left_out:
        raise ParameterError("There is no photo in there, nor in any sub-folder; please choose another folder or zip.")
    collection = _Collection(spec)
    taken = places[:MOST_PHOTOS]
    for place in taken:
        progress(place.number / len(taken))
        try:
            collection.add(place, decode(source.read(place), place.name))
        except ImageError as error:
            collection.left_out.append(left_out(place.path, error))
    progress(1.0)
    unusable = (*source.left_out, *collection.left_out)
    if not collection.places:
        raise ParameterError(
            "None of the {count} pictures in there can be used; of the first one: {why}",
            count=len(unusable),
            why=unusable[0].why,
        )
    plan = Plan(
        spec.key,
        spec.weights_digest,
        tuple(explainers),
        collection.photos(),
        unusable,
        others=source.others,
        beyond=len(places) - len(taken),
        system=source.system,
        copies=tuple(collection.copies),
        contested=collection.contested(),
        unknown_folders=collection.unknown_folders(),
        cropped=cropped,
    )
    return plan, {digest: place.number for digest, place in zip(collection.digests, collection.places, strict=True)}


class _Collection:
    """The photos that count so far, each with the breeds that its folders and those of its copies name."""

    def __init__(self, spec: ModelSpec) -> None:
        self.digests: list[str] = []
        self.places: list[Place] = []
        self.copies: list[Copy] = []
        self.left_out: list[LeftOut] = []
        self._breeds = Breeds(spec.labels)
        self._labels = spec.labels
        self._named: list[set[int]] = []
        self._seen = SeenPhotos()

    def add(self, place: Place, image: ImageInput) -> None:
        """Add a photo, or note it as a copy."""
        match = self._seen.match(image)
        if match is None:
            self.digests.append(image.digest)
            self.places.append(place)
            self._named.append(set())
        else:
            self.copies.append(Copy(match.number, place.path, match.exact))
        breed = self._breeds.named(place.folders)
        if breed is not None:
            self._named[-1 if match is None else match.number].add(breed)

    def photos(self) -> tuple[Listed, ...]:
        """Return the photos; one that is said to show several breeds has no true one."""
        return tuple(
            Listed(digest, place.path, next(iter(named)) if len(named) == 1 else None)
            for digest, place, named in zip(self.digests, self.places, self._named, strict=True)
        )

    def contested(self) -> tuple[Contested, ...]:
        """Return the photos that are said to show several breeds."""
        return tuple(
            Contested(number, tuple(self._labels[breed] for breed in sorted(named)))
            for number, named in enumerate(self._named)
            if len(named) > 1
        )

    def unknown_folders(self) -> tuple[UnknownFolder, ...]:
        """Return the folders of photos without any breed; the source's own folder only where it might mean one."""
        photos: dict[str, list[int]] = {}
        nearest: dict[str, Label | None] = {}
        for number, (place, named) in enumerate(zip(self.places, self._named, strict=True)):
            inside = place.path.rpartition("/")[0]
            folder = inside or (place.folders[-1] if place.folders else "")
            if named or not folder:
                continue
            if folder not in nearest:
                nearest[folder] = self._breeds.nearest(place.folders)
            if inside or nearest[folder] is not None:
                photos.setdefault(folder, []).append(number)
        return tuple(UnknownFolder(path, tuple(photos[path]), nearest[path]) for path in sorted(photos))
