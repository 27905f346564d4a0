"""A picture as a chart on which visitors select places with the mouse: Streamlit's own pictures cannot be drawn on."""

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go

_TALLEST, _LOWEST, _WIDTH = 480, 240, 470  # px, of the chart


def photo_figure(
    picture: str,
    shape: tuple[int, ...],
    points: np.ndarray,
    *,
    marker: dict[str, object],
    texts: Sequence[str] = (),
    tool: Literal["lasso", "select"],
) -> go.Figure:
    """Return a picture, an address as `data_address` makes it, of `shape` (height, width, ...) under selectable points.

    `points` f[n,2] are rows and columns as shares in [0, 1]. Coordinates of selections are the picture's pixels. `tool` is
    what the mouse draws: loops or boxes.
    """
    height, width = shape[:2]
    figure = go.Figure()
    figure.add_scatter(
        x=points[:, 1] * width,
        y=points[:, 0] * height,
        mode="markers",
        marker=marker,
        text=list(texts),
        hovertemplate="%{text}<extra></extra>" if texts else None,
        hoverinfo=None if texts else "skip",
        unselected={"marker": {"opacity": 0.8 if texts else 0}},
    )
    figure.add_layout_image(
        source=picture, xref="x", yref="y", x=0, y=0, sizex=width, sizey=height, sizing="stretch", layer="below"
    )
    figure.update_xaxes(visible=False, range=[0, width], fixedrange=True)
    figure.update_yaxes(visible=False, range=[height, 0], fixedrange=True, scaleanchor="x")
    figure.update_layout(
        height=min(_TALLEST, max(_LOWEST, round(_WIDTH * height / width))),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode=tool,
        showlegend=False,
    )
    return figure


def data_address(picture: bytes) -> str:
    """Return a JPEG file as a data address."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
