"""The plan of an audit: its photos and their true breeds, the network and the methods."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from xai_core import params
from xai_core.audit.places import LeftOut, last_part
from xai_core.errors import StoreError, XaiError
from xai_core.explainers.base import Explainer
from xai_core.explainers.registry import build_explainer
from xai_core.i18n.catalogues import LazyText
from xai_core.types import Label, Parameter

#: Raised when the contents of a row change their meaning: older audits are then computed again.
_FORMAT: Literal[2] = 2
_LATER = "later"
DEFAULT_METHODS = ("grad_cam",)


@dataclass(frozen=True)
class Listed:
    """One photo of an audit."""

    digest: str
    path: str  # inside its source; shown to people, never used as a path
    truth: int | None  # the class named by its folders, or by those of its copies

    @property
    def name(self) -> str:
        """The file's own name."""
        return last_part(self.path)


@dataclass(frozen=True)
class Copy:
    """A copy of a photo of an audit, which does not count by itself."""

    number: int  # of that photo
    path: str  # of the copy
    exact: bool  # the same pixels; otherwise saved again, made smaller, cropped or brightened


@dataclass(frozen=True)
class Contested:
    """A photo that lies, with its copies, in folders of several breeds, so that nobody knows which one is true."""

    number: int  # of the photo
    breeds: tuple[Label, ...]


@dataclass(frozen=True)
class UnknownFolder:
    """A folder with photos whose name is that of no breed."""

    path: str
    numbers: tuple[int, ...]  # of its photos
    nearest: Label | None  # the breed with the most similar name, for a question, never used


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
    system: int = 0  # files that systems and programs keep for themselves
    copies: tuple[Copy, ...] = ()
    contested: tuple[Contested, ...] = ()
    unknown_folders: tuple[UnknownFolder, ...] = ()
    cropped: bool = False  # whether of photos that a dog fills little of, the part around it is looked at alone

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
            "cropped": self.cropped,
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]

    def copies_of(self, number: int) -> list[Copy]:
        """Return the copies of a photo."""
        return [copy for copy in self.copies if copy.number == number]

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
            system=self.system,
            copies=self.copies,
            contested=self.contested,
            unknown_folders=self.unknown_folders,
            cropped=self.cropped,
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
                system=content.system,
                copies=content.copies,
                contested=content.contested,
                unknown_folders=content.unknown_folders,
                cropped=content.cropped,
            )
        except (OSError, ValueError, XaiError):  # msgspec's DecodeError is a ValueError
            raise StoreError("This audit is not stored here (any more); please start it again.") from None


class _PlanFile(msgspec.Struct):
    """A plan as JSON."""

    format: Literal[2]  # _FORMAT
    classifier: str
    weights: str
    methods: list[tuple[str, dict[str, Parameter]]]
    photos: tuple[Listed, ...]
    left_out: list[LeftOut]
    others: int
    beyond: int
    system: int
    copies: tuple[Copy, ...]
    contested: tuple[Contested, ...]
    unknown_folders: tuple[UnknownFolder, ...]
    cropped: bool


def _marked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sentence's values for JSON; texts that are translated when the sentence is shown are marked."""
    return {name: {_LATER: str(value)} if isinstance(value, LazyText) else value for name, value in values.items()}


def _unmarked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that were given to `_marked`."""
    return {name: LazyText(value[_LATER]) if isinstance(value, dict) else value for name, value in values.items()}
