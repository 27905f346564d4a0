"""Inside one layer: its activation maps as a sheet, one of them enlarged, and what activated its channels."""

import streamlit as st

from pages.components.layers import enlarged
from pages.components.layers.layer_view import LayerView
from pages.components.outputs import job_progress, tiles
from pages.components.shell import address, session
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.render import heatmap, pictures
from xai_core.studies.layer_maps import LayerMapsResult
from xai_core.studies.projections import ProjectionsResult

_SHEETS = {
    "mean": N_("The {shown} most active of {count} maps. Click one to enlarge it."),
    "influence": N_("The {shown} most influential of {count} maps. Click one to enlarge it."),
}
_TILE = 84  # px
_PAIR = 316  # px
_KERNEL = 24  # px


def draw(view: LayerView, channel: int | None) -> None:
    """Draw the layer's maps, the enlarged channel first; `channel` is None while the maps are being computed."""
    result = job_progress.result("maps", session.ask(view.maps, [view.photo.image]), view.maps)
    if result is None or channel is None:
        return
    enlarged.draw(view, result, channel)
    _sheet(view, result, channel)
    st.subheader(_("What made the strongest maps answer"), anchor=False)
    _strongest(view, channel)


def kernels(view: LayerView) -> None:
    """Draw the patterns that the network's first convolution looks for."""
    st.subheader(_("The first filters"), anchor=False)
    result = job_progress.result("kernels", session.ask(view.kernels, [view.photo.image]), view.kernels)
    if result is not None:
        squares = [pictures.in_squares(heatmap.around_grey(kernel), _KERNEL) for kernel in result.kernels]
        count, side = result.kernels.shape[:2]
        st.image(pictures.sheet(squares, 16), alt=_("The {count} kernels of the first convolution").format(count=count))
        st.caption(
            _(
                "The {count} patterns of {side} x {side} pixels that the network's first layer looks for, each drawn in the "
                "colours it answers to; grey means that it does not care. Most look for an edge in some direction or for a "
                "colour."
            ).format(count=count, side=side)
        )


def _sheet(view: LayerView, result: LayerMapsResult, enlarged_channel: int) -> None:
    order = result.strongest(view.order)
    places = {int(channel): place for place, channel in enumerate(result.channels)}
    with st.container(horizontal=True, gap="small", key="sheet"):
        for channel in map(int, order):
            mean, influence = float(result.means[channel]), float(result.influences[channel])
            tiles.tile(
                f"map-{channel}",
                heatmap.grey(result.maps[places[channel]], view.photo.shown.shape, 2 * _TILE),
                _("Map {number}").format(number=channel),
                chosen=channel == enlarged_channel,
                width=_TILE,
                help=_("Map {number}: {mean} on average, influence {influence}").format(
                    number=channel,
                    mean=formatting.significant(mean, 3),
                    influence=formatting.significant(influence, 2, signed=True),
                ),
                on_click=_enlarge,
                args=(view, channel),
            )
    st.caption(_(_SHEETS[view.order]).format(shown=len(order), count=len(result.means)))


def _strongest(view: LayerView, enlarged_channel: int) -> None:
    def draw(result: ProjectionsResult | None) -> None:
        if result is None:
            return
        with st.container(horizontal=True, gap="small", key="projections"):
            for place, channel in enumerate(map(int, result.channels)):
                tiles.tile(
                    f"projection-{channel}",
                    enlarged.projection_picture(view, result, place),
                    _("Map {number}, projected").format(number=channel),
                    chosen=channel == enlarged_channel,
                    width=_PAIR,
                    help=_("Map {number}").format(number=channel),
                    on_click=_enlarge,
                    args=(view, channel),
                )

    job = session.ask(view.projections, [view.photo.image])
    draw(job_progress.result("projections", job, view.projections, draw=draw))
    st.caption(
        _(
            "Each pair shows, for one of the strongest maps, its strongest place sent back through the network to the pixels "
            "(left, a DeconvNet projection: grey means nothing was sent) and the same part of the photo (right). "
            "Such projections act partly as edge detectors: read them as where and what, not as how much."
        )
    )


def _enlarge(view: LayerView, channel: int) -> None:
    address.put(channel=view.name(channel))
