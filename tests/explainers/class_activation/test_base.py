"""The class activation methods against their papers' equations, worked out by hand on a given layer."""

import numpy as np
import pytest

from tests import fakes
from xai_core.errors import UnknownNameError
from xai_core.explainers.class_activation.base import ClassActivation, LayerMethod, enlarged
from xai_core.explainers.class_activation.grad_cam import GradCam
from xai_core.explainers.class_activation.grad_cam_plus_plus import GradCamPlusPlus
from xai_core.explainers.class_activation.guided_grad_cam import GuidedGradCam
from xai_core.explainers.class_activation.hires_cam import HiResCam
from xai_core.explainers.class_activation.layer_cam import LayerCam
from xai_core.explainers.class_activation.score_cam import ScoreCam

FROM_GRADIENTS = (GradCam, GradCamPlusPlus, LayerCam, HiResCam)
#: 2 x 2 places, 2 channels.
ACTIVATIONS = np.array([[[1, 0], [2, 4]], [[0, 1], [3, 3]]])
GRADIENTS = np.array([[[4, -1], [0, -1]], [[-2, 2], [0, -1]]])


def map_of(method: LayerMethod, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    return method.attribute(fakes.HandMadeLayer(activations, gradients), fakes.photo(), 0).values


def random_layer(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return activations as after a ReLU and gradients of both signs, f64[3,5,7]."""
    generator = np.random.default_rng(seed)
    return np.maximum(generator.normal(size=(3, 5, 7)), 0), generator.normal(size=(3, 5, 7))


def test_hires_cam_by_hand() -> None:
    """Catches gradients that are averaged before the product. Before the ReLU: 4, -4, 2, -3."""
    np.testing.assert_allclose(map_of(HiResCam(), ACTIVATIONS, GRADIENTS), [[4, 0], [2, 0]])


def test_layer_cam_by_hand() -> None:
    """Catches a missing ReLU on the gradients: only 4 * 1 and 2 * 1 have a positive gradient."""
    np.testing.assert_allclose(map_of(LayerCam(), ACTIVATIONS, GRADIENTS), [[4, 0], [2, 0]])
    activations, gradients = np.array([[[1.0, 1.0]]]), np.array([[[3.0, -5.0]]])
    assert map_of(LayerCam(), activations, gradients).item() == 3
    assert map_of(HiResCam(), activations, gradients).item() == 0


def test_grad_cam_plus_plus_by_hand() -> None:
    """Catches a weight without alpha, and an alpha with the activation of one place in the sum's stead."""
    # Sums of A: 6 and 8. Channel 0, gradient 4: 16 / (2*16 + 6*64) = 1/26; -2 is left out by the ReLU: w = 4/26.
    # Channel 1, gradient 2: 4 / (2*4 + 8*8) = 1/18: w = 2/18.
    expected = 4 / 26 * ACTIVATIONS[..., 0] + 2 / 18 * ACTIVATIONS[..., 1]
    np.testing.assert_allclose(map_of(GradCamPlusPlus(), ACTIVATIONS, GRADIENTS), expected, rtol=1e-6)


def test_grad_cam_plus_plus_is_the_paper_s_with_exp_of_the_logit() -> None:
    """Catches a simplification that does not hold: here all three derivatives of exp(S) are written out."""
    activations, gradients = random_layer()
    score = 1.7
    first, second, third = (np.exp(score) * gradients**power for power in (1, 2, 3))
    alpha = second / (2 * second + third * activations.sum(axis=(0, 1)))
    weights = (alpha * np.maximum(first, 0)).sum(axis=(0, 1))
    expected = np.maximum((weights * activations).sum(axis=-1), 0)
    ours = map_of(GradCamPlusPlus(), activations, gradients)
    np.testing.assert_allclose(np.exp(score) * ours, expected, rtol=1e-5)


def test_tiny_gradients_keep_their_weight() -> None:
    """Catches g^3 that vanishes in float32, as it does in a confident network: alpha tends to 1/2 there."""
    activations, gradients = random_layer()
    ours = map_of(GradCamPlusPlus(), activations, 1e-20 * gradients)
    expected = (activations * (np.maximum(gradients, 0) / 2).sum(axis=(0, 1))).sum(axis=-1)
    np.testing.assert_allclose(ours * 1e20, expected, rtol=1e-5)


def test_hires_cam_is_grad_cam_where_the_gradient_is_the_same_everywhere() -> None:
    """The identity that the HiResCAM paper starts from; catches a mean where a sum belongs."""
    activations, gradients = random_layer()
    constant = np.broadcast_to(gradients[0, 0], gradients.shape)
    np.testing.assert_allclose(
        map_of(HiResCam(), activations, constant), map_of(GradCam(), activations, constant), rtol=1e-5, atol=1e-6
    )
    assert not np.allclose(map_of(HiResCam(), activations, gradients), map_of(GradCam(), activations, gradients))


@pytest.mark.parametrize("method", FROM_GRADIENTS)
def test_evidence_against_is_the_map_for_the_negated_logit(method: type[ClassActivation]) -> None:
    """Catches a sign that is lost, and a map whose orange changes when the blue is switched on."""
    activations, gradients = random_layer()
    shown_for = map_of(method(), activations, gradients)
    shown_against = map_of(method(), activations, -gradients)
    both = map_of(method(against=True), activations, gradients)
    np.testing.assert_allclose(both, shown_for - shown_against, rtol=1e-5, atol=1e-6)
    assert both.min() < 0 < both.max() or method is GradCamPlusPlus
    assert method(against=True).signed and not method().signed


@pytest.mark.parametrize("method", [GradCam, HiResCam, LayerCam])
def test_linear_methods_with_evidence_against_are_their_sum_before_the_relu(method: type[ClassActivation]) -> None:
    """Catches evidence for and against that is counted twice at one place."""
    activations, gradients = random_layer()
    slopes = gradients.mean(axis=(0, 1)) if method is GradCam else gradients
    expected = (slopes * activations).sum(axis=-1)
    np.testing.assert_allclose(map_of(method(against=True), activations, gradients), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", FROM_GRADIENTS)
def test_a_layer_without_evidence_for_the_breed_says_so_and_shows_what_speaks_against_it(
    method: type[ClassActivation],
) -> None:
    """Catches rounding noise drawn as a map, and evidence against that the ReLU takes away too."""
    network = fakes.HandMadeLayer(np.ones((2, 3, 4)), -np.ones((2, 3, 4)))
    usual = method().attribute(network, fakes.photo(), 0)
    assert not usual.values.any()
    assert usual.diagnostics == {"positive_share": 0.0, "all_negative": 1.0}
    against = method(against=True).attribute(network, fakes.photo(), 0)
    assert (against.values < 0).all()
    assert against.diagnostics == {"positive_share": 0.0, "all_negative": 0.0}


@pytest.mark.parametrize("method", [*FROM_GRADIENTS, ScoreCam, GuidedGradCam])
def test_layers_have_short_names_and_unknown_ones_are_refused(method: type[LayerMethod]) -> None:
    """Catches a layer parameter that is not resolved."""
    network = fakes.HandMadeLayer(*random_layer())
    whole = method().attribute(network, fakes.photo(), 0).values
    np.testing.assert_array_equal(method(layer="block1").attribute(network, fakes.photo(), 0).values, whole)
    with pytest.raises(UnknownNameError, match="block1_conv1"):
        method(layer="block9").attribute(network, fakes.photo(), 0)


def test_score_cam_by_its_algorithm() -> None:
    """Catches masks that are not stretched to [0, 1], a softmax over classes, and weights of the wrong channels."""
    activations, gradients = random_layer()
    network, rgb = fakes.HandMadeLayer(activations, gradients), fakes.photo()
    increases = []
    for channel in range(7):
        mask = enlarged(activations[..., channel], fakes.SIZE)
        mask = (mask - mask.min()) / (mask.max() - mask.min())
        masked, black = mask[..., np.newaxis] * rgb, np.zeros_like(rgb)
        increases.append(np.subtract(*network.logits(np.stack([masked, black]))[:, 2]))
    weights = np.exp(increases) / np.exp(increases).sum()
    result = ScoreCam(share=100).attribute(network, rgb, 2)
    np.testing.assert_allclose(result.values, (activations * weights).sum(axis=-1), rtol=1e-4)
    assert result.diagnostics["channels"] == 7


def test_score_cam_asks_about_the_strongest_channels_and_some_of_all_others() -> None:
    """Catches the first channels in place of the strongest, and a channel that is asked about twice."""
    activations = np.random.default_rng(1).random((3, 5, 20))
    order = np.argsort(-activations.mean(axis=(0, 1)))
    recorder = fakes.Recorder(fakes.HandMadeLayer(activations, activations))
    ScoreCam(share=30).attribute(recorder, fakes.photo(), 0)
    asked = np.concatenate([rgb for _, rgb in recorder.passes[2:]])
    for photo, channel in zip(asked, order[[0, 1, 2, 3, 11, 19]], strict=True):
        mask = enlarged(activations[..., channel], fakes.SIZE)
        mask = (mask - mask.min()) / (mask.max() - mask.min())
        np.testing.assert_allclose(photo, mask[..., np.newaxis] * fakes.photo(), atol=1e-5)


def test_score_cam_judges_channels_by_those_they_resemble() -> None:
    """Catches channels left out, weighed alike, or guessed in another order than they stand in."""
    generator = np.random.default_rng(5)
    kinds = generator.random((6, 7, 4)) ** 3
    # Forty channels of four kinds: a stronger copy is the same mask, so twelve answers tell all forty.
    activations = (kinds[..., np.newaxis] * generator.uniform(0.8, 1.2, (4, 10))).reshape(6, 7, 40)
    network = fakes.HandMadeLayer(activations, activations)
    network.weights = 40 * network.weights  # so that a few masks are worth far more than others
    whole, few = (ScoreCam(share=share).attribute(network, fakes.photo(), 0).values for share in (100, 30))
    assert np.corrcoef(whole.ravel(), few.ravel())[0, 1] > 0.998
    assert np.corrcoef(whole.ravel(), activations.mean(axis=-1).ravel())[0, 1] < 0.98
    np.testing.assert_allclose(few, whole, atol=0.05 * whole.max())


def test_score_cam_leaves_out_channels_that_are_flat() -> None:
    """Catches a division by zero; a layer of flat channels alone gives an empty map."""
    activations, gradients = random_layer()
    flat = np.concatenate([activations, np.full((3, 5, 2), 9.0)], axis=-1)
    np.testing.assert_allclose(
        map_of(ScoreCam(share=100), flat, flat), map_of(ScoreCam(share=100), activations, gradients), rtol=1e-5
    )
    nothing = ScoreCam().attribute(fakes.HandMadeLayer(np.ones((3, 5, 2)), np.ones((3, 5, 2))), fakes.photo(), 0)
    assert nothing.values.shape == (3, 5)
    assert not nothing.values.any()


def test_score_cam_costs_one_question_a_channel_in_batches() -> None:
    """Catches all masks made at once, which would not fit into memory for 2048 channels."""
    generator = np.random.default_rng(0)
    layer = fakes.HandMadeLayer(generator.random((3, 5, 40)), np.ones((3, 5, 40)))
    recorder = fakes.Recorder(layer)
    ScoreCam(share=100).attribute(recorder, fakes.photo(), 0)
    assert recorder.evaluations == 1 + 1 + 40
    assert max(len(rgb) for _, rgb in recorder.passes) <= 8


class TwoRules(fakes.HandMadeLayer):
    """A network whose guided signal differs from its gradient."""

    def gradients(
        self, rgb: np.ndarray, target: int, *, rule: str = "plain", low_precision: bool = False
    ) -> np.ndarray:
        plain = super().gradients(rgb, target)
        return plain**3 if rule == "guided" else plain


def test_guided_grad_cam_is_the_product_with_the_enlarged_map() -> None:
    """Catches the plain gradient in place of the guided one, and a map that is not stretched."""
    network, rgb = TwoRules(*random_layer()), fakes.photo()
    result = GuidedGradCam().attribute(network, rgb, 1)
    coarse = enlarged(map_of(GradCam(), network.given_activations, network.given_gradients), fakes.SIZE)
    expected = network.gradients(rgb[np.newaxis], 1, rule="guided")[0] * coarse[..., np.newaxis]
    np.testing.assert_allclose(result.extras["signal"], expected, rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(result.values, np.abs(expected).max(axis=-1), rtol=1e-4, atol=1e-12)


def test_guided_grad_cam_is_empty_where_grad_cam_is() -> None:
    """Catches guided backpropagation alone shown as if it lay inside a region."""
    result = GuidedGradCam().attribute(TwoRules(np.ones((2, 3, 4)), -np.ones((2, 3, 4))), fakes.photo(), 0)
    assert not result.values.any()
    assert result.diagnostics["all_negative"] == 1


def test_enlarging_is_bilinear_between_the_centres_of_places() -> None:
    """Catches corners that are aligned, which would move every map by up to half a place."""
    np.testing.assert_allclose(enlarged(np.array([[0.0, 4.0]]), (1, 4)), [[0, 1, 3, 4]])
