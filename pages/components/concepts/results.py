"""The result of TCAV: bars with intervals, and one sentence a concept; a failed test takes the place of its score."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from pages.components.outputs.charts import legible
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number, share, significant
from xai_core.photos.textures import TEXTURES
from xai_core.render import heatmap
from xai_core.studies.concept_test import ConceptTest
from xai_core.studies.tcav import OWN, TcavResult

_GREY = "rgba(128, 128, 128, 0.45)"
_LINE = "rgba(128, 128, 128, 0.9)"
_WORDS = "rgb(118, 118, 118)"  # reads on white and on the dark page alike
_FOR_PLACE, _AGAINST_PLACE = 9, 1  # among the palette's eleven colours: strong, not the strongest
_ROW = 54  # px
_HARDLY_SEPARABLE = 0.7  # held-out accuracy


@dataclass(frozen=True)
class Row:
    """One concept as it is shown; without a test it is still being tested."""

    key: str
    title: str
    noun: str  # inside a sentence
    test: ConceptTest | None = None
    accuracy: float = 0.5  # of the concept vectors on photos held out

    @property
    def passed(self) -> bool:
        """Whether its scores differ from those of random photos."""
        return self.test is not None and self.test.passed

    @property
    def score(self) -> float:
        """The TCAV score in [0, 1]; 0.5 where there is none yet."""
        return 0.5 if self.test is None else self.test.score


def rows(concepts: Sequence[str], own_name: str, result: TcavResult | None) -> list[Row]:
    """Return the concepts in their order with their tests, as far as they are done."""
    return [_row(key, own_name, result) for key in concepts]


def _row(key: str, own_name: str, result: TcavResult | None) -> Row:
    title, noun = (own_name, own_name) if key == OWN else (_(TEXTURES[key].title), _(TEXTURES[key].noun))
    if result is None or key not in result.tests:
        return Row(key, title, noun)
    return Row(key, title, noun, result.tests[key], result.accuracy[key])


def draw(rows: Sequence[Row], breed: str, *, whole: bool) -> None:
    """Draw the bars beside the sentences."""
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.plotly_chart(
            legible(_chart(rows)),
            key=f"concept-bars-{whole}",
            config={"staticPlot": True},
            alt=_("TCAV scores: {scores}").format(scores="; ".join(_short(row) for row in rows)),
        )
    with right:
        for row in rows:
            if row.test is None:
                st.markdown(_("**{concept}**: being tested.").format(concept=row.title))
            elif row.passed:
                st.markdown(_sentence(row, breed))
            else:
                st.warning(_warning(row), icon=":material/help:")


def _short(row: Row) -> str:
    if row.test is None:
        return _("{concept} being tested").format(concept=row.title)
    if not row.passed:
        return _("{concept} no different from random photos").format(concept=row.title)
    return f"{row.title} {share(row.score)}"


def _sentence(row: Row, breed: str) -> str:
    if row.score > 0.5:
        part = row.score
        sentence = _(
            "**{concept}: for {breed}.** Pushing what this layer holds towards {noun} raises the breed's score in {share} "
            "of the cases."
        )
    else:
        part = 1 - row.score
        sentence = _(
            "**{concept}: against {breed}.** Pushing what this layer holds towards {noun} lowers the breed's score in "
            "{share} of the cases."
        )
    return f"{sentence.format(concept=row.title, breed=breed, noun=row.noun, share=share(part))} {_accuracy(row)}"


def _warning(row: Row) -> str:
    assert row.test is not None
    sentence = _(
        "**{concept}**: no score. What pushing towards {noun} does here is no different from pushing towards random photos "
        "(p = {p}), so it says nothing about {noun}."
    )
    return f"{sentence.format(concept=row.title, noun=row.noun, p=_p_value(row.test.p_value))} {_accuracy(row)}"


def _accuracy(row: Row) -> str:
    if row.accuracy < _HARDLY_SEPARABLE:
        sentence = _(
            "The layer tells {noun} from random photos in {share} of photos it was not shown before; with so many mistakes "
            "it hardly knows {noun}."
        )
    else:
        sentence = _("The layer tells {noun} from random photos in {share} of photos it was not shown before.")
    return sentence.format(noun=row.noun, share=share(row.accuracy))


def _p_value(value: float) -> str:
    if value < 0.001:
        return _("under {share}").format(share=number(0.001, 3))
    return significant(value, 2) if value < 0.1 else number(value, 2)


def _chart(rows: Sequence[Row]) -> go.Figure:
    palette = [colour for _, colour in heatmap.legend(True)]
    shown = rows[::-1]  # Plotly counts from below
    figure = go.Figure()
    for row in shown:
        figure.add_trace(_bar(row, palette[_FOR_PLACE if row.score > 0.5 else _AGAINST_PLACE]))
    figure.add_vline(x=0.5, line={"color": _LINE, "width": 1})
    for row in shown:
        if not row.passed:
            text = _("being tested") if row.test is None else _("no score")
            figure.add_annotation(
                x=0.51,
                y=row.title,
                text=text,
                showarrow=False,
                xanchor="left",
                yshift=17,
                font={"color": _WORDS, "size": 14},
            )
    figure.update_layout(
        height=_ROW * len(rows) + 62,
        margin={"l": 0, "r": 4, "t": 4, "b": 4},
        bargap=0.55,
        showlegend=False,
        barmode="overlay",
    )
    figure.update_xaxes(
        range=[-0.14, 1.14],
        tickvals=[0, 0.5, 1],
        ticktext=[_("0 %<br>always lowers it"), _("50 %<br>chance"), _("100 %<br>always raises it")],
        fixedrange=True,
        zeroline=False,
        showgrid=False,
    )
    figure.update_yaxes(automargin=True, ticks="", ticksuffix="  ", tickfont={"size": 14}, showgrid=False)
    return figure


def _bar(row: Row, colour: str) -> go.Bar:
    """Return a bar from chance to the score with its interval; a grey one without figures for a failed test."""
    if row.test is None:
        return go.Bar(base=[0.5], x=[0], y=[row.title], orientation="h")
    length = row.score - 0.5
    spread = {"array": [row.test.high - row.score], "arrayminus": [row.score - row.test.low]}
    return go.Bar(
        base=[0.5],
        x=[length],
        y=[row.title],
        orientation="h",
        marker={"color": colour if row.passed else _GREY},
        error_x={"type": "data", "symmetric": False, "thickness": 1.5, "width": 5, "color": _LINE, **spread},
        opacity=1 if row.passed else 0.4,
        text=[share(row.score)] if row.passed else None,
        textposition="inside" if abs(length) > 0.15 else "none",
        insidetextanchor="middle",
        textfont={"color": "white"},
    )
