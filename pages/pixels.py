"""The page "Pixels": what gradients say about single pixels, and how far that can be trusted."""

import streamlit as st

from pages.components.inputs import subject, url_widgets
from pages.components.pixels import noise, path, saturation, side, trained
from pages.components.shell import frame
from xai_core.i18n.catalogues import N_, _

_PARTS = {
    "side": N_("Side by side"),
    "trained": N_("Trained or not?"),
    "path": N_("A path of pictures"),
    "noise": N_("A little noise"),
    "saturation": N_("Why not one gradient?"),
}
_DRAW = {
    "side": side.draw,
    "trained": trained.draw,
    "path": path.draw,
    "noise": noise.draw,
    "saturation": saturation.draw,
}


def pixels() -> None:
    """Draw the page from top to bottom; only the part that is open needs the network."""
    current = subject.read()
    st.title(_("Which pixels count?"), anchor=False)
    st.markdown(
        _(
            "A **gradient** says how much the network's score for a breed would change if a pixel changed a little. "
            "The methods on this page start from that."
        )
    )
    subject.bar(current)
    parts = {part: _(title) for part, title in _PARTS.items()}
    part = url_widgets.segments("part", _("What is shown"), parts, "side", hide_label=True)
    with frame.guarded():
        _DRAW[part](current)


with frame.page("pixels"):
    pixels()
