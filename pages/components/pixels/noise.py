"""SmoothGrad with more and more noise."""

import numpy as np
import streamlit as st

from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress
from pages.components.outputs.map_panel import placeholder
from pages.components.pixels.reading import breeds_first, over_photo, reading, unsqueezed
from pages.components.shell import session
from pages.components.shell.address import View
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import StudyRequest
from xai_core.studies.noise_sweep import LEVELS, NoiseSweep
from xai_core.types import Label, Measurements

_WIDTH = 172  # px: all six in a row on a screen, two beside each other on a phone
_LOST = 0.5  # of the probability without noise, under which the noisy photo counts as another one


def draw(chosen: Subject) -> None:
    """Draw one strip: a noisy copy of the photo and the map at each level."""
    st.markdown(
        _(
            "SmoothGrad adds a different fine noise to copies of the photo and averages their gradients: dots of chance "
            "cancel out, what the copies have in common stays. Too little noise leaves the dots, too much leaves no dog."
        )
    )
    if chosen.target is None:
        return breeds_first()
    label = chosen.spec.labels[chosen.target]
    reading(label, chosen.address.view)
    question = StudyRequest(chosen.spec.ref, (chosen.digest,), chosen.target, NoiseSweep())

    def first(partial: Measurements | None) -> None:
        _strip(partial, chosen.held, chosen.address.view)

    found = job_progress.result("noise", session.ask(question, [chosen.held.image]), question, draw=first)
    if found is not None:
        _strip(found, chosen.held, chosen.address.view)
        st.markdown(_told(found.arrays["levels"], found.arrays["probabilities"], label))


def _strip(found: Measurements | Measurements | None, held: session.Photo, view: View) -> None:
    done = 0 if found is None else len(found.arrays["levels"])
    with st.container(horizontal=True, gap="small", key="noise-strip"):
        for number, level in enumerate(LEVELS):
            with st.container(width=_WIDTH, gap="small"):
                st.markdown(_("**Noise {level} %**").format(level=level))
                if found is None or number >= done:
                    placeholder(held, _("The map is on its way"))
                    continue
                st.image(
                    over_photo(found.arrays["maps"][number], False, held, view),
                    alt=_("SmoothGrad, {level} % noise").format(level=level),
                )
                st.image(
                    unsqueezed(found.arrays["photos"][number], held),
                    alt=_("The photo with {level} % noise").format(level=level),
                )
                probability = formatting.share(float(found.arrays["probabilities"][number]))
                st.caption(_("Probability: {share}").format(share=probability))


def _told(levels: np.ndarray, probabilities: np.ndarray, label: Label) -> str:
    """Return up to which noise the network still sees what it is asked about."""
    lost = np.flatnonzero(probabilities < _LOST * probabilities[0])
    if not lost.size:
        return _(
            "Even the noisiest copy keeps more than half of the probability of {breed}, so all six maps answer the same "
            "question."
        ).format(breed=formatting.breed(label))
    return _(
        "With {level} % noise the probability of {breed} is less than half of what it is without ({share}): from there "
        "on the maps say what the network makes of noisy pictures, no longer of this photo."
    ).format(level=levels[lost[0]], breed=formatting.breed(label), share=formatting.share(float(probabilities[0])))
