"""The flip test: the smallest patch found that must go for the answer to change, and that must stay for it to hold."""

import dataclasses

import plotly.graph_objects as go
import streamlit as st

from pages.components.inputs import url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress
from pages.components.outputs.charts import legible
from pages.components.outputs.prediction_view import CHOSEN_BAR, QUIET_BAR
from pages.components.shell import session
from pages.components.shell.frame import guarded
from pages.components.why import maps, sentences
from pages.components.why.pair import Row
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import N_, _
from xai_core.photos.decoding import to_screen
from xai_core.render import pictures
from xai_core.requests import StudyRequest
from xai_core.studies.flip_test import FlipPart, FlipTest, FlipTestResult

_FILLS = {
    "blurred": N_("Blurred"),
    "mean": N_("Their own mean colour"),
    "grey": N_("Grey"),
    "black": N_("Black"),
}
_ALONE = "asked"  # in the address: patches are ordered by hiding each of them alone


def draw(subject: Subject, rows: list[Row]) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "How much of the photo must go until the answer changes, and how little must stay for it to hold? The photo is "
            "cut into patches; those that speak most for {a} rather than {b} go first."
        ).format(a=rows[0].a, b=rows[0].b)
    )
    test, order = _settings(rows[0])
    for row in rows:
        with guarded():
            _row(subject, row, test, order)
    with st.expander(_("How this is found")):
        st.markdown(
            _(
                "Patches go one after the other, the strongest first, until the answer changes. Then each one that is not "
                "needed is put back: of what is left in the end, none could be spared. It is the smallest patch that was "
                "found, not necessarily the smallest there is. What must stay is found the other way round, beginning with "
                "a photo of which everything is hidden."
            )
        )
        st.markdown(
            _(
                "A hidden patch is not nothing: a blurred or grey one is something new to see. If another filling gives "
                "quite another patch, trust neither much."
            )
        )


def _settings(row: Row) -> tuple[FlipTest, str]:
    """Draw the test's settings, and return the test and what orders the patches: a key of maps.METHODS or _ALONE."""
    left, right = st.columns([8, 4], gap="medium", vertical_alignment="bottom")
    with left:
        until = url_widgets.segments(
            "until",
            _("The answer has changed when"),
            {
                "answer": _("{a} is no longer the first answer").format(a=row.a),
                "pair": _("{b} is ahead of {a}").format(a=row.a, b=row.b),
            },
            "answer",
        )
    with right, st.popover(_("Settings"), icon=":material/tune:"):
        fill = url_widgets.choice(
            "fill", _("Hidden patches become"), {key: _(title) for key, title in _FILLS.items()}, "blurred"
        )
        orders = {_ALONE: _("hiding each patch alone")} | {
            key: _(method.info.title) for key, method in maps.METHODS.items()
        }
        order = url_widgets.choice("order", _("What goes first is found by"), orders, _ALONE)
        count = url_widgets.slider("patches", _("Patches, about"), 20, 150, 60, unit="")
    return FlipTest(until=until, fill=fill, superpixels=count), order


def _row(subject: Subject, row: Row, test: FlipTest, order: str) -> None:
    sentences.head(row)
    test = dataclasses.replace(test, against=row.against)
    if order != _ALONE:
        ordering = row.requests(maps.METHODS[order])[2]
        job = session.ask(ordering, subject.photo.image)
        explanation = job_progress.result(f"order-{row.spec.key}", job, ordering)
        if explanation is None:
            st.caption(_("Waits for the map before it."))
            return
        test = test.of_map(explanation.values)
    request = StudyRequest(row.spec.ref, (row.digest,), row.target, test)
    result = job_progress.result(f"flip-{row.spec.key}", session.ask(request, [subject.photo.image]), request)
    if result is not None:
        _result(subject, row, test, result)


def _result(subject: Subject, row: Row, test: FlipTest, result: FlipTestResult) -> None:
    halves = (
        ("hide", _("What must go"), sentences.gone(row, result, test.until)),
        ("keep", _("What must stay"), sentences.kept(row, result, test.until)),
    )
    with st.container(key=f"panels-compare-flip-{row.spec.key}"):
        for column, (part, title, sentence) in zip(st.columns(2, gap="medium"), halves, strict=True):
            with column, st.container(border=True, height="stretch"):
                st.markdown(f"**{title}**")
                if result.part(part).flips:
                    st.image(
                        _picture(repr((row.spec.key, row.digest, row.target, test)), part, result, subject.photo),
                        alt=sentence,
                    )
                st.markdown(sentence)
    with st.expander(_("Step by step")):
        for column, (part, title, _sentence) in zip(st.columns(2, gap="medium"), halves, strict=True):
            with column:
                figure, alt = _curve(row, part, result.part(part))
                st.markdown(f"**{title}**")
                st.plotly_chart(
                    legible(figure), key=f"curve-{part}-{row.spec.key}", config={"displayModeBar": False}, alt=alt
                )
        st.caption(
            _("Asked the network {count} times, in {time}.").format(
                count=result.evaluations, time=formatting.duration(result.seconds)
            )
        )


@st.cache_data(show_spinner=False, max_entries=64)
def _picture(request: str, part: str, _result: FlipTestResult, _photo: session.ShownPhoto) -> bytes:
    """Return the photo as the network is given it in the end, the patch outlined.

    The request's text stands for the arguments that are not hashed.
    """
    patch = _result.part(part).patch[_result.segments]
    picture = pictures.with_patch(_photo.shown, _result.hidden, patch if part == "hide" else ~patch)
    return to_screen(pictures.with_outline(picture, patch))


def _curve(row: Row, name: str, part: FlipPart) -> tuple[go.Figure, str]:
    """Return both breeds' probabilities along the way, and the ends of the curves as text."""
    figure = go.Figure()
    texts = []
    for column, (breed, colour) in enumerate(((row.a, CHOSEN_BAR), (row.b, QUIET_BAR))):
        figure.add_scatter(
            name=breed,
            x=part.areas,
            y=part.probabilities[:, column],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"size": 5},
            hovertemplate="%{x:.0%}: %{y:.1%}<extra></extra>",
        )
        ends = {
            "start": formatting.share(float(part.probabilities[0, column])),
            "end": formatting.share(float(part.probabilities[-1, column])),
        }
        texts.append(_("{breed}: from {start} to {end}").format(breed=breed, **ends))
    if part.flips:
        figure.add_vline(x=part.first_share, line={"color": QUIET_BAR, "dash": "dot"})
    figure.update_layout(
        separators=formatting.separators(),
        height=260,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        legend={"orientation": "h", "x": 0, "y": 1.15},
    )
    title = _("Share of the photo hidden") if name == "hide" else _("Share of the photo shown")
    figure.update_xaxes(title=title, tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(title=_("Probability"), tickformat=".0%", rangemode="tozero", fixedrange=True)
    return figure, "; ".join(texts)
