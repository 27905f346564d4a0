"""The most probable breeds as text with bars: it grows with the page's type and is read out as a list."""

from html import escape

import streamlit as st

from xai_core.i18n.catalogues import _
from xai_core.i18n.formatting import breed_names, share
from xai_core.types import Prediction

_COUNT = 4


def bars(prediction: Prediction, target: int | None = None) -> None:
    """Draw the most probable breeds, the `target` in the strong colour; None stands for the first."""
    names = breed_names(prediction.labels)
    top = prediction.top(_COUNT)
    rows = []
    for position in top:
        part = float(prediction.probabilities[position])
        kind = ' class="first"' if position == (top[0] if target is None else target) else ""
        rows.append(
            f"<li{kind}><span>{escape(names[position])}</span><span>{share(part)}</span>"
            f'<i style="width: {part:.1%}"></i></li>'
        )
    said = escape(_("The most probable breeds"))
    st.html(f'<ol class="seespot-bars" aria-label="{said}">{"".join(rows)}</ol>')
