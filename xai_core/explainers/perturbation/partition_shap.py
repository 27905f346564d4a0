"""Partition SHAP: what rectangles of the photo contribute, split further where it matters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xai_core import params
from xai_core.classifiers.base import Classifier, ModelSpec
from xai_core.explainers.base import Explainer, MethodInfo, Progress, ignore_progress
from xai_core.explainers.shared.completeness import attribution_against_reference
from xai_core.i18n.catalogues import N_
from xai_core.types import Attribution, PassCounts

#: Evaluations between two partial maps, each of which has a small cost.
_REFRESH = 48


@dataclass(frozen=True)
class PartitionShap(Explainer):
    """Share out the logit's gain over a hidden photo among rectangles, by Owen values of a tree of halves.

    Lundberg's PartitionExplainer of the package `shap` with its image masker; Owen 1977 defines the values. Values are
    f32[h,w] in units of the logit, added up over the three colours, and sum to F(photo) - F(hidden photo) exactly.
    Diagnostics: "logit", "reference_logit" (of the wholly hidden photo), "completeness_delta" and "relative_delta"
    (what rounding leaves). Filling in works on 8-bit colours, so with it F is the logit of the photo rounded to them.
    We deviate from the package in the order of equally important rectangles only: first opened, first split.
    """

    info: ClassVar[MethodInfo] = MethodInfo(
        key="partition_shap",
        title=N_("SHAP (partition)"),
        family="perturbation",
        how=N_(
            "It blurs rectangles of the photo and shares the change of the score fairly among them. "
            "Rectangles that matter most are split further."
        ),
        sentence=N_(
            "Coloured rectangles are parts of the photo that speak for this breed or against it; "
            "the map is finer where it matters more."
        ),
        paper="Lundberg and Lee 2017; Owen 1977",
        url="https://shap.readthedocs.io/en/latest/generated/shap.PartitionExplainer.html",
        signed=True,
        needs=("logits",),
        trust=N_("For large parts of the photo: what the rectangles say adds up to the score exactly."),
        limits=N_(
            "The edges of its rectangles follow a grid and not the dog, and a blurred photo still shows a little."
        ),
    )

    evaluations: int = params.integer(
        300,
        20,
        1000,
        N_("Samples"),
        N_("Partly hidden photos that the network is asked about; more give smaller rectangles."),
        step=10,
    )
    hidden: str = params.choice(
        "blur",
        (N_("blur"), N_("inpaint")),
        N_("Hidden parts become"),
        N_("Strongly blurred, or filled in from what surrounds them."),
    )

    def pass_counts(self, spec: ModelSpec) -> PassCounts:
        return PassCounts(forward=self.evaluations + 2)

    def attribute(
        self, classifier: Classifier, rgb: np.ndarray, target: int, progress: Progress = ignore_progress
    ) -> Attribution:
        progress(0.0)
        from shap.maskers import Image

        from xai_core.explainers.perturbation.owen_values import OrderedPartitionExplainer

        height, width = rgb.shape[:2]
        # OpenCV fills in 8-bit pictures only, and shap casts to them without scaling.
        scale = 255 if self.hidden == "inpaint" else 1
        photo = np.rint(rgb * 255) if self.hidden == "inpaint" else rgb
        masking = "inpaint_telea" if self.hidden == "inpaint" else f"blur({width // 2},{height // 2})"
        ends: list[float] = []

        def logit_of(masked: np.ndarray) -> np.ndarray:
            logits = classifier.logits((masked / scale).astype(np.float32))[:, target].astype(np.float64)
            # shap evaluates the wholly hidden photo first and the whole one second.
            ends.extend(logits[: 2 - len(ends)].tolist())
            return logits

        def attribution(values: np.ndarray) -> Attribution:
            reference_logit, logit = ends
            by_pixel = values.reshape(rgb.shape).sum(axis=2)
            return attribution_against_reference(by_pixel, logit, reference_logit)

        refreshed = 0

        def after_batch(evaluations: int, values: Callable[[], np.ndarray]) -> None:
            nonlocal refreshed
            refresh = evaluations // _REFRESH > refreshed
            refreshed = evaluations // _REFRESH
            progress(0.99 * min(1.0, (evaluations + 2) / self.evaluations), attribution(values()) if refresh else None)

        explainer = OrderedPartitionExplainer(logit_of, Image(masking, rgb.shape), after_batch)
        explained = explainer(photo[np.newaxis], max_evals=self.evaluations, silent=True)
        result = attribution(explained.values[0])
        progress(1.0, result)
        return result
