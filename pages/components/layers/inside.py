"""Inside one layer: its activation maps as a sheet, one of them enlarged, and what made its channels respond."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.components.outputs import job_progress, tiles
from pages.components.shell import address, session
from xai_core.classifiers.base import ModelSpec
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.render import heatmap, pictures
from xai_core.requests import Request, StudyRequest
from xai_core.studies.feature_visualisation import CANVAS, FeatureVisualisation
from xai_core.studies.first_kernels import FirstKernels
from xai_core.studies.layer_maps import LayerMaps
from xai_core.studies.projections import Projections
from xai_core.types import Measurements

ORDERS = {"mean": N_("Most active"), "influence": N_("Most influential")}
_SHEETS = {
    "mean": N_("The {shown} most active of {count} maps. Click one to enlarge it."),
    "influence": N_("The {shown} most influential of {count} maps. Click one to enlarge it."),
}
_TILE = 84  # px
_PAIR = 316  # px
_LARGE = 480  # px
_KERNEL = 24  # px


@dataclass(frozen=True, eq=False)
class Inside:
    """The layer that is looked into, and whose network's, photo's and breed's."""

    spec: ModelSpec
    held: session.Photo
    target: int
    layer: str
    order: str  # a key of ORDERS

    def question(self, study: Any) -> Request:
        """Return the question that a study of this photo answers."""
        return StudyRequest(self.spec.ref, (self.held.image.digest,), self.target, study)

    @property
    def maps(self) -> Request:
        """The question about the layer's activation maps."""
        return self.question(LayerMaps(layer=self.layer))

    @property
    def projections(self) -> Request:
        """The question about the projections of the strongest channels."""
        return self.question(Projections(layer=self.layer, order=self.order))

    def projection(self, channel: int) -> Request:
        """Return the question about one channel's projection."""
        return self.question(Projections(layer=self.layer, channel=channel))

    def likes(self, channel: int) -> Request:
        """Return the question about what one channel likes best; it is the same whatever the photo and the breed."""
        study = FeatureVisualisation(layer=self.layer, channel=channel)
        return StudyRequest(self.spec.ref, (CANVAS.digest,), 0, study)

    def liked(self, channel: int) -> bool:
        """Whether the visitor asked for what this channel likes."""
        return address.query().get("like") == _name(self.layer, channel)

    @property
    def kernels(self) -> Request:
        """The question about the network's first kernels."""
        return self.question(FirstKernels())

    def questions(self, channel: int | None) -> list[Request]:
        """Return all questions about the layer, of which `channel` is enlarged (None: not known yet)."""
        one = []
        if channel is not None:
            one = [self.projection(channel), *([self.likes(channel)] if self.liked(channel) else [])]
        return [self.maps, *one, self.projections, *([self.kernels] if self.first else [])]

    @property
    def block(self) -> str:
        """The CAM layer that ends the block of this layer."""
        return next(layer for layer in self.spec.layers[self._place :] if layer in self.spec.cam_layers)

    @property
    def siblings(self) -> tuple[str, ...]:
        """The layers of the same block, this one among them, from input to output."""
        layers, ends = self.spec.layers, self.spec.cam_layers
        end = layers.index(self.block)
        start = max((layers.index(layer) + 1 for layer in ends if layers.index(layer) < end), default=0)
        return layers[start : end + 1]

    @property
    def first(self) -> bool:
        """Whether this is the network's first block."""
        return self.spec.layers[0] in self.siblings

    @property
    def _place(self) -> int:
        return self.spec.layers.index(self.layer)

    @property
    def breed(self) -> str:
        """The breed that is explained."""
        return formatting.breed(self.spec.labels[self.target])

    def answer(self, key: str, question: Request, **how: Any) -> Mapping[str, np.ndarray] | None:
        """Draw the waiting for a study, and return its arrays once they are there."""
        result = job_progress.result(key, session.ask(question, [self.held.image]), question, **how)
        return None if result is None else result.arrays

    def channel(self) -> int | None:
        """Return the channel that is enlarged: the address's, else the strongest one once the maps are there."""
        job = session.ask(self.maps, [self.held.image])
        if job.state != "done":
            return None
        arrays = job.result().arrays
        layer, _dot, number = address.query().get("channel", "").rpartition(".")
        if layer == self.layer and number.isdecimal() and int(number) in arrays["channels"]:
            return int(number)
        return int(arrays[f"by_{self.order}"][0])


