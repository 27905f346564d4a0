"""The contents of a report. All networks have been evaluated; only agreement and pictures are computed from here on."""

import datetime
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_core.errors import ComputationError, ParameterError
from xai_core.findings.photo_findings import NetworkResult, all_findings
from xai_core.maps import consensus
from xai_core.maps.location import box_around_strongest
from xai_core.photos.foreground import foreground_mask
from xai_core.types import Finding, ImageInput, Label

#: Packages whose version may change a result.
_PACKAGES = (
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "openvino",
    "numpy",
    "scipy",
    "scikit-image",
    "opencv-python-headless",
    "pillow",
    "lime",
    "shap",
)
#: The anchor of the section that compares maps.
AGREEMENT = "agreement"


@dataclass(frozen=True)
class Scoring:
    """The settings of deletion and insertion (studies.faithfulness.Faithfulness)."""

    fill: str = "blurred"
    steps: int = 24
    seeds: tuple[int, ...] = (0, 1)  # of the random orders (metrics.deletion_insertion.random_map)


@dataclass(frozen=True, eq=False)
class Report:
    """One photo, one breed, the results of the networks, and everything needed to compute them again."""

    image: ImageInput
    networks: tuple[NetworkResult, ...]  # all explain the same breed; anchors are unique
    scoring: Scoring
    made: datetime.date
    opacity: float = 0.6  # of the drawn maps, as in render.overlay
    engines: Mapping[str, str] = field(default_factory=dict)  # by network, where known
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> Label:
        """The breed that is explained."""
        return self.networks[0].spec.labels[self.networks[0].target]

    @property
    def maps(self) -> list[np.ndarray]:
        """The values of all maps, network by network."""
        return [map_.explanation.values for network in self.networks for map_ in network.maps]

    def findings(self) -> list[Finding]:
        """Return the findings in the current language."""
        return all_findings(self.networks, AGREEMENT, dog=dog(self.image, self.maps))


def dog(image: ImageInput, maps: Sequence[np.ndarray]) -> np.ndarray | None:
    """Return a mask bool[H,W] of the foreground object at the maps' consensus; None with fewer than two maps, or without one.

    The mask depends on the maps: it lies where most of them point, so only a map that points elsewhere can miss it.
    """
    if len(maps) < 2:
        return None
    mean = consensus.weighted_mean(maps, [1.0] * len(maps))
    try:
        return foreground_mask(image.pixels, box_around_strongest(mean))
    except (ComputationError, ParameterError):
        return None


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that may change a result, and the machine type."""
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
