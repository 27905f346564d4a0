"""The contents of a report. All networks have been evaluated; only agreement and pictures are computed from here on."""

import datetime
import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from xai_core.detection.locate import DogLocation
from xai_core.findings.photo_findings import NetworkResult, all_findings
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
    location: DogLocation | None = None  # of the dog; None where it was not looked for
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

    @property
    def dog(self) -> np.ndarray | None:
        """The dog's outline bool[h,w]; None where it cannot be relied on."""
        return self.location.outline if self.location is not None and self.location.reliable() else None

    def findings(self) -> list[Finding]:
        """Return the findings in the current language."""
        return all_findings(self.networks, AGREEMENT, dog=self.dog)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that may change a result, and the machine type."""
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
