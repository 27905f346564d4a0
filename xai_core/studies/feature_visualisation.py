"""Feature visualisation: a picture, made from noise, that activates one filter or one breed most strongly."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Progress, ignore_progress, resolve_layer
from xai_core.i18n.catalogues import N_
from xai_core.photos.decoding import from_pixels
from xai_core.studies.base import Study, StudyInfo
from xai_core.types import ImageInput, PassCounts, StudyOutput

#: The channel number that stands for the target's logit.
BREED = -1

#: The photo of such a request: only its size is used, and all visitors share one result.
CANVAS: ImageInput = from_pixels(np.full((64, 64, 3), 128, np.uint8), "grey canvas")

_BLUR_EVERY = 4  # steps, as in two of the four settings of Yosinski 2015, table 1
_REPORT_EVERY = 5  # steps
_SHARED_COLOUR = 0.8  # of a preconditioned step is common to red, green and blue
_NOISE = 0.05  # standard deviation of the starting noise around grey


@dataclass(frozen=True, eq=False)
class FeatureVisualisationResult(StudyOutput):
    """The picture, finished or after the steps so far."""

    picture: np.ndarray  # f32[h,w,3] in [0, 1]
    before: float  # the activation at the start
    after: float  # the activation for the picture, not shifted
    steps: int  # climbed so far


@dataclass(frozen=True)
class FeatureVisualisation(Study[FeatureVisualisationResult]):
    """Climb the gradient of one activation with respect to the picture: x <- x + step * g / rms(g), kept in [0, 1].

    Erhan 2009 (Université de Montréal, report 1341) climbs one unit's activation from noise; Simonyan 2013
    (arXiv:1312.6034, section 2) a class's logit. What is climbed here: the mean of a channel over its places (the "channel
    objective" of Olah 2017, distill.pub/2017/feature-visualization), or the target's logit. What keeps the picture from
    turning into noise, each switched off by 0: `decay` is Simonyan's L2 penalty, in the form of Yosinski 2015
    (arXiv:1506.06579, section 3): shrink towards the mean, here mid-grey; `blur` is Yosinski's Gaussian blur, every fourth
    step; `jitter` is one of Olah's transformations (first used by Mordvintsev 2015): the picture is shifted by a random
    number of pixels before each pass and back after it; `smoothness` is his preconditioning: long waves and common colours
    move faster than short waves and single colours. We deviate in that each step has the same length, which
    shrinks evenly to nothing at the end, instead of one learning rate a layer; and in that pixels stay in [0, 1].

    Of the photos only the size is used. Raises UnknownNameError for a layer or channel that does not exist.
    """

    info: ClassVar[StudyInfo] = StudyInfo("feature_visualisation")
    output: ClassVar = FeatureVisualisationResult

    layer: str = params.layer(N_("The layer that holds the filter; not used for a breed."))
    channel: int = params.integer(
        BREED, BREED, 2**20, N_("Filter"), N_("Its number in the layer; -1 stands for the breed.")
    )
    start: str = params.choice(
        "noise", (N_("noise"), N_("grey")), N_("Start"), N_("What the climb begins with: faint noise or grey.")
    )
    steps: int = params.integer(40, 1, 500, N_("Steps"), N_("More of them make a stronger picture and take longer."))
    step_size: float = params.number(
        0.06,
        0.001,
        0.5,
        N_("Step size"),
        N_("How far a pixel moves in the first step, of the way from black to white."),
        step=0.001,
    )
    jitter: int = params.integer(
        16,
        0,
        64,
        N_("Jitter"),
        N_("Shifts the picture a little before each step, against patterns of single pixels."),
        unit="px",
    )
    blur: float = params.number(
        0.5, 0.0, 5.0, N_("Blur"), N_("Softens the picture every fourth step, against fine noise."), step=0.1, unit="px"
    )
    decay: float = params.number(
        0.01,
        0.0,
        0.5,
        N_("Decay"),
        N_("Pulls the picture back to grey in each step, against glaring colours."),
        step=0.005,
    )
    smoothness: float = params.number(
        1.5,
        0.0,
        3.0,
        N_("Smoothness"),
        N_("Prefers broad shapes to fine ones in each step; 0 treats all alike."),
        step=0.1,
    )
    seed: int = params.seed()

    def pass_counts(self, spec: ModelSpec, photos: int) -> PassCounts:
        reports = 1 + -(-self.steps // _REPORT_EVERY)
        if self.channel == BREED:
            return PassCounts(forward=reports, backward=self.steps)
        return PassCounts(backward=reports + self.steps)

    def run(
        self, classifier: Classifier, photos: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> FeatureVisualisationResult:
        from scipy.ndimage import gaussian_filter

        generator = np.random.default_rng(self.seed)
        picture: np.ndarray = np.full(photos.shape[1:], 0.5, np.float32)
        if self.start == "noise":
            picture += _NOISE * generator.standard_normal(picture.shape, np.float32)
        picture = picture.clip(0, 1)
        before = self._activation(classifier, picture, target)
        result = FeatureVisualisationResult(picture.astype(np.float32), before, before, 0)
        progress(0.0, result)
        for step in range(self.steps):
            shift = tuple(generator.integers(-self.jitter, self.jitter, size=2, endpoint=True).tolist())
            shifted = self._gradient(classifier, np.roll(picture, shift, axis=(0, 1)), target)
            gradient = self._preconditioned(np.roll(shifted, (-shift[0], -shift[1]), axis=(0, 1)))
            length = float(np.sqrt(np.mean(np.square(gradient, dtype=np.float64))))
            if length > 0:  # a filter that is silent everywhere shows no way up
                picture = picture + np.float32(self.step_size * (1 - step / self.steps) / length) * gradient
            picture = 0.5 + np.float32(1 - self.decay) * (picture - 0.5)
            if self.blur and step % _BLUR_EVERY == _BLUR_EVERY - 1 and step < self.steps - 1:
                picture = gaussian_filter(picture, (self.blur, self.blur, 0), mode="wrap")
            picture = picture.clip(0, 1)
            done = step + 1
            if done % _REPORT_EVERY == 0 or done == self.steps:
                after = self._activation(classifier, picture, target)
                result = FeatureVisualisationResult(picture.astype(np.float32), before, after, done)
                progress(done / self.steps, result)
        return result

    def _preconditioned(self, gradient: np.ndarray) -> np.ndarray:
        """Return the gradient f32[h,w,3] with each wave divided by its frequency to the power of the smoothness.

        The colours move partly together, as they do in photos (Olah's decorrelated colours, roughly).
        """
        if not self.smoothness:
            return gradient
        height, width = gradient.shape[:2]
        frequency = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width))
        # The mean has no frequency; it is treated as the longest wave.
        scale = np.maximum(frequency, 1 / max(height, width)) ** -self.smoothness
        shared = _SHARED_COLOUR * gradient.mean(axis=-1, keepdims=True) + (1 - _SHARED_COLOUR) * gradient
        waves = np.fft.rfft2(shared, axes=(0, 1)) * scale[..., np.newaxis]
        smooth: np.ndarray = np.fft.irfft2(waves, s=(height, width), axes=(0, 1)).astype(np.float32)
        return smooth

    def _activation(self, classifier: Classifier, picture: np.ndarray, target: int) -> float:
        if self.channel == BREED:
            return float(classifier.logits(picture[np.newaxis])[0, target])
        layer = resolve_layer(classifier.spec, self.layer)
        return float(classifier.channel_gradients(picture[np.newaxis], layer, self.channel)[0][0])

    def _gradient(self, classifier: Classifier, picture: np.ndarray, target: int) -> np.ndarray:
        if self.channel == BREED:
            return classifier.gradients(picture[np.newaxis], target)[0]
        layer = resolve_layer(classifier.spec, self.layer)
        return classifier.channel_gradients(picture[np.newaxis], layer, self.channel)[1][0]
