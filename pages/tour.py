"""The page "Tour": nine stations over the samples, each one idea, for people who do not code."""

import streamlit as st

from pages.components.shell import address, frame, presenter_mode
from pages.components.tour.guide import guide
from pages.components.tour.stations import STATIONS
from xai_core.i18n.catalogues import _


def tour() -> None:
    """Draw the station that the address names; only its own answers are requested."""
    place = address.whole_number("stop", 1, len(STATIONS), 1)
    station = STATIONS[place - 1]
    presented = presenter_mode.on()
    if presented:
        presenter_mode.dress()
    else:
        st.title(_("Guided tour"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", key="stage-top"):
        st.header(_(station.title), anchor=False)
        presenter_mode.steps("stop", place, len(STATIONS), leave=presented)
        if not presented:
            presenter_mode.enter()
    st.html(f'<div class="seespot-way" aria-hidden="true"><i style="width: {place / len(STATIONS):.0%}"></i></div>')
    station_guide = guide()
    with st.container(key="stage"):
        pictures, texts = st.columns([9, 5], gap="medium")
        with pictures, st.container(key="stage-pictures"), frame.guarded():
            text = station.draw(station_guide)
        with texts, st.container(key="stage-texts"):
            _paragraph(_("What you see"), text or _("The pictures are on their way."))
            _paragraph(_("What to ask"), _(station.ask))
            _paragraph(_("Where it fools you"), _(station.fools))


def _paragraph(title: str, text: str) -> None:
    st.subheader(title, anchor=False)
    st.markdown(text)


with frame.page("tour"):
    tour()
