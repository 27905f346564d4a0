"""The layer that is examined: its requests, its block, and which of its channels is enlarged."""

from dataclasses import dataclass

from pages.components.outputs import feature_visualisation
from pages.components.shell import address, session
from xai_core.classifiers.base import ModelSpec
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_
from xai_core.requests import StudyRequest
from xai_core.studies.base import Output, Study
from xai_core.studies.feature_visualisation import FeatureVisualisation, FeatureVisualisationResult
from xai_core.studies.first_kernels import FirstKernels, FirstKernelsResult
from xai_core.studies.layer_maps import LayerMaps, LayerMapsResult
from xai_core.studies.projections import Projections, ProjectionsResult

ORDERS = {"mean": N_("Most active"), "influence": N_("Most influential")}


@dataclass(frozen=True, eq=False)
class LayerView:
    """A layer of a network, the photo and the class that are explained, and the order of the layer's maps."""

    spec: ModelSpec
    photo: session.ShownPhoto
    target: int
    layer: str
    order: str  # a key of ORDERS

    @property
    def maps(self) -> StudyRequest[LayerMapsResult]:
        """The request for the layer's activation maps."""
        return self._request(LayerMaps(layer=self.layer))

    @property
    def projections(self) -> StudyRequest[ProjectionsResult]:
        """The request for the projections of the strongest channels."""
        return self._request(Projections(layer=self.layer, order=self.order))

    def projection(self, channel: int) -> StudyRequest[ProjectionsResult]:
        """Return the request for one channel's projection."""
        return self._request(Projections(layer=self.layer, channel=channel))

    @property
    def kernels(self) -> StudyRequest[FirstKernelsResult]:
        """The request for the network's first kernels."""
        return self._request(FirstKernels())

    def visualisation(self, channel: int) -> StudyRequest[FeatureVisualisationResult]:
        """Return the request for the picture that activates a channel most; it is the same for all photos and breeds."""
        return feature_visualisation.request(self.spec.ref, 0, FeatureVisualisation(layer=self.layer, channel=channel))

    def shows_visualisation(self, channel: int) -> bool:
        """Whether the address asks for the picture that activates this channel most."""
        return address.query().get("like") == self.name(channel)

    def name(self, channel: int) -> str:
        """Return how the address names a channel."""
        return f"{self.layer}.{channel}"

    @property
    def block(self) -> str:
        """The CAM layer that ends the block of this layer."""
        place = self.spec.layers.index(self.layer)
        return next(layer for layer in self.spec.layers[place:] if layer in self.spec.cam_layers)

    @property
    def siblings(self) -> tuple[str, ...]:
        """The layers of the same block, this one among them, from input to output."""
        layers, ends = self.spec.layers, self.spec.cam_layers
        end = layers.index(self.block)
        start = max((layers.index(layer) + 1 for layer in ends if layers.index(layer) < end), default=0)
        return layers[start : end + 1]

    @property
    def in_first_block(self) -> bool:
        """Whether the layer is in the network's first block."""
        return self.spec.layers[0] in self.siblings

    @property
    def breed(self) -> str:
        """The breed that is explained."""
        return formatting.breed(self.spec.labels[self.target])

    def channel(self) -> int | None:
        """Return the channel that is enlarged: the address's, else the strongest one once the maps are there."""
        job = session.ask(self.maps, [self.photo.image])
        if job.state != "done":
            return None
        result = job.result()
        layer, _dot, number = address.query().get("channel", "").rpartition(".")
        if layer == self.layer and number.isdecimal() and int(number) in result.channels:
            return int(number)
        return int(result.strongest(self.order)[0])

    def _request(self, study: Study[Output]) -> StudyRequest[Output]:
        return StudyRequest(self.spec.ref, (self.photo.image.digest,), self.target, study)
