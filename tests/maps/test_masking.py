"""What a map calls strongest or weakest is blurred, and nothing else."""

import numpy as np

from xai_core.maps.masking import blur_strongest, blur_weakest


def test_the_strongest_or_the_weakest_fifth_is_blurred() -> None:
    """Catches a mask turned or mirrored, and strongest taken for weakest."""
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    values = np.tile(np.arange(60, dtype=np.float32), (40, 1))  # the stronger the farther right
    changed = (blur_strongest(photo, values) != photo).any(axis=(0, 2))
    assert not changed[:48].any() and changed[48:].all()
    changed = (blur_weakest(photo, values) != photo).any(axis=(0, 2))
    assert changed[:12].all() and not changed[12:].any()