def draw(inside: Inside, channel: int | None) -> None:
    """Draw the layer's maps, the enlarged channel first; `channel` is None while the maps are on the way."""
    arrays = inside.answer("maps", inside.maps)
    if arrays is None or channel is None:
        return
    _enlarged(inside, arrays, channel)
    _sheet(inside, arrays, channel)
    st.subheader(_("What made the strongest maps answer"), anchor=False)
    _strongest(inside, channel)


def kernels(inside: Inside) -> None:
    """Draw the patterns that the network's first convolution looks for."""
    st.subheader(_("The first filters"), anchor=False)
    arrays = inside.answer("kernels", inside.kernels)
    if arrays is not None:
        kernels = [pictures.in_squares(heatmap.around_grey(kernel), _KERNEL) for kernel in arrays["kernels"]]
        count, side = len(kernels), arrays["kernels"].shape[1]
        st.image(pictures.sheet(kernels, 16), alt=_("The {count} kernels of the first convolution").format(count=count))
        st.caption(
            _(
                "The {count} patterns of {side} x {side} pixels that the network's first layer looks for, each drawn in the "
                "colours it answers to; grey means that it does not care. Most look for an edge in some direction or for a "
                "colour."
            ).format(count=count, side=side)
        )


def _enlarged(inside: Inside, arrays: Mapping[str, np.ndarray], channel: int) -> None:
    place = int(np.flatnonzero(arrays["channels"] == channel)[0])
    values, photo = arrays["maps"][place], inside.held.shown
    st.markdown(_figures(inside, arrays, channel, float(arrays["peaks"][place])))
    lit, grey, projected, liked = st.columns([4, 4, 6, 4], gap="medium")
    with lit:
        st.markdown(_("**Where it answers**"))
        alt = _("The photo, bright where map {number} is active").format(number=channel)
        st.image(pictures.spotlight(photo, values), alt=alt)
        st.caption(_("The photo, bright where this map is active."))
    with grey:
        st.markdown(_("**The map itself**"))
        alt = _("Map {number} of {layer}").format(number=channel, layer=inside.layer)
        st.image(heatmap.grey(values, photo.shape, _LARGE), alt=alt)
        st.caption(
            _("White is the strongest place, black is silent. Each square is one place of the layer, or a few of many.")
        )
    with projected:
        st.markdown(_("**What it answered to**"))
        found = inside.answer("projection", inside.projection(channel))
        if found is not None:
            alt = _("DeconvNet projection of map {number} beside the photo there").format(number=channel)
            st.image(_projection(inside, found, 0), alt=alt)
            st.caption(_("The map's strongest place, sent back to the pixels (DeconvNet), and the photo there."))
    with liked:
        st.markdown(_("**What it likes best**"))
        _liked(inside, channel)


def _liked(inside: Inside, channel: int) -> None:
    """Draw a picture made from noise that the channel answers to most, once the visitor asks for it."""
    if not inside.liked(channel):
        st.button(
            _("Make a picture"),
            key="like",
            icon=":material/brush:",
            on_click=address.put,
            kwargs={"like": _name(inside.layer, channel)},
        )
        st.caption(
            _("Starting from noise, a picture is changed step by step until this map answers as strongly as it can.")
            + f" {formatting.takes(session.seconds(inside.likes(channel)))}"
        )
        return
    question = inside.likes(channel)

    def draw(partial: Measurements | None) -> None:
        if partial is not None:
            alt = _("A first picture of what map {number} likes").format(number=channel)
            st.image(pictures.from_rgb(partial.arrays["picture"]), alt=alt)

    job = session.ask(question, [CANVAS])
    result = job_progress.result("liked", job, question, draw=draw)
    if result is not None:
        alt = _("What map {number} of {layer} likes best").format(number=channel, layer=inside.layer)
        st.image(pictures.from_rgb(result.arrays["picture"]), alt=alt)
        st.caption(
            _(
                "Made from noise by {steps} small steps, each of which makes this map answer more: from {before} on average "
                "to {after}. One such picture of many."
            ).format(
                steps=formatting.number(result.numbers["steps"]),
                before=formatting.significant(result.numbers["before"], 2),
                after=formatting.significant(result.numbers["after"], 2),
            )
        )


