"""One channel of a layer, enlarged: its map, what activated it in the photo, and the picture that would most."""

import numpy as np
import streamlit as st

from pages.components.layers.layer_view import LayerView
from pages.components.outputs import feature_visualisation, job_progress
from pages.components.shell import address, session
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.render import heatmap, pictures
from xai_core.studies.feature_visualisation import FeatureVisualisationResult
from xai_core.studies.layer_maps import LayerMapsResult
from xai_core.studies.projections import ProjectionsResult

_LARGE = 480  # px


def draw(view: LayerView, result: LayerMapsResult, channel: int) -> None:
    """Draw the channel's figures and, beside each other, its pictures."""
    place = int(np.flatnonzero(result.channels == channel)[0])
    values, photo = result.maps[place], view.photo.shown
    st.markdown(_figures(view, result, channel, float(result.peaks[place])))
    spotlight, grey, projected, visualised = st.columns([4, 4, 6, 4], gap="medium")
    with spotlight:
        st.markdown(_("**Where it answers**"))
        alt = _("The photo, bright where map {number} is active").format(number=channel)
        st.image(pictures.spotlight(photo, values), alt=alt)
        st.caption(_("The photo, bright where this map is active."))
    with grey:
        st.markdown(_("**The map itself**"))
        alt = _("Map {number} of {layer}").format(number=channel, layer=view.layer)
        st.image(heatmap.grey(values, photo.shape, _LARGE), alt=alt)
        st.caption(
            _("White is the strongest place, black is silent. Each square is one place of the layer, or a few of many.")
        )
    with projected:
        st.markdown(_("**What it answered to**"))
        request = view.projection(channel)
        projection = job_progress.result("projection", session.ask(request, [view.photo.image]), request)
        if projection is not None:
            alt = _("DeconvNet projection of map {number} beside the photo there").format(number=channel)
            st.image(projection_picture(view, projection, 0), alt=alt)
            st.caption(_("The map's strongest place, sent back to the pixels (DeconvNet), and the photo there."))
    with visualised:
        st.markdown(_("**What it likes best**"))
        if view.shows_visualisation(channel):
            _visualisation(view, channel)
        else:
            _visualisation_button(view, channel)


def projection_picture(view: LayerView, result: ProjectionsResult, place: int) -> np.ndarray:
    """Return one projection beside the part of the photo that it reaches."""
    box, photo = result.boxes[place].tolist(), view.photo.shown
    signal = heatmap.around_grey(result.signals[place])
    return pictures.sheet([pictures.crop(part, box, photo.shape, _LARGE // 2) for part in (signal, photo)], 2)


def _visualisation_button(view: LayerView, channel: int) -> None:
    st.button(
        _("Make a picture"),
        key="like",
        icon=":material/brush:",
        on_click=address.put,
        kwargs={"like": view.name(channel)},
    )
    st.caption(
        _("Starting from noise, a picture is changed step by step until this map answers as strongly as it can.")
        + f" {formatting.takes(session.seconds(view.visualisation(channel)))}"
    )


def _visualisation(view: LayerView, channel: int) -> None:
    def caption(result: FeatureVisualisationResult) -> str:
        return _(
            "Made from noise by {steps} small steps, each of which makes this map answer more: from {before} on average "
            "to {after}. One such picture of many."
        ).format(
            steps=formatting.number(result.steps),
            before=formatting.significant(result.before, 2),
            after=formatting.significant(result.after, 2),
        )

    feature_visualisation.picture(
        "liked",
        view.visualisation(channel),
        forming=_("A first picture of what map {number} likes").format(number=channel),
        finished=_("What map {number} of {layer} likes best").format(number=channel, layer=view.layer),
        caption=caption,
    )


def _figures(view: LayerView, result: LayerMapsResult, channel: int, peak: float) -> str:
    """Return the enlarged channel's figures as sentences."""
    mean, influence = float(result.means[channel]), float(result.influences[channel])
    activation = _("**Map {number}** of {count} in {layer}: {mean} on average, {peak} at its strongest place.").format(
        number=channel,
        count=len(result.means),
        layer=view.layer,
        mean=formatting.significant(mean, 3),
        peak=formatting.significant(peak, 3),
    )
    without = (
        _("Without it the score of {breed} would be about {change} lower.")
        if influence >= 0
        else _("Without it the score of {breed} would be about {change} higher.")
    ).format(breed=view.breed, change=formatting.significant(abs(influence), 2))
    return f"{activation} {without}"
