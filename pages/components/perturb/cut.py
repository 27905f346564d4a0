"""The third part: the prediction for the dog without its background, and for the background without the dog."""

import dataclasses
from collections.abc import Callable

import numpy as np
import streamlit as st

from pages.components.inputs import photo_picker, url_widgets
from pages.components.inputs.subject import Subject
from pages.components.outputs import dog as dogs
from pages.components.outputs import job_progress, map_panel, prediction_view
from pages.components.outputs.charts import legible
from pages.components.outputs.photo_figure import data_address, photo_figure
from pages.components.perturb import sentences
from pages.components.shell import address, session
from pages.components.shell.address import View
from pages.components.shell.frame import guarded
from xai_core.detection.locate import DogLocation
from xai_core.errors import ComputationError, XaiError
from xai_core.execution.jobs import Job
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n.catalogues import N_, _
from xai_core.maps.location import box_around_strongest
from xai_core.photos.decoding import from_pixels, to_screen
from xai_core.photos.foreground import MINIMUM_SIDE, Box, blurred_background, replace_where
from xai_core.photos.resizing import cover
from xai_core.render import pictures
from xai_core.requests import ExplanationRequest, PredictionRequest
from xai_core.types import Explanation, Prediction

_FILLS = {"colour": N_("A colour"), "blur": N_("The background, blurred"), "photo": N_("Another photo")}
_TITLES = {"as it is": N_("As it is"), "no background": N_("Without its background"), "no dog": N_("Without the dog")}
_PATIENCE = 1.0  # s
_WHOLE = (0, 100)  # %, where no dog was found
_GRID = 40  # points on each side of the photo, without which Plotly takes no box


def draw(subject: Subject) -> None:
    """Draw this part."""
    st.markdown(
        _(
            "Does the network know the dog, or the places where such dogs are photographed? Cut the dog out and ask about "
            "each of the two alone."
        )
    )
    if subject.target is None:
        prediction_view.waiting_caption()
        return
    request = ExplanationRequest(subject.spec.ref, subject.digest, subject.target, GradCam())
    photo, controls = st.columns([5, 7], gap="medium")
    with photo, guarded():
        found = dogs.location(subject)
    if found is None:
        return
    with controls:
        box = _box(found, session.ask(request, subject.photo.image))
        behind = _behind(subject)
    dog = None
    with photo, guarded():
        dog = _dog(subject, found, box)
    st.header(_("With and without"), anchor=False)
    conclusion = st.container()
    parts = {"as it is": subject.photo}
    if dog is not None:
        pixels = subject.photo.image.pixels
        filling = behind(dog)
        parts["no background"] = session.drawable(from_pixels(replace_where(pixels, ~dog, filling), "dog alone"))
        parts["no dog"] = session.drawable(from_pixels(replace_where(pixels, dog, filling), "background alone"))
    predictions = {}
    for number, (column, (name, part)) in enumerate(zip(st.columns(3, gap="medium"), parts.items(), strict=False)):
        with column:
            st.markdown(f"**{_(_TITLES[name])}**")
            predictions[name] = _prediction(subject, number, part, subject.target)
    with conclusion:
        _conclusion(predictions, subject.target)


def _box(found: DogLocation, job: Job[Explanation]) -> tuple[int, int, int, int] | None:
    """Draw the box's controls and return its left, top, right and bottom edge in %; None while it is the detector's."""
    across, down = _found_box(found)
    left, right = url_widgets.span("across", _("The box, from left to right"), across, MINIMUM_SIDE)
    top, bottom = url_widgets.span("down", _("The box, from top to bottom"), down, MINIMUM_SIDE)
    box, help_text = None, _("The map of the heat is still being computed.")
    if job.state == "done":
        try:
            box = box_around_strongest(job.result().values)
            help_text = _("Around the place that speaks most for the breed in Grad-CAM.")
        except XaiError as error:
            help_text = str(error)
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Around the strongest heat"),
            key="box-of-heat",
            icon=":material/filter_center_focus:",
            disabled=box is None,
            on_click=_take_box,
            args=(box,),
            help=help_text,
        )
        st.button(_("As found"), key="usual-box", on_click=_take_box, args=(None,))
    return None if ((left, right), (top, bottom)) == (across, down) else (left, top, right, bottom)


def _found_box(found: DogLocation) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the detector's box as (left, right) and (top, bottom) in %, large enough for the sliders."""
    if not len(found.boxes):
        return _WHOLE, _WHOLE
    left, top, right, bottom = (100 * found.boxes[0]).round().astype(int).tolist()
    return _wide(left, right), _wide(top, bottom)


def _wide(start: int, end: int) -> tuple[int, int]:
    start = min(start, 100 - MINIMUM_SIDE)
    return start, max(end, start + MINIMUM_SIDE)


def _take_box(box: Box | None) -> None:
    if box is None:
        address.put(across=None, down=None)
    else:
        address.put(across=f"{box.left:.0f}-{box.right:.0f}", down=f"{box.top:.0f}-{box.bottom:.0f}")


