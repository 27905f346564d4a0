"""Where the dog is in the visitor's photo: asked for, waited for, and doubted where there is reason to."""

import numpy as np
import streamlit as st

from pages.components.inputs.subject import Subject
from pages.components.outputs import job_progress
from pages.components.shell import session
from xai_core.detection.locate import DogLocation
from xai_core.i18n.catalogues import _
from xai_core.photos.foreground import Box
from xai_core.requests import DogRequest


def location(subject: Subject, box: Box | None = None) -> DogLocation | None:
    """Return where the dog is, in `box` if there is one; until that is known draw the waiting and return None."""
    request = DogRequest(subject.spec.ref, subject.digest, box)
    key = f"dog-{subject.digest[:12]}"
    found: DogLocation | None = job_progress.result(key, session.ask(request, subject.photo.image), request)
    return found


def outline(subject: Subject) -> np.ndarray | None:
    """Return the dog's outline bool[h,w]; None until it is known, and where it cannot be relied on."""
    job = session.ask(DogRequest(subject.spec.ref, subject.digest), subject.photo.image)
    if job.state != "done":
        return None
    found = job.result()
    return found.outline if found.reliable() else None


def doubts(found: DogLocation) -> None:
    """Draw why the outline is not to be relied on, if so."""
    if not found.reliable():
        st.warning(" ".join([*found.sentences(), _("Correct the outline by hand before you trust a share.")]))
