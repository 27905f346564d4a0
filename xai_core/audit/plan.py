"""What an audit is about: which photos, what is known of them, which network and which methods."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_core import params
from xai_core.audit.breeds import Breeds
from xai_core.audit.sources import MOST_PHOTOS, Source
from xai_core.classifiers.base import ModelSpec
from xai_core.errors import ImageError, ParameterError, StoreError, XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import LazyText
from xai_core.photos.decoding import shown_name
from xai_core.types import ImageInput

#: Raise it when a row gets another meaning: older audits are then computed again.
_FORMAT = 1
_LATER = "later"
DEFAULT_METHODS = ("grad_cam",)


@dataclass(frozen=True)
class Listed:
    """One photo of an audit."""

    digest: str
    name: str  # shown to people, never used as a path
    truth: int | None  # the class that its folder names


@dataclass(frozen=True)
class LeftOut:
    """A picture that cannot be used, and why: a sentence with its values, said in the language of who reads it."""

    name: str
    sentence: str
    values: Mapping[str, Any]

    @property
    def why(self) -> str:
        """The whole sentence."""
        return str(ImageError(self.sentence, **self.values))

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can hold of it; what is to be translated when it is read stays so."""
        values = {name: {_LATER: str(one)} if isinstance(one, LazyText) else one for name, one in self.values.items()}
        return {"name": self.name, "sentence": self.sentence, "values": values}

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "LeftOut":
        """Return what `as_json` gave."""
        values = {
            name: LazyText(one[_LATER]) if isinstance(one, dict) else one for name, one in content["values"].items()
        }
        return LeftOut(content["name"], content["sentence"], values)


@dataclass(frozen=True)
class Plan:
    """Everything that the answers of an audit follow from, and what was left out of it."""

    classifier: str
    weights: str  # the network's digest
    explainers: tuple[Explainer, ...]
    photos: tuple[Listed, ...]
    left_out: tuple[LeftOut, ...] = ()
    others: int = 0  # files that are no pictures
    beyond: int = 0  # pictures after the first 500

    @property
    def id(self) -> str:
        """32 hexadecimal digits that stand for this audit: the same photos, network and methods are the same audit."""
        asked = {
            "format": _FORMAT,
            "classifier": self.classifier,
            "weights": self.weights,
            "methods": [(one.info.key, one.info.version, params.values_of(one)) for one in self.explainers],
            "photos": [dataclasses.astuple(photo) for photo in self.photos],
        }
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]

    def save(self, path: Path) -> None:
        """Write the plan as JSON. Raises OSError."""
        content = {
            "format": _FORMAT,
            "classifier": self.classifier,
            "weights": self.weights,
            "methods": [[one.info.key, params.values_of(one)] for one in self.explainers],
            "photos": [dataclasses.asdict(photo) for photo in self.photos],
            "left_out": [one.as_json() for one in self.left_out],
            "others": self.others,
            "beyond": self.beyond,
        }
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Plan":
        """Return a plan that was saved. Raises StoreError where there is none, or it makes no sense."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                raise ValueError("written by another version")
            return Plan(
                classifier=content["classifier"],
                weights=content["weights"],
                explainers=tuple(build_explainer(key, settings) for key, settings in content["methods"]),
                photos=tuple(Listed(**photo) for photo in content["photos"]),
                left_out=tuple(LeftOut.from_json(one) for one in content["left_out"]),
                others=content["others"],
                beyond=content["beyond"],
            )
        except (OSError, ValueError, TypeError, KeyError, XaiError):
            raise StoreError("This audit is not stored here (any more); please start it again.") from None


def asked_again(plan: Plan, known: ModelSpec, spec: ModelSpec, explainers: Sequence[Explainer]) -> Plan:
    """Return the plan of the same photos for the network `spec` and other methods; `known` is the plan's own network.

    A true breed that the other network does not know is unknown from now on. Raises ParameterError without methods.
    """
    if not explainers:
        raise ParameterError("Please choose at least one method.")
    breeds = Breeds(spec.labels)
    photos = tuple(
        dataclasses.replace(photo, truth=None if photo.truth is None else breeds.same(known.labels[photo.truth]))
        for photo in plan.photos
    )
    return dataclasses.replace(
        plan, classifier=spec.key, weights=spec.weights_digest, explainers=tuple(explainers), photos=photos
    )


def make_plan(
    source: Source,
    spec: ModelSpec,
    explainers: Sequence[Explainer],
    take: Callable[[bytes, str], ImageInput],
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Plan, dict[str, int]]:
    """Return the plan of an audit of a source's photos, and the number in the source of each digest.

    `take` makes a photo of bytes and a name, and may keep it (Workbench.keep_photo); photos are decoded one at a time, to
    find those that are damaged. `progress` is told the share that has been read.
    Raises ParameterError for a source without usable photos or methods, and what the source raises.
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
            image = take(source.read(place), place.name)
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
