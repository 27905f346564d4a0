"""The page "Why this breed?": what decides between two breeds, for each network."""

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.shell import frame
from pages.components.why import flip, maps, pair, parts
from xai_core.i18n.catalogues import N_, _

_VIEWS = {
    "maps": (N_("Side by side"), maps.draw),
    "flip": (N_("The flip test"), flip.draw),
    "parts": (N_("Parts of the dog"), parts.draw),
}


def why() -> None:
    """Draw the page from top to bottom."""
    current = subject.read()
    st.title(_("Why this breed and not that one?"), anchor=False)
    st.markdown(
        _(
            "Two breeds side by side, as the networks see them: what speaks for each, and what for the one rather than "
            "the other."
        )
    )
    subject.bar(current)
    breed, look, networks = st.columns([10, 12, 8], gap="medium", vertical_alignment="bottom")
    with breed:
        against = pair.other_breed(current)
    with look:
        titles = {key: _(title) for key, (title, _draw) in _VIEWS.items()}
        view = url_widgets.segments("look", _("What to look at"), titles, "maps", hide_label=True)
    with networks:
        keys = pair.networks()
    if rows := pair.rows(current, against, keys):
        _VIEWS[view][1](current, rows)


with frame.page("why"):
    why()
