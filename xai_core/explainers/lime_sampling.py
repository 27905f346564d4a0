"""The package `lime` with masks drawn in pairs and questions cut into batches. Importing this takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from lime.lime_image import LimeImageExplainer
from sklearn.metrics import pairwise_distances

from xai_core.explainers.batches import batches


@dataclass(frozen=True)
class Neighbourhood:
    """The partly hidden photos asked about so far: which superpixels were visible, and the network's answers."""

    visible: np.ndarray  # i64[n,S], 1 where superpixel S was visible; the first row is the whole photo
    logits: np.ndarray  # f32[n,C]
    before: int  # how many of the rows there were before the last batch


class BatchedLime(LimeImageExplainer):
    """LimeImageExplainer that draws its masks itself and reports after each batch.

    `after_batch` may raise to stop. No progress bar is printed and NumPy's global generator is left alone.
    """

    def __init__(
        self, sampling: str, after_batch: Callable[[Neighbourhood], None], generator: np.random.RandomState
    ) -> None:
        super().__init__(random_state=generator)
        self._sampling = sampling
        self._after_batch = after_batch
        self.first_logits: np.ndarray = np.empty(0, np.float32)  # f32[C], of the whole photo, once asked

    def data_labels(
        self,
        image: np.ndarray,
        fudged_image: np.ndarray,
        segments: np.ndarray,
        classifier_fn: Callable[[np.ndarray], np.ndarray],
        num_samples: int,
        batch_size: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which superpixels were visible i64[n,S] and the network's answers f32[n,C]; see the base class.

        `batch_size` is the base class's and not used: batches are cut as everywhere.
        """
        visible = draw_masks(self._sampling, num_samples, int(segments.max()) + 1, self.random_state)
        answers: list[np.ndarray] = []
        for part in batches(num_samples):
            shown = visible[part][:, segments, np.newaxis] == 1
            answers.append(classifier_fn(np.where(shown, image, fudged_image)))
            self.first_logits = answers[0][0]
            self._after_batch(Neighbourhood(visible[: part.stop], np.concatenate(answers), part.start))
        return visible, np.concatenate(answers)

    def fit(self, seen: Neighbourhood, target: int, kept: int, regressor: Any) -> tuple[list[tuple[int, float]], float]:
        """Return [(superpixel, weight), ...] and the weighted R² of the fit to what has been seen so far."""
        distances = pairwise_distances(seen.visible, seen.visible[:1], metric="cosine").ravel()
        _, weights, fit, _ = self.base.explain_instance_with_data(
            seen.visible, seen.logits, distances, target, kept, model_regressor=regressor
        )
        return weights, fit


def draw_masks(sampling: str, count: int, superpixels: int, generator: np.random.RandomState) -> np.ndarray:
    """Return i64[count,superpixels], 1 where a superpixel is visible; the first row shows all of them.

    "independent" tosses a coin for each superpixel, as the package does. "paired" hides half of them and then the other
    half, so that each superpixel is hidden equally often and effects of even order cancel between the two.
    """
    if sampling == "independent":
        masks = generator.randint(0, 2, (count, superpixels))
        masks[0] = 1
        return masks
    masks = np.ones((count, superpixels), dtype=np.int64)
    for row in range(1, count, 2):
        masks[row, generator.permutation(superpixels)[: superpixels // 2]] = 0
        masks[row + 1 : row + 2] = 1 - masks[row]
    return masks