def _name(layer: str, channel: int) -> str:
    """Return how the address names a channel."""
    return f"{layer}.{channel}"


def _figures(inside: Inside, arrays: Mapping[str, np.ndarray], channel: int, peak: float) -> str:
    """Return the enlarged channel's figures as sentences."""
    mean, influence = float(arrays["means"][channel]), float(arrays["influences"][channel])
    found = _("**Map {number}** of {count} in {layer}: {mean} on average, {peak} at its strongest place.").format(
        number=channel,
        count=len(arrays["means"]),
        layer=inside.layer,
        mean=formatting.significant(mean, 3),
        peak=formatting.significant(peak, 3),
    )
    without = (
        _("Without it the score of {breed} would be about {change} lower.")
        if influence >= 0
        else _("Without it the score of {breed} would be about {change} higher.")
    ).format(breed=inside.breed, change=formatting.significant(abs(influence), 2))
    return f"{found} {without}"


def _sheet(inside: Inside, arrays: Mapping[str, np.ndarray], chosen: int) -> None:
    order = arrays[f"by_{inside.order}"]
    places = {int(channel): place for place, channel in enumerate(arrays["channels"])}
    with st.container(horizontal=True, gap="small", key="sheet"):
        for channel in map(int, order):
            mean, influence = float(arrays["means"][channel]), float(arrays["influences"][channel])
            tiles.tile(
                f"map-{channel}",
                heatmap.grey(arrays["maps"][places[channel]], inside.held.shown.shape, 2 * _TILE),
                _("Map {number}").format(number=channel),
                chosen=channel == chosen,
                width=_TILE,
                help=_("Map {number}: {mean} on average, influence {influence}").format(
                    number=channel,
                    mean=formatting.significant(mean, 3),
                    influence=formatting.significant(influence, 2, signed=True),
                ),
                on_click=_choose,
                args=(inside.layer, channel),
            )
    st.caption(_(_SHEETS[inside.order]).format(shown=len(order), count=len(arrays["means"])))


def _strongest(inside: Inside, chosen: int) -> None:
    def draw(arrays: Mapping[str, np.ndarray]) -> None:
        with st.container(horizontal=True, gap="small", key="projections"):
            for place, channel in enumerate(map(int, arrays["channels"])):
                tiles.tile(
                    f"projection-{channel}",
                    _projection(inside, arrays, place),
                    _("Map {number}, projected").format(number=channel),
                    chosen=channel == chosen,
                    width=_PAIR,
                    help=_("Map {number}").format(number=channel),
                    on_click=_choose,
                    args=(inside.layer, channel),
                )

    arrays = inside.answer(
        "projections", inside.projections, draw=lambda partial: draw(partial.arrays) if partial else None
    )
    if arrays is not None:
        draw(arrays)
    st.caption(
        _(
            "Each pair shows, for one of the strongest maps, its strongest place sent back through the network to the pixels "
            "(left, a DeconvNet projection: grey means nothing was sent) and the same part of the photo (right). "
            "Such projections act partly as edge detectors: read them as where and what, not as how much."
        )
    )


def _projection(inside: Inside, arrays: Mapping[str, np.ndarray], place: int) -> np.ndarray:
    """Return one projection beside the part of the photo that it reaches."""
    box, photo = arrays["boxes"][place].tolist(), inside.held.shown
    signal = heatmap.around_grey(arrays["signals"][place])
    return pictures.sheet([pictures.crop(one, box, photo.shape, _LARGE // 2) for one in (signal, photo)], 2)


def _choose(layer: str, channel: int) -> None:
    address.put(channel=_name(layer, channel))
