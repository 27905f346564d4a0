"""What a report holds, all of it measured before: nothing is computed from here on but agreement and pictures."""

import datetime
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_core.errors import ComputationError, ParameterError
from xai_core.findings.known import KnownNetwork, findings
from xai_core.maps import consensus
from xai_core.maps.location import box_around_strongest
from xai_core.photos.foreground import foreground_mask
from xai_core.types import Finding, ImageInput, Label

#: Packages whose versions a result may depend on.
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
#: Where a report shows what compares maps.
AGREEMENT = "agreement"


@dataclass(frozen=True)
class Scoring:
    """How the maps' scores were measured (studies.faithfulness.Faithfulness)."""

    fill: str = "blurred"
    steps: int = 24
    seeds: tuple[int, ...] = (0, 1)  # of the random orders (metrics.deletion_insertion.random_map)


@dataclass(frozen=True, eq=False)
class Report:
    """One photo, one breed, what networks make of it, and everything needed to compute that again."""

    image: ImageInput
    networks: tuple[KnownNetwork, ...]  # asked about the same breed; their maps' places are unique
    scoring: Scoring
    made: datetime.date
    opacity: float = 0.6  # of the drawn maps, as in render.overlay
    engines: Mapping[str, str] = field(default_factory=dict)  # by network: what executed it, where that is known
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> Label:
        """The breed that is explained."""
        return self.networks[0].spec.labels[self.networks[0].target]

    @property
    def maps(self) -> list[np.ndarray]:
        """The values of all maps, network by network."""
        return [one.explanation.values for network in self.networks for one in network.maps]

    def findings(self) -> list[Finding]:
        """Return what the numbers say, in the language spoken now."""
        return findings(self.networks, AGREEMENT, dog=dog(self.image, self.maps))


def dog(image: ImageInput, maps: Sequence[np.ndarray]) -> np.ndarray | None:
    """Return bool[H,W], what stands out where the maps' consensus is warm; None where nothing does, or there is no map.

    The mask follows the maps: it lies where most of them point, so only a map that points elsewhere can miss it.
    """
    if len(maps) < 2:
        return None
    together = consensus.weighted_mean(maps, [1.0] * len(maps))
    try:
        return foreground_mask(image.pixels, box_around_strongest(together))
    except (ComputationError, ParameterError):
        return None


def versions() -> dict[str, str]:
    """Return what a result may depend on, by name: Python, the machine, and the packages that are installed."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
