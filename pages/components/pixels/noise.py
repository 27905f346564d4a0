"""SmoothGrad with more and more noise."""

import numpy as np
import streamlit as st

from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress, prediction_view
from pages.components.outputs.map_panel import placeholder
from pages.components.pixels.reading import over_photo, reading, unsqueezed
from pages.components.shell import session
from pages.components.shell.address import View
from xai_core.i18n import formatting
from xai_core.i18n.catalogues import _
from xai_core.requests import StudyRequest
from xai_core.studies.noise_sweep import LEVELS, NoiseSweep, NoiseSweepResult
from xai_core.types import Label

_WIDTH = 172  # px: all six in a row on a screen, two beside each other on a phone
_LOST = 0.5  # of the probability without noise, under which the noisy photo counts as another one


def draw(subject: Subject) -> None:
    """Draw one strip: a noisy copy of the photo and the map at each level."""
    st.markdown(
        _(
            "SmoothGrad adds a different fine noise to copies of the photo and averages their gradients: dots of chance "
            "cancel out, what the copies have in common stays. Too little noise leaves the dots, too much leaves no dog."
        )
    )
    if subject.target is None:
        return prediction_view.waiting_caption()
    label = subject.spec.labels[subject.target]
    reading(label, subject.address.view)
    request = StudyRequest(subject.spec.ref, (subject.digest,), subject.target, NoiseSweep())

    def strip(partial: NoiseSweepResult | None) -> None:
        _strip(partial, subject.photo, subject.address.view)

    result = job_progress.result("noise", session.ask(request, [subject.photo.image]), request, draw=strip)
    if result is not None:
        strip(result)
        st.markdown(_loss(result, label))


def _strip(result: NoiseSweepResult | None, photo: session.ShownPhoto, view: View) -> None:
    done = 0 if result is None else len(result.levels)
    with st.container(horizontal=True, gap="small", key="noise-strip"):
        for number, level in enumerate(LEVELS):
            with st.container(width=_WIDTH, gap="small"):
                st.markdown(_("**Noise {level} %**").format(level=level))
                if result is None or number >= done:
                    placeholder(photo, _("The map is on its way"))
                    continue
                st.image(
                    over_photo(result.maps[number], False, photo, view),
                    alt=_("SmoothGrad, {level} % noise").format(level=level),
                )
                st.image(
                    unsqueezed(result.photos[number], photo),
                    alt=_("The photo with {level} % noise").format(level=level),
                )
                probability = formatting.share(float(result.probabilities[number]))
                st.caption(_("Probability: {share}").format(share=probability))


def _loss(result: NoiseSweepResult, label: Label) -> str:
    """Return from which noise on the network hardly sees the breed any more."""
    probabilities = result.probabilities
    lost = np.flatnonzero(probabilities < _LOST * probabilities[0])
    if not lost.size:
        return _(
            "Even the noisiest copy keeps more than half of the probability of {breed}, so all six maps answer the same "
            "question."
        ).format(breed=formatting.breed(label))
    return _(
        "With {level} % noise the probability of {breed} is less than half of what it is without ({share}): from there "
        "on the maps say what the network makes of noisy pictures, no longer of this photo."
    ).format(
        level=result.levels[lost[0]], breed=formatting.breed(label), share=formatting.share(float(probabilities[0]))
    )
