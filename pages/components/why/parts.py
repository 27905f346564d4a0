"""Parts of the dog: which superpixels show head, body or legs, and how much of the evidence lies on each."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import dog, job_progress
from pages.components.outputs.charts import legible
from pages.components.outputs.photo_figure import data_address, photo_figure
from pages.components.outputs.prediction_view import QUIET_BAR
from pages.components.shell import address, session
from pages.components.shell.frame import guarded
from pages.components.why import maps, sentences
from pages.components.why.pair import Row
from xai_core.errors import ParameterError
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.maps.regions import KEYS, REGIONS, MarkedRegions, RegionShares, region_shares, suggest_regions
from xai_core.photos.decoding import to_screen
from xai_core.render import heatmap
from xai_core.types import Explanation

_LABELLED = 0.08  # a share from which its figure fits into its part of the bar, also on a phone
_POINT = "rgba(255, 255, 255, 0.85)"


def draw(subject: Subject, rows: list[Row]) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "On which part of the dog does the evidence lie? The dog is told from its background to begin with; mark its "
            "head, body and legs yourself."
        )
    )
    painting, chart = st.columns([5, 7], gap="medium")
    marked = None
    with painting, guarded():
        marked = _paint(subject)
    with chart:
        method = maps.method()
        if marked is None:
            return
        with guarded():
            _shares(subject, rows, marked, method)


def _paint(subject: Subject) -> MarkedRegions | None:
    """Draw the photo with its parts, on which superpixels can be marked; return the regions once they can be relied on."""
    location = dog.location(subject)
    if location is None:
        return None
    start = _suggested(subject.digest, subject.photo.image.pixels, location.outline)
    marked, by_hand = start, False
    if text := address.query().get("parts"):
        try:
            marked, by_hand = start.from_text(text), True
        except ParameterError as error:
            st.warning(str(error))
    titles = {key: _(title) for key, title in REGIONS.items()}
    brush = url_widgets.segments("brush", _("What you select on the photo becomes"), titles, "head")
    figure = _figure(subject.digest, marked, subject.photo)
    # Another key for other marks: what was selected is marked by now, and the next selection begins anew.
    key = f"paint-{subject.digest[:12]}-{marked.to_text()}"
    st.plotly_chart(
        legible(figure),
        key=key,
        on_select=lambda: _take(key, marked, brush),
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "modeBarButtons": [["select2d", "lasso2d"]], "displayModeBar": True},
        alt=_("The photo with its parts in colour; each point is a patch that can be marked"),
    )
    colours = heatmap.class_colours(len(KEYS))
    swatches = "".join(
        f'<span><i style="background: {colour}"></i>{title}</span>'
        for colour, title in zip(colours, titles.values(), strict=False)
    )
    st.html(f'<div class="seespot-classes seespot-classes-beside">{swatches}</div>')
    if not by_hand:
        dog.doubts(location)
    st.caption(_("Draw a box or a loop around points, or click one: the patches whose points lie inside are marked."))
    st.button(_("Start again"), key="parts-again", icon=":material/undo:", on_click=address.put, kwargs={"parts": None})
    # An outline in doubt gives no shares, until somebody has marked the parts.
    return marked if by_hand or location.reliable() else None


def _take(key: str, marked: MarkedRegions, brush: str) -> None:
    points = st.session_state[key]["selection"]["point_indices"]
    if points:
        address.put(parts=marked.with_region(points, brush).to_text())


def _shares(subject: Subject, rows: list[Row], marked: MarkedRegions, method: str) -> None:
    """Draw the share of each part, a bar for each network and breed."""
    explainer = maps.METHODS[method]
    jobs = maps.jobs_of(subject, rows, explainer)
    bars: dict[str, RegionShares] = {}
    warnings = []
    for row in rows:
        breeds = (row.a, row.b, _("{a} rather than {b}").format(a=row.a, b=row.b))
        for number, (request, breed) in enumerate(zip(row.requests(explainer), breeds, strict=True)):
            key = f"part-{row.spec.key}-{number}"
            explanation: Explanation | None = job_progress.result(key, jobs[request], request)
            if explanation is None:
                continue
            shares = region_shares(explanation.values, marked)
            bars[f"{row.spec.title}: {breed}"] = shares
            if number == 0 and shares.much_outside:
                warnings.append(sentences.outside(row, shares))
    if not bars:
        return
    for warning in warnings:
        st.warning(warning)
    areas = next(iter(bars.values())).areas
    figure, alt = _bars(bars, areas)
    st.plotly_chart(legible(figure), key="shares", config={"staticPlot": True}, alt=alt)
    st.caption(
        _(
            "A share is the part of everything on a map that speaks for the breed (its orange) that lies on the region; what "
            "speaks against the breed is left out. Evidence spread blindly over the photo would have the shares of the area."
        )
    )
    lines = [
        sentences.unmarked(areas),
        *(sentences.nothing(title) for title, shares in bars.items() if not shares.any_evidence),
    ]
    st.caption("  \n".join(filter(None, lines)))


def _bars(bars: dict[str, RegionShares], areas: np.ndarray) -> tuple[go.Figure, str]:
    """Return the shares as one bar each, that of the area first, and the same as text."""
    lines = {_("Area of the photo"): areas, **{title: bar.shares for title, bar in bars.items()}}
    figure = go.Figure()
    for position, (key, colour) in enumerate(zip(KEYS, heatmap.class_colours(len(KEYS)), strict=False)):
        values = [float(shares[position]) for shares in lines.values()]
        if not any(values):
            continue
        figure.add_bar(
            name=_(REGIONS[key]),
            y=list(lines),
            x=values,
            orientation="h",
            marker={"color": colour, "line": {"color": QUIET_BAR, "width": 1}},
            text=[formatting.share(round(value, 2)) if value >= _LABELLED else "" for value in values],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            insidetextfont={"color": "#222" if position in (0, 3) else "#fff"},
        )
    for title in lines:
        # Above the bar: beside it, long names would leave no room for bars on a phone.
        figure.add_annotation(
            text=title, x=0, y=title, xanchor="left", yanchor="bottom", yshift=16, showarrow=False, font={"size": 14}
        )
    figure.update_layout(
        barmode="stack",
        height=70 + 62 * len(lines),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        bargap=0.58,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(autorange="reversed", visible=False)
    texts = [
        f"{title}: "
        + ", ".join(
            f"{_(REGIONS[key])} {formatting.share(float(part))}" for key, part in zip(KEYS, shares, strict=True) if part
        )
        for title, shares in lines.items()
    ]
    return figure, "; ".join(texts)


def _figure(digest: str, marked: MarkedRegions, photo: session.ShownPhoto) -> go.Figure:
    """Return the photo under its parts' colours, with a point on each superpixel."""
    return photo_figure(
        _source(digest, marked.to_text(), marked, photo),
        photo.shown.shape,
        marked.centres,
        marker={"size": 9, "color": _POINT, "line": {"color": "#333", "width": 1}},
        texts=[_(REGIONS[KEYS[region]]) for region in marked.regions],
        tool="lasso",
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _source(digest: str, text: str, _marked: MarkedRegions, _photo: session.ShownPhoto) -> str:
    """Return the coloured photo as a data address. Digest and text stand for the photo and its parts."""
    picture = heatmap.class_map(_photo.shown, _marked.pixel_regions.astype(np.int32), range(len(KEYS)))
    return data_address(to_screen(picture))


@st.cache_data(show_spinner=False, max_entries=32)
def _suggested(digest: str, _pixels: np.ndarray, _dog: np.ndarray) -> MarkedRegions:
    """Return the parts to begin with. The digest stands for the pixels and for the dog's outline, which follows from them."""
    return suggest_regions(_pixels, _dog)
