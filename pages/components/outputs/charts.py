"""Charts whose words everybody can read."""

import plotly.graph_objects as go

_SIZE = 14  # px; Streamlit's theme has 12


def legible(figure: go.Figure) -> go.Figure:
    """Return the chart with its ticks, titles and legend at a size that can be read."""
    font = {"size": _SIZE}
    figure.update_xaxes(tickfont=font, title_font=font)
    figure.update_yaxes(tickfont=font, title_font=font)
    figure.update_layout(legend_font=font)
    return figure
