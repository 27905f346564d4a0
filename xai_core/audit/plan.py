"""The plan of an audit: its photos and their true breeds, the network and the methods."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from xai_core import params
from xai_core.audit.breeds import Breeds
from xai_core.audit.sources import MOST_PHOTOS, Source
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import ImageError, ParameterError, StoreError, XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import LazyText
from xai_core.photos.decoding import shown_name
from xai_core.types import ImageInput, Parameter

#: Raised when the contents of a row change their meaning: older audits are then computed again.
_FORMAT: Literal[1] = 1
_LATER = "later"
DEFAULT_METHODS = ("grad_cam",)


@dataclass(frozen=True)
class Listed:
    """One photo of an audit."""

    digest: str
    name: str  # shown to people, never used as a path
    truth: int | None  # the class named by its folder


@dataclass(frozen=True)
class LeftOut:
    """A picture that cannot be used, and the sentence why, which is translated where it is shown."""

    name: str
    sentence: str
    values: Mapping[str, Any]  # of the sentence's placeholders, as in XaiError

    @property
    def why(self) -> str:
        """The sentence in the current language."""
        return str(ImageError(self.sentence, **self.values))


@dataclass(frozen=True)
class Plan:
    """Everything that determines the results of an audit, and what was left out of it."""

    classifier: str
    weights: str  # the network's digest
    explainers: tuple[Explainer, ...]
    photos: tuple[Listed, ...]
    left_out: tuple[LeftOut, ...] = ()
    others: int = 0  # files that are no pictures
    beyond: int = 0  # pictures after the first 500

    @property
    def id(self) -> str:
        """32 hexadecimal digits that identify the audit: equal for the same photos, network and methods."""
        inputs = {
            "format": _FORMAT,
            "classifier": self.classifier,
            "weights": self.weights,
            "methods": [
                (explainer.info.key, explainer.info.version, params.values_of(explainer))
                for explainer in self.explainers
            ],
            "photos": [dataclasses.astuple(photo) for photo in self.photos],
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]

    def save(self, path: Path) -> None:
        """Write the plan as JSON. Raises OSError."""
        content = _PlanFile(
            format=_FORMAT,
            classifier=self.classifier,
            weights=self.weights,
            methods=[(explainer.info.key, params.values_of(explainer)) for explainer in self.explainers],
            photos=self.photos,
            left_out=[dataclasses.replace(one, values=_marked(one.values)) for one in self.left_out],
            others=self.others,
            beyond=self.beyond,
        )
        path.write_bytes(msgspec.json.encode(content))

    @staticmethod
    def load(path: Path) -> "Plan":
        """Return a saved plan. Raises StoreError where there is none, or where it is damaged."""
        try:
            content = msgspec.json.decode(path.read_bytes(), type=_PlanFile)
            return Plan(
                classifier=content.classifier,
                weights=content.weights,
                explainers=tuple(build_explainer(key, settings) for key, settings in content.methods),
                photos=content.photos,
                left_out=tuple(dataclasses.replace(one, values=_unmarked(one.values)) for one in content.left_out),
                others=content.others,
                beyond=content.beyond,
            )
        except (OSError, ValueError, XaiError):  # msgspec's DecodeError is a ValueError
            raise StoreError("This audit is not stored here (any more); please start it again.") from None


class _PlanFile(msgspec.Struct):
    """A plan as JSON."""

    format: Literal[1]  # _FORMAT
    classifier: str
    weights: str
    methods: list[tuple[str, dict[str, Parameter]]]
    photos: tuple[Listed, ...]
    left_out: list[LeftOut]
    others: int
    beyond: int


def _marked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sentence's values for JSON; texts that are translated when the sentence is shown are marked."""
    return {name: {_LATER: str(value)} if isinstance(value, LazyText) else value for name, value in values.items()}


def _unmarked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that were given to `_marked`."""
    return {name: LazyText(value[_LATER]) if isinstance(value, dict) else value for name, value in values.items()}


def with_network(plan: Plan, old_spec: ModelSpec, spec: ModelSpec, explainers: Sequence[Explainer]) -> Plan:
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
        plan, classifier=spec.key, weights=spec.weights_digest, explainers=tuple(explainers), photos=photos
    )


def make_plan(
    source: Source,
    spec: ModelSpec,
    explainers: Sequence[Explainer],
    decode: Callable[[bytes, str], ImageInput],
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Plan, dict[str, int]]:
    """Return the plan of an audit of a source's photos, and the number in the source of each photo by digest.

    `decode` makes a photo from bytes and a name, and may store it (Workbench.keep_photo); photos are decoded one at a time,
    to find those that are damaged. `progress` is called with the share of the photos that has been read.
    Raises ParameterError for a source without usable photos or without methods, and the errors of the source.
    """
    if not explainers:
        raise ParameterError("Please choose at least one method.")
    breeds = Breeds(spec.labels)
    places = source.places()
    if not places:
        raise ParameterError("There is no photo in there; JPEG, PNG and WebP files are looked for, in all sub-folders.")
    photos: list[Listed] = []
    left_out: list[LeftOut] = []
    numbers: dict[str, int] = {}
    for place in places[:MOST_PHOTOS]:
        progress(place.number / min(len(places), MOST_PHOTOS))
        try:
            image = decode(source.read(place), place.name)
        except ImageError as error:
            left_out.append(LeftOut(shown_name(place.name), str(error.args[0]), error.values))
        else:
            photos.append(Listed(image.digest, image.name, breeds.named(place.folders)))
            numbers.setdefault(image.digest, place.number)
    progress(1.0)
    if not photos:
        raise ParameterError(
            "None of the {count} pictures in there can be used; of the first one: {why}",
            count=len(left_out),
            why=left_out[0].why,
        )
    plan = Plan(
        spec.key,
        spec.weights_digest,
        tuple(explainers),
        tuple(photos),
        tuple(left_out),
        source.others,
        max(0, len(places) - MOST_PHOTOS),
    )
    return plan, numbers
