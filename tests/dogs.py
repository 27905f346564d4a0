"""A dog that is found at once, in the place of the networks that look for it: they take a second of processor a photo."""

import numpy as np

from xai_core.detection.locate import DogLocation
from xai_core.photos.foreground import Box

BOX = (0.3, 0.2, 0.8, 0.9)  # left, top, right, bottom


def in_the_middle(pixels: np.ndarray, box: Box | None = None) -> DogLocation:
    """Return a dog in a box a little right of the photo's middle, or in `box`; in a photo of one colour there is none."""
    edges = BOX if box is None else (box.left / 100, box.top / 100, box.right / 100, box.bottom / 100)
    rows, columns = np.mgrid[:60, :80]
    left, top, right, bottom = edges
    inside = (columns >= 80 * left) & (columns < 80 * right) & (rows >= 60 * top) & (rows < 60 * bottom)
    empty = pixels.min() == pixels.max()
    return DogLocation(
        boxes=np.array([] if empty else [BOX], np.float32).reshape(-1, 4),
        animals=() if empty else ("dog",),
        scores=np.array([] if empty else [0.9], np.float32),
        outline=inside & (not empty),
        agreement=0.0 if empty else 0.95,
        doubts=("none", "small", "unsteady") if empty else (),
    )
