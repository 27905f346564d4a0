"""Occlusion: equals a plain loop over windows, sums to w x where windows are disjoint, and covers every pixel."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import ParameterError
from xai_core.explainers.perturbation.occlusion import Occlusion, positions

TARGET = 1


def loop(
    network: fakes.Quadratic, rgb: np.ndarray, colour: np.ndarray | float, window: int, starts: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean drop of each pixel, and the target's probability and the winner of each position, one by one."""
    whole = network.logits(rgb[np.newaxis])[0, TARGET]
    drops: list[list[list[float]]] = [[[] for _ in range(rgb.shape[1])] for _ in range(rgb.shape[0])]
    probability, winner = [], []
    for top in starts:
        for left in starts:
            photo = rgb.copy()
            photo[top : top + window, left : left + window] = colour
            logits = network.logits(photo[np.newaxis])[0].astype(np.float64)
            for row in range(top, top + window):
                for column in range(left, left + window):
                    drops[row][column].append(float(whole - logits[TARGET]))
            probability.append(np.exp(logits[TARGET]) / np.exp(logits).sum())
            winner.append(int(np.argmax(logits)))
    shape = (len(starts), len(starts))
    values = np.array([[np.mean(one) for one in row] for row in drops])
    return values, np.reshape(probability, shape), np.reshape(winner, shape)


@pytest.mark.parametrize(("fill", "colour"), [("grey", 0.5), ("black", 0.0), ("mean", fakes.photo().mean(axis=(0, 1)))])
def test_it_equals_a_plain_loop_over_overlapping_windows(fill: str, colour: np.ndarray | float) -> None:
    """Catches overlaps summed in place of averaged, answers at the wrong places after the coarse first passes."""
    network = fakes.quadratic(seed=3)
    # 32 pixels: a window of 10 every 5, whose last one ends at the edge; 22 is shared out as 0, 4, 9, 13, 18, 22.
    result = Occlusion(window=31, stride=16, fill=fill).attribute(network, fakes.photo(), TARGET)
    values, probability, winner = loop(network, fakes.photo(), colour, 10, [0, 4, 9, 13, 18, 22])
    np.testing.assert_allclose(result.values, values, atol=1e-4)
    np.testing.assert_allclose(result.extras["probability"], probability, atol=1e-5)
    np.testing.assert_array_equal(result.extras["winner"], winner)
    assert result.extras["winner"].dtype == np.int32
    assert result.extras["probability"].dtype == np.float32
    assert len(set(winner.ravel())) > 1, "the test needs windows that change the winner"


def test_disjoint_black_windows_over_a_linear_network_sum_to_w_x() -> None:
    """Catches windows that overlap, leave gaps or are not black."""
    network = fakes.Recorder(fakes.linear())
    result = Occlusion(window=25, stride=25, fill="black").attribute(network, fakes.photo(), TARGET)
    products = network.inner.weights[TARGET].astype(np.float64) * fakes.photo()
    by_window = products.reshape(4, 8, 4, 8, 3).sum(axis=(1, 3, 4))
    np.testing.assert_allclose(result.values, np.kron(by_window, np.ones((8, 8))), atol=1e-5)
    assert result.values.sum() / 64 == pytest.approx(products.sum(), abs=1e-4)
    assert network.evaluations == 1 + 16


def test_a_blurred_window_shows_the_blurred_photo() -> None:
    """Catches a blur of what is left of the photo, whose colours would leak out of the window's surroundings."""
    from xai_core.photos.fills import filled

    network = fakes.Recorder(fakes.linear())
    Occlusion(window=100, fill="blurred").attribute(network, fakes.photo(), TARGET)
    assert network.evaluations == 2
    np.testing.assert_array_equal(network.passes[1][1][0], filled(fakes.photo(), "blurred"))


def test_a_window_as_large_as_the_photo_gives_every_pixel_the_whole_drop() -> None:
    """Catches a division by no steps where there is one position only."""
    network = fakes.linear()
    result = Occlusion(window=100, fill="black").attribute(network, fakes.photo(), 0)
    ends = network.logits(np.stack([fakes.photo(), np.zeros_like(fakes.photo())]))[:, 0]
    np.testing.assert_allclose(result.values, ends[0] - ends[1], atol=1e-5)
    assert result.extras["probability"].shape == (1, 1)


@pytest.mark.parametrize("side", [1, 31, 224, 299])
def test_positions_reach_both_edges_and_leave_no_gap(side: int) -> None:
    """Catches a strip at the right edge that is never hidden, and steps that are longer than asked for."""
    for window in range(1, side + 1, 7):
        for stride in range(1, window + 1, 5):
            starts = positions(side, window, stride)
            assert starts[0] == 0
            assert starts[-1] == side - window
            assert (np.diff(starts) > 0).all()
            assert (np.diff(starts) <= stride).all()


def test_the_usual_window_means_the_same_on_networks_of_different_sizes() -> None:
    """Catches sizes in pixels, and defaults that ask many more questions than were measured to be bearable."""

    class Blank(fakes.Linear):
        """A network that answers at once whatever it is shown."""

        def logits(self, rgb: np.ndarray, *, low_precision: bool = False) -> np.ndarray:
            return np.zeros((len(rgb), fakes.CLASSES), np.float32)

    shapes = []
    for size in (224, 299):
        network = fakes.Recorder(Blank(np.zeros((fakes.CLASSES, size, size, 3))))
        result = Occlusion().attribute(network, fakes.photo((size, size)), 0)
        shapes.append(result.extras["probability"].shape)
        assert network.evaluations <= 1 + 13 * 13
    assert shapes == [(12, 12), (13, 13)]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"window": 101}, r"Window must lie between 2 and 100 %, not 101\."),
        ({"stride": 0}, r"Stride must lie between 1 and 100 %, not 0\."),
        ({"window": 10, "stride": 11}, r"Stride must be at most as long as the window \(10 %\), not 11 %.*\.$"),
    ],
)
def test_windows_that_cannot_be_are_refused(settings: Mapping[str, int], sentence: str) -> None:
    """Catches an endless or empty loop over positions, and pixels that no window covers."""
    with pytest.raises(ParameterError, match=sentence):
        Occlusion(**settings)
