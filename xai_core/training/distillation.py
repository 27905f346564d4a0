"""Distillation: a whole network learns to answer as better ones do, on views that are new at every step."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xai_core.classifiers.base import Preprocessing
from xai_core.errors import ComputationError
from xai_core.training.augmentation import MILD, Variety, Views, blend, draw_views, show
from xai_core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from xai_core.training.data import Photos
from xai_core.training.outputs import ranks
from xai_core.training.pupil import Pupil
from xai_core.training.recipe import STATISTICS, VIEWS, Distillation

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

#: rgb f32[B,h,w,3] in [0, 1] -> logits f32[B,C] of whoever teaches.
Teach = Callable[["tf.Tensor"], "tf.Tensor"]

#: Photos u8[B,S,S,3], their labels i32[B], and how they are to be seen.
Batch = tuple[np.ndarray, np.ndarray, Views]

#: Steps between two measurements on the validation photos.
MEASURED_EVERY = 400
#: Seconds of work that a stopped run loses at most.
CHECKPOINT_SECONDS = 60.0
PREPARED = 2  # batches that wait while a step is computed


def distil(
    model: "keras.Model",
    preprocessing: Preprocessing,
    teach: Teach,
    photos: Photos,
    validation: Photos,
    recipe: Distillation,
    folder: Path,
    report: Callable[[str], None] = print,
    *,
    origin: str = "",
    measured_every: int = MEASURED_EVERY,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> list[dict[str, float]]:
    """Train `model` (preprocessed photos of any size -> logits) in place and return one record a measurement.

    At the end it has the average of its weights, with its batch norms' statistics measured again. `validation` is measured
    only, at the size it has; it chooses nothing. A run that was stopped goes on from the last checkpoint in `folder`, to
    the same weights (on a GPU: up to the order of its additions); `origin` says which weights it began with, so that a
    run from others does not go on from there.

    Raises TrainingDataError where a batch is larger than the photos or the checkpoint is another recipe's, and
    ComputationError where the device has too little memory.
    """
    import tensorflow as tf

    try:
        return _Run(model, preprocessing, teach, photos, recipe).carry_out(
            validation, folder, origin, report, measured_every, checkpoint_seconds
        )
    except tf.errors.ResourceExhaustedError:
        raise ComputationError(
            "The device has too little memory for batches of {batch} photos; train again with a smaller --batch.",
            batch=recipe.batch_size,
        ) from None


class _Run:
    """A distillation on its way."""

    def __init__(
        self,
        model: "keras.Model",
        preprocessing: Preprocessing,
        teach: Teach,
        photos: Photos,
        recipe: Distillation,
    ) -> None:
        import tensorflow as tf

        self.pupil = Pupil(model, preprocessing, recipe)
        self.photos, self.recipe = photos, recipe
        self.classes = int(model.output_shape[-1])
        self.show = tf.function(show, autograph=False)
        self.blend = tf.function(blend, autograph=False)
        self.teach = teach

    def carry_out(
        self,
        validation: Photos,
        folder: Path,
        origin: str,
        report: Callable[[str], None],
        measured_every: int,
        checkpoint_seconds: float,
    ) -> list[dict[str, float]]:
        """Take the steps that are left, then put the average in the place of the weights; see `distil`."""
        recipe = self.recipe
        settings = {**asdict(recipe), "origin": origin, "photos": len(self.photos)}
        done = read_checkpoint(folder, settings)
        start, history = (done.step, done.history) if done else (0, [])
        if done:
            self.pupil.restore(done.state)
        written = time.monotonic()
        for step, (rgb, labels, views) in _prepared(self.batch, range(start, recipe.steps)):
            self.learn(step, rgb, labels, views)
            finished = step + 1
            measuring = finished % measured_every == 0 or finished == recipe.steps
            if not measuring and time.monotonic() - written < checkpoint_seconds:
                continue
            record = self.record(finished, measured_every)
            if measuring:
                record |= self.measured(validation)
                history = [*history, record]
                self.pupil.losses.assign(0.0)
            write_checkpoint(folder, Checkpoint(finished, history, self.pupil.state()), settings)
            written = time.monotonic()
            report(json.dumps(record))
        self.pupil.take_average()
        if recipe.statistics_batches:
            self.pupil.measure_norms(self.mild_views())
        return history

    def batch(self, step: int) -> Batch:
        """Return the batch of a step."""
        chosen = self.recipe.photos(step, len(self.photos))
        side, variety = self.recipe.view(step)
        return self.drawn(chosen, side, variety, self.recipe.random(VIEWS, step))

    def drawn(self, chosen: np.ndarray, side: int, variety: Variety, random: np.random.Generator) -> Batch:
        """Return these photos, their labels, and random views of them."""
        rgb = self.photos.pixels[chosen]
        return rgb, self.photos.labels[chosen], draw_views(len(chosen), rgb.shape[1], side, variety, random)

    def learn(self, step: int, photos: np.ndarray, labels: np.ndarray, views: Views) -> None:
        """Take one step; teacher and pupil see the same views."""
        import tensorflow as tf

        rgb = self.show(tf.constant(photos), views.warps, views.light, views.own_share.shape[0])
        wanted = tf.one_hot(labels, self.classes)
        rgb, wanted = self.blend(rgb, wanted, tf.constant(views.partners), tf.constant(views.own_share))
        self.pupil.learn(rgb, self.teach(rgb), wanted, step)

    def record(self, finished: int, measured_every: int) -> dict[str, float]:
        """Return where the run stands; the loss is the mean since the last measurement."""
        since = (finished - 1) % measured_every + 1
        return {
            "step": finished,
            "epochs": round(finished * self.recipe.batch_size / len(self.photos), 2),
            "loss": round(float(self.pupil.losses) / since, 4),
        }

    def measured(self, validation: Photos) -> dict[str, float]:
        """Return {"top_1", "top_5"} of the averaged weights on photos u8[N,h,w,3] seen as they are."""
        with self.pupil.averaged():
            answers = [
                np.asarray(self.pupil.answers(np.float32(pixels) / 255))
                for pixels in _batches(validation.pixels, self.recipe.batch_size)
            ]
        rank = ranks(np.concatenate(answers), validation.labels)
        return {"top_1": round(float(np.mean(rank < 1)), 4), "top_5": round(float(np.mean(rank < 5)), 4)}

    def mild_views(self) -> "Iterator[tf.Tensor]":
        """Yield the views on which the batch norms' statistics are measured at the end, at the last stretch's size."""
        import tensorflow as tf

        size = min(self.recipe.batch_size, len(self.photos))
        for number in range(self.recipe.statistics_batches):
            random = self.recipe.random(STATISTICS, number)
            chosen = random.choice(len(self.photos), size, replace=False)
            photos, _, views = self.drawn(chosen, self.recipe.sides[1], MILD, random)
            yield self.show(tf.constant(photos), views.warps, views.light, self.recipe.sides[1])


def _batches(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _prepared(prepare: Callable[[int], Batch], steps: range) -> Iterator[tuple[int, Batch]]:
    """Yield (step, prepare(step)) in order, while another thread prepares the next ones: a GPU has no time to wait."""
    with ThreadPoolExecutor(1) as thread:
        coming: list[Future[Batch]] = []
        for step in steps:
            while len(coming) < PREPARED and step + len(coming) in steps:
                coming.append(thread.submit(prepare, step + len(coming)))
            yield step, coming.pop(0).result()
