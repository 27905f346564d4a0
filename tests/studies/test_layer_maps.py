"""What blocks, channels and first kernels respond to, on networks whose answers are known."""

from typing import Any

import numpy as np
import pytest

from tests import fakes
from xai_core.classifiers.base import Rule
from xai_core.errors import ParameterError, UnknownNameError
from xai_core.studies.base import Study
from xai_core.studies.block_maps import METHODS, BlockMaps
from xai_core.studies.first_kernels import FirstKernels
from xai_core.studies.layer_maps import LayerMaps
from xai_core.studies.projections import Projections
from xai_core.types import StudyOutput

PHOTOS = fakes.photo()[np.newaxis]


class Reports:
    """Progress that keeps what is reported."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.partials: list[Any] = []

    def __call__(self, fraction: float, partial: StudyOutput | None = None) -> None:
        self.fractions.append(fraction)
        if partial is not None:
            self.partials.append(partial)


class OneDot(fakes.HandMadeLayer):
    """A network whose channels each look at one pixel: channel k at row k, and send k back to it by DeconvNet's rule."""

    def channel_gradients(
        self, rgb: np.ndarray, layer: str, channel: int, *, rule: Rule = "plain", strongest: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        assert (rule, strongest) == ("deconvnet", True)
        signal = np.zeros_like(rgb)
        signal[:, channel, 3:6, 0] = -channel
        signal[:, channel, 3, 1] = channel / 2
        return self.activations(rgb, layer)[..., channel].max(axis=(1, 2)), signal


def layer(seed: int = 0, places: tuple[int, int] = (4, 6), channels: int = 9) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    shape = (*places, channels)
    return np.maximum(generator.normal(size=shape), 0), generator.normal(size=shape)


def test_channels_are_ordered_by_mean_and_by_influence() -> None:
    """Catches influence taken as the mean gradient, and an order that puts strong evidence against at the end."""
    activations = np.array([[[3, 1, 0, 2], [1, 1, 0, 2]]])  # means 2, 1, 0, 2
    gradients = np.array([[[1, -9, 50, 1], [0, -9, 50, 0]]])  # influences 3, -18, 0, 2
    result = LayerMaps(count=2).run(fakes.HandMadeLayer(activations, gradients), PHOTOS, 0)
    np.testing.assert_allclose(result.means, [2, 1, 0, 2])
    np.testing.assert_allclose(result.influences, [3, -18, 0, 2])
    assert result.by_mean.tolist() == [0, 3]
    assert result.by_influence.tolist() == [1, 0]
    assert result.channels.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(result.maps, [[[255, 85]], [[255, 255]], [[255, 255]]])
    np.testing.assert_allclose(result.peaks, [3, 1, 2])


def test_influence_is_what_a_linear_top_loses_without_the_channel() -> None:
    """Catches a sum over the wrong axis: above a linear top the sum of all influences is the logit itself."""
    activations, gradients = layer()
    result = LayerMaps().run(fakes.HandMadeLayer(activations, gradients), PHOTOS, 0)
    for channel in range(9):
        silenced = activations.copy()
        silenced[..., channel] = 0
        lost = (gradients * activations).sum() - (gradients * silenced).sum()
        assert result.influences[channel] == pytest.approx(lost, rel=1e-5)


def test_fine_maps_are_averaged_and_silent_ones_are_black() -> None:
    """Catches maps thinned out by leaving places away, and a division by zero."""
    activations = np.zeros((224, 226, 2))
    activations[::2, ::2, 0] = 1
    activations[0, 0, 0] = 9  # means of 3 x 3 places: 12/9 in the first square, elsewhere 4/9, 2/9 and 1/9
    result = LayerMaps().run(fakes.HandMadeLayer(activations, activations), PHOTOS, 0)
    maps = result.maps
    assert maps.dtype == np.uint8 and maps.shape == (2, 74, 75)
    assert not maps[1].any()
    assert maps[0, 0, 0] == 255
    assert set(np.unique(maps[0].ravel()[1:])) == {round(255 * part / 12) for part in (1, 2, 4)}
    assert result.peaks.tolist() == [9, 0]
    assert result.places == 224


def test_block_maps_are_those_of_the_methods() -> None:
    """Catches a sign or a layer mixed up on the way from the explainers to the strip."""
    network = fakes.HandMadeLayer(*layer())
    reports = Reports()
    result = BlockMaps().run(network, PHOTOS, 1, reports)
    for method in METHODS:
        for against in (False, True):
            alone = method(against=against).attribute(network, fakes.photo(), 1).values
            drawn = result.map(method, "block1_conv1", against=against)
            np.testing.assert_allclose(drawn, alone, rtol=1e-5, atol=1e-6)
    assert [method.info.key for method in METHODS] == ["grad_cam", "grad_cam_plus_plus"]
    assert reports.fractions == [1.0]


def test_all_blocks_come_from_one_pass() -> None:
    """Catches a pass for each of eleven blocks, or two for two methods, and other photos than the first evaluated."""
    network = fakes.HandMadeLayer(*layer())
    network.spec = fakes.spec(cam_layers=("block1_conv1", "block2_conv1", "block3_conv1"))
    recorder = fakes.Recorder(network)
    result = BlockMaps().run(recorder, np.concatenate([PHOTOS, PHOTOS]), 0)
    assert recorder.evaluations == 1
    assert len(result.evidence) == 6


def test_projections_are_the_strongest_channels_signals() -> None:
    """Catches the plain gradient, the wrong channels, a lost sign and a box that is off by one."""
    activations, gradients = layer()
    result = Projections(count=3).run(OneDot(activations, gradients), PHOTOS, 0)
    expected = np.argsort(-activations.mean(axis=(0, 1)))[:3]
    assert result.channels.tolist() == expected.tolist()
    np.testing.assert_allclose(result.activations, activations.max(axis=(0, 1))[expected], rtol=1e-6)
    for number, channel in enumerate(expected):
        signal = np.zeros((*fakes.SIZE, 3), int)
        if channel:  # channel 0 sends nothing back
            signal[channel, 3:6, 0], signal[channel, 3, 1] = -127, 64
        np.testing.assert_array_equal(result.signals[number], signal)
        assert result.peaks[number] == pytest.approx(channel)
        assert (result.boxes[number] * fakes.SIZE[0]).tolist() == [channel, 3, channel + 1, 6]


def test_projections_can_follow_influence_or_one_channel() -> None:
    """Catches an order that is ignored, and a named channel that costs more than its one pass."""
    activations, gradients = layer()
    influences = np.abs((activations * gradients).sum(axis=(0, 1)))
    reports = Reports()
    result = Projections(order="influence", count=4).run(OneDot(activations, gradients), PHOTOS, 0, reports)
    assert result.channels.tolist() == np.argsort(-influences)[:4].tolist()
    assert [len(partial.channels) for partial in reports.partials] == [1, 2, 3, 4]
    recorder = fakes.Recorder(OneDot(activations, gradients))
    assert Projections(channel=5).run(recorder, PHOTOS, 0).channels.tolist() == [5]
    assert recorder.evaluations == 1


def test_a_silent_channel_s_projection_is_empty_and_whole() -> None:
    """Catches a division by zero; channel 0 sends nothing back here."""
    result = Projections(channel=0).run(OneDot(*layer()), PHOTOS, 0)
    assert not result.signals.any()
    assert result.boxes.tolist() == [[0, 0, 1, 1]]


def test_first_kernels_are_the_network_s() -> None:
    """Catches kernels normalised or reordered before they are drawn."""
    network = fakes.HandMadeLayer(*layer())
    kernels = FirstKernels().run(network, PHOTOS, 0).kernels
    np.testing.assert_array_equal(kernels, network.first_kernels())


@pytest.mark.parametrize("study", [LayerMaps(layer="block9"), Projections(layer="block9")])
def test_an_unknown_layer_is_refused_by_name(study: Study) -> None:
    """Catches a layer parameter that is not resolved."""
    with pytest.raises(UnknownNameError, match="block1_conv1"):
        study.run(fakes.HandMadeLayer(*layer()), PHOTOS, 0)


def test_counts_outside_their_range_are_refused() -> None:
    """Catches a parameter that is declared without its range."""
    with pytest.raises(ParameterError, match="Maps"):
        LayerMaps(count=0)
    with pytest.raises(ParameterError, match="Order"):
        Projections(order="colour")


def test_single_pixels_do_not_leave_the_rest_of_a_projection_grey() -> None:
    """Catches a picture scaled to its one largest value."""

    class Spiky(OneDot):
        def channel_gradients(self, *arguments: object, **options: object) -> tuple[np.ndarray, np.ndarray]:
            signal = np.ones((1, *fakes.SIZE, 3), np.float32)
            signal[0, 0, 0, 0] = -1000
            return np.ones(1, np.float32), signal

    signals = Projections(channel=0).run(Spiky(*layer()), PHOTOS, 0).signals
    assert (signals[0, 1:] == 127).all() and signals[0, 0, 0, 0] == -127
