"""The smallest network whose gradient says nothing: two inputs, of which either is enough."""

from dataclasses import dataclass

import numpy as np

#: The inputs of interest: from none to twice of what is enough.
LARGEST = 2.0


@dataclass(frozen=True)
class Shares:
    """What four methods give to the two inputs, each as a pair; the reference of the last two is (0, 0)."""

    gradient: tuple[float, float]
    gradient_x_input: tuple[float, float]
    integrated_gradients: tuple[float, float]
    deep_lift: tuple[float, float]


def output(first: np.ndarray | float, second: np.ndarray | float) -> np.ndarray:
    """Return y = 1 - max(0, 1 - (i1 + i2)) for inputs of any one shape, at least 0.

    Shrikumar, Greenside and Kundaje 2017 (arXiv:1704.02685), figure 1: y rises with the sum of the inputs and stays at 1
    from i1 + i2 = 1 on.
    """
    return 1 - np.maximum(0, 1 - (np.asarray(first) + np.asarray(second)))


def shares(first: float, second: float) -> Shares:
    """Return what the methods give to inputs of at least 0, in closed form.

    The gradient is 1 for both inputs below i1 + i2 = 1 and 0 from there on, where we take max's derivative at 0 to be 0
    as networks do. On the straight line from (0, 0) it is 1 for a share min(1, 1 / (i1 + i2)) of the way, which is
    Integrated Gradients' factor. DeepLIFT's rescale rule divides the change of the max, -min(1, i1 + i2), by the change of
    its input, -(i1 + i2): the same factor.
    """
    total = first + second
    slope = 1.0 if total < 1 else 0.0
    factor = 1.0 if total <= 1 else 1 / total
    return Shares(
        gradient=(slope, slope),
        gradient_x_input=(slope * first, slope * second),
        integrated_gradients=(factor * first, factor * second),
        deep_lift=(factor * first, factor * second),
    )
