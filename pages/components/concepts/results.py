"""What TCAV found: bars with intervals, and one sentence a concept; a failed test in the place of its score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from pages.components.outputs.charts import legible
from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import number, share, significant
from xai_core.photos.textures import TEXTURES
from xai_core.render import heatmap
from xai_core.studies.tcav import OWN
from xai_core.types import Measurements

_GREY = "rgba(128, 128, 128, 0.45)"
_LINE = "rgba(128, 128, 128, 0.9)"
_WORDS = "rgb(118, 118, 118)"  # reads on white and on the dark page alike
_FOR_PLACE, _AGAINST_PLACE = 9, 1  # among the palette's eleven colours: strong, not the strongest
_ROW = 54  # px
_HARDLY_TOLD_APART = 0.7  # held-out accuracy


@dataclass(frozen=True)
class Row:
    """One concept as it is shown; without numbers it is still being tested."""

    key: str
    title: str
    noun: str  # inside a sentence
    numbers: Mapping[str, float] | None

    @property
    def passed(self) -> bool:
        """Whether its scores differ from those of random photos."""
        return self.numbers is not None and bool(self.numbers["passed"])

    @property
    def score(self) -> float:
        """The TCAV score in [0, 1]; 0.5 where there is none yet."""
        return self.numbers["score"] if self.numbers is not None else 0.5


def rows(concepts: Sequence[str], own_name: str, found: Measurements | Measurements | None) -> list[Row]:
    """Return the concepts in their order with what has been found of each."""
    numbers = {} if found is None else found.numbers
    made = []
    for key in concepts:
        prefix = f"{key}."
        own = {name.removeprefix(prefix): value for name, value in numbers.items() if name.startswith(prefix)}
        title, noun = (own_name, own_name) if key == OWN else (_(TEXTURES[key].title), _(TEXTURES[key].noun))
        made.append(Row(key, title, noun, own or None))
    return made


def draw(made: Sequence[Row], breed: str, *, whole: bool) -> None:
    """Draw the bars beside the sentences."""
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.plotly_chart(
            legible(_chart(made)),
            key=f"concept-bars-{whole}",
            config={"staticPlot": True},
            alt=_("TCAV scores: {scores}").format(scores="; ".join(_told_short(row) for row in made)),
        )
    with right:
        for row in made:
            if row.numbers is None:
                st.markdown(_("**{concept}**: being tested.").format(concept=row.title))
            elif row.passed:
                st.markdown(_sentence(row, breed))
            else:
                st.warning(_warning(row), icon=":material/help:")


def _told_short(row: Row) -> str:
    if row.numbers is None:
        return _("{concept} being tested").format(concept=row.title)
    if not row.passed:
        return _("{concept} no different from random photos").format(concept=row.title)
    return f"{row.title} {share(row.score)}"


def _sentence(row: Row, breed: str) -> str:
    if row.score > 0.5:
        part = row.score
        told = _(
            "**{concept}: for {breed}.** Pushing what this layer holds towards {noun} raises the breed's score in {share} "
            "of the cases."
        )
    else:
        part = 1 - row.score
        told = _(
            "**{concept}: against {breed}.** Pushing what this layer holds towards {noun} lowers the breed's score in "
            "{share} of the cases."
        )
    return f"{told.format(concept=row.title, breed=breed, noun=row.noun, share=share(part))} {_accuracy(row)}"


def _warning(row: Row) -> str:
    assert row.numbers is not None
    told = _(
        "**{concept}**: no score. What pushing towards {noun} does here is no different from pushing towards random photos "
        "(p = {p}), so it says nothing about {noun}."
    )
    return f"{told.format(concept=row.title, noun=row.noun, p=_p_value(row.numbers['p']))} {_accuracy(row)}"


def _accuracy(row: Row) -> str:
    assert row.numbers is not None
    accuracy = row.numbers["accuracy"]
    if accuracy < _HARDLY_TOLD_APART:
        told = _(
            "The layer tells {noun} from random photos in {share} of photos it was not shown before; with so many mistakes "
            "it hardly knows {noun}."
        )
    else:
        told = _("The layer tells {noun} from random photos in {share} of photos it was not shown before.")
    return told.format(noun=row.noun, share=share(accuracy))


def _p_value(value: float) -> str:
    if value < 0.001:
        return _("under {share}").format(share=number(0.001, 3))
    return significant(value, 2) if value < 0.1 else number(value, 2)


def _chart(made: Sequence[Row]) -> go.Figure:
    palette = [colour for _, colour in heatmap.legend(True)]
    shown = made[::-1]  # Plotly counts from below
    figure = go.Figure()
    for row in shown:
        figure.add_trace(_bar(row, palette[_FOR_PLACE if row.score > 0.5 else _AGAINST_PLACE]))
    figure.add_vline(x=0.5, line={"color": _LINE, "width": 1})
    for row in shown:
        if not row.passed:
            text = _("being tested") if row.numbers is None else _("no score")
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
        height=_ROW * len(made) + 62,
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
    if row.numbers is None:
        return go.Bar(base=[0.5], x=[0], y=[row.title], orientation="h")
    length = row.score - 0.5
    spread = {"array": [row.numbers["high"] - row.score], "arrayminus": [row.score - row.numbers["low"]]}
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