def _behind(subject: Subject) -> Callable[[np.ndarray], np.ndarray]:
    """Draw what takes the place of a removed part, and return how it is made from the dog's mask."""
    pixels = subject.photo.image.pixels
    fill, detail = st.columns(2, gap="medium", vertical_alignment="bottom")
    with fill:
        kind = url_widgets.choice(
            "behind", _("What is removed becomes"), {key: _(title) for key, title in _FILLS.items()}, "colour"
        )
    with detail:
        if kind == "colour":
            colour = np.array(url_widgets.colour("colour", _("Colour"), "808080"), np.uint8)
            return lambda dog: colour
        if kind == "photo":
            titles = {name: _(sample.title) for name, sample in photo_picker.samples().items()}
            other = photo_picker.samples()[url_widgets.choice("other", _("Photo"), titles, "sheep")]
            return lambda dog: cover(other.load().pixels, pixels.shape[:2])
    return lambda dog: blurred_background(pixels, dog)


def _dog(subject: Subject, found: DogLocation, edges: tuple[int, int, int, int] | None) -> np.ndarray | None:
    """Draw the photo with the box and the dog inside it; return bool[H,W] over the photo once it is known. Raises XaiError."""
    shown = subject.photo.shown
    location: DogLocation | None = found
    if edges is not None:
        location = dogs.location(subject, Box(*edges))
    if location is None:
        return None
    (left, right), (top, bottom) = _found_box(found)
    box = Box(*(edges or (left, top, right, bottom)))
    _photo(pictures.with_box(shown, box.pixels(shown.shape[:2]), location.mask(shown.shape)), box)
    st.caption(
        _(
            "In colour: what is taken for the dog. One network finds the box "
            "([SSDLite-MobileNetV2, Sandler et al. 2018](https://arxiv.org/abs/1801.04381)), another what stands out in it "
            "([U2-Net, Qin et al. 2020](https://arxiv.org/abs/2005.09007)). Where they err, draw another box on the photo, or "
            "move its edges."
        )
    )
    if not location.outline.any():
        raise ComputationError("Nothing stands out in the box; move it closer around the dog.")
    dogs.doubts(location)
    return location.mask(subject.photo.image.pixels.shape)


def _photo(picture: np.ndarray, box: Box) -> None:
    """Draw the photo, on which another box can be drawn."""
    height, width = picture.shape[:2]
    shares = (np.arange(_GRID) + 0.5) / _GRID
    points = np.stack(np.meshgrid(shares, shares, indexing="ij"), axis=-1).reshape(-1, 2)
    # Another key for another box: what was drawn is taken by now, and the next box begins anew.
    key = f"draw-box-{dataclasses.astuple(box)}"
    figure = photo_figure(
        data_address(to_screen(picture)), picture.shape, points, marker={"size": 4, "opacity": 0}, tool="select"
    )
    st.plotly_chart(
        legible(figure),
        key=key,
        on_select=lambda: _take_drawn(key, (height, width)),
        selection_mode="box",
        config={"displayModeBar": False},
        alt=_("The photo with the box; what was cut out is in colour"),
    )


def _take_drawn(key: str, shape: tuple[int, int]) -> None:
    """Take the box that was drawn, which Plotly gives in pixels, whatever corner it began at."""
    drawn = st.session_state[key]["selection"]["box"]
    if drawn:
        across, down = (
            _wide(round(100 * max(0, min(ends)) / side), round(100 * min(side, max(ends)) / side))
            for ends, side in ((drawn[0]["x"], shape[1]), (drawn[0]["y"], shape[0]))
        )
        _take_box(Box(across[0], down[0], across[1], down[1]))


def _prediction(subject: Subject, number: int, part: session.ShownPhoto, target: int) -> Prediction | None:
    """Draw one part's map, prediction and evidence, and return the prediction once it is there."""
    map_request = ExplanationRequest(subject.spec.ref, part.image.digest, target, GradCam())
    prediction_request = PredictionRequest(subject.spec.ref, part.image.digest)
    prediction = explanation = None
    with guarded():
        label = subject.spec.labels[target]
        explanation = map_panel.map_of(f"cut-{number}", map_request, part, View(), label, with_text=False)
    with guarded():
        job = session.ask(prediction_request, part.image)
        prediction = job_progress.result(f"cut-breeds-{number}", job, prediction_request, patience=_PATIENCE)
        if prediction is not None:
            prediction_view.chart(prediction, target, f"cut-bars-{number}")
    if explanation is not None:
        st.caption("  \n".join(diagnostic_sentences(explanation.diagnostics)))
    return prediction


def _conclusion(predictions: dict[str, Prediction | None], target: int) -> None:
    """Draw how the prediction changed, once all three are there, and how to read that."""
    known = {name: prediction for name, prediction in predictions.items() if prediction is not None}
    if len(known) == 3:
        (_name, before), *others = known.items()
        for name, after in others:
            st.markdown(sentences.difference(_(_TITLES[name]), before, after, target))
    st.caption(
        _(
            "A network that knows the dog keeps its answer in the second picture and loses it in the third. The outline of "
            "what was cut out stays to be seen in both, and may itself look like a dog; so try more than one filling."
        )
    )
