"""TCAV on a network that knows stripes by construction."""

from typing import Any

import numpy as np
import pytest

from tests import fakes
from tests.studies.networks import ANTI_STRIPE_BREED, LAYER, RED_BREED, SIZE, STRIPE_BREED, Striped
from xai_core.errors import CancelledError, ParameterError, UnknownNameError, UnsupportedError
from xai_core.photos.synthetic import random_photos
from xai_core.photos.textures import texture_photos
from xai_core.studies import pooled
from xai_core.studies.changed_copies import changed_copies
from xai_core.studies.concept_vector import concept_vector
from xai_core.studies.tcav import Tcav, TcavResult
from xai_core.types import Attribution, StudyOutput

NO_REAL = np.empty((0, *SIZE, 3), np.float32)
#: The textures that take long to draw are tested by test_textures.py.
ONLY_STRIPES: dict[str, Any] = {"fur": False, "grass": False, "splits": 12}
THREE: dict[str, Any] = {**ONLY_STRIPES, "dots": True, "plain": True}
NO_TEXTURE: dict[str, Any] = {**ONLY_STRIPES, "stripes": False}


@pytest.fixture(autouse=True)
def forget() -> None:
    """Start each test with an empty cache."""
    pooled.forget()


def photo(seed: int = 1) -> np.ndarray:
    return random_photos(1, SIZE, 1000 + seed, NO_REAL)


def test_a_planted_concept_is_found_on_both_sides() -> None:
    """Catches a CAV that points away from the concept, and a one-sided test."""
    network = Striped()
    rising = Tcav(**{**THREE, "splits": 40}).run(network, photo(), STRIPE_BREED)
    assert rising.tests["stripes"].passed
    assert rising.tests["stripes"].score > 0.95
    assert rising.accuracy["stripes"] > 0.9
    falling = Tcav(**{**THREE, "splits": 40}).run(network, photo(), ANTI_STRIPE_BREED)
    assert falling.tests["stripes"].passed
    assert falling.tests["stripes"].score < 0.05


def test_a_random_concept_is_rejected() -> None:
    """Catches a test that is fooled by splits that share their photos: uncorrected, it passes 3 to 5 of 10 such sets."""
    network = Striped()
    passed = []
    for seed in range(25):
        own = random_photos(24, SIZE, 500 + seed, NO_REAL)
        photos = np.concatenate([photo(seed), own])
        result = Tcav(own=24, seed=seed, **{**NO_TEXTURE, "splits": 20}).run(network, photos, seed % 3)
        passed.append(result.tests["own"].passed)
    assert sum(passed) <= 4  # 1 or 2 expected, 8 to 12 without the correction


def test_own_photos_can_show_a_planted_concept() -> None:
    """Catches own photos that are mixed up with the visitor's photo or the random ones."""
    own = texture_photos("stripes", 12, SIZE, seed=9)
    result = Tcav(own=12, **{**NO_TEXTURE, "splits": 40}).run(Striped(), np.concatenate([photo(), own]), STRIPE_BREED)
    assert result.tests["own"].passed
    assert result.tests["own"].score > 0.95


def test_the_slopes_are_what_adding_the_vector_everywhere_does() -> None:
    """Catches a mean where the sum over places belongs, or the gradient of another class: against finite differences."""
    network = Striped()
    photos = changed_copies(photo()[0])
    direction = np.random.default_rng(0).normal(size=network.heads.shape[1])
    activations = network.activations(photos, LAYER).astype(np.float64)
    step = 1e-4
    wanted = (network.head(activations + step * direction) - network.head(activations - step * direction)) / (2 * step)
    for target in range(fakes.CLASSES):
        gradients = network.layer_gradients(photos, LAYER, target)[1]
        np.testing.assert_allclose(
            gradients.sum(axis=(1, 2), dtype=np.float64) @ direction, wanted[:, target], rtol=1e-4
        )
    # The score of the study is the share of those that are positive, for the vector of its own photos.
    study = Tcav(own=12, **NO_TEXTURE)
    own = texture_photos("stripes", 12, SIZE, seed=9)
    result = study.run(network, np.concatenate([photo(), own]), RED_BREED)
    assert set(np.unique(np.rint(8 * result.scores))) <= set(range(9))


def test_the_vector_separates_and_points_at_the_concept() -> None:
    """The activations differ along one axis only, so that the vector must be this axis."""
    generator = np.random.default_rng(0)
    middle = generator.normal(size=(80, 1)) @ np.ones((1, 4)) * 0
    shift = np.array([0.0, 3.0, 0.0, 0.0])
    photos = middle + 0.2 * generator.normal(size=(80, 4))
    vector, accuracy = concept_vector(photos[:20] + shift, photos[20:40], photos[40:60] + shift, photos[60:])
    assert accuracy == 1
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector[1] > 0.98
    scaled, _ = concept_vector(
        *(1e4 * part for part in (photos[:20] + shift, photos[20:40], photos[40:60], photos[60:]))
    )
    np.testing.assert_allclose(scaled, vector, atol=1e-3)


def test_a_layer_that_never_varies_has_no_direction() -> None:
    """Catches a division by zero where all activations are equal."""
    vector, accuracy = concept_vector(*(np.ones((5, 3)) for _ in range(4)))
    assert not vector.any()
    assert accuracy == 0.5


def test_accuracy_is_measured_on_photos_held_out() -> None:
    """Catches an accuracy of the training photos: a random concept is told apart no better than by guessing."""
    photos = np.concatenate([photo(), random_photos(30, SIZE, 77, NO_REAL)])
    accuracies = Tcav(own=30, **NO_TEXTURE).run(Striped(), photos, STRIPE_BREED).accuracies
    assert 0.35 < accuracies.mean() < 0.65
    assert np.ptp(accuracies) > 0.1


def test_photos_that_the_network_takes_for_the_breed_join_the_class() -> None:
    """Catches class photos among the counterparts, and own photos among the class photos."""
    network = Striped()
    others = np.concatenate([texture_photos("stripes", 2, SIZE, seed=3), texture_photos("plain", 2, SIZE)])
    taken = int((network.logits(others).argmax(axis=1) == STRIPE_BREED).sum())
    own = texture_photos("stripes", 10, SIZE, seed=4)
    result = Tcav(own=10, **NO_TEXTURE).run(network, np.concatenate([photo(), others, own]), STRIPE_BREED)
    assert 0 < taken < 4
    assert result.taken_for_class == taken
    assert len(result.class_photos) == 8 * (1 + taken)


def test_the_changed_copies_are_small_changes() -> None:
    """Catches copies that leave [0, 1], lose the original, or repeat each other."""
    original = photo()[0]
    copies = changed_copies(original)
    np.testing.assert_array_equal(copies[0], original)
    np.testing.assert_array_equal(copies[1], original[:, ::-1])
    assert copies.shape == (8, *SIZE, 3) and copies.min() >= 0 and copies.max() <= 1
    assert copies[6].mean() > original.mean() > copies[7].mean()
    assert len(np.unique(copies, axis=0)) == 8


def test_a_concept_s_scores_do_not_depend_on_its_neighbours() -> None:
    """Catches draws that are shared along the list of concepts; only the correction may differ."""
    network = Striped()
    alone = Tcav(**ONLY_STRIPES).run(network, photo(), RED_BREED)
    among = Tcav(**THREE).run(network, photo(), RED_BREED)
    assert Tcav(dots=True).concepts == ("stripes", "dots", "fur", "grass")  # the pages' order
    np.testing.assert_array_equal(alone.scores[0], among.scores[0])
    assert alone.tests["stripes"].p_value == among.tests["stripes"].p_value


def test_the_seed_decides_and_numpy_s_generator_is_left_alone() -> None:
    """Catches draws from NumPy's global generator, and a seed that is ignored."""
    np.random.seed(1)
    results = [Tcav(seed=seed, **ONLY_STRIPES).run(Striped(), photo(), RED_BREED) for seed in (0, 0, 1)]
    assert np.random.random_sample() == np.random.RandomState(1).random_sample()
    np.testing.assert_array_equal(results[0].scores, results[1].scores)
    np.testing.assert_array_equal(results[0].random_photos, results[1].random_photos)
    assert not np.array_equal(results[0].random_scores, results[2].random_scores)


def test_another_breed_costs_gradients_only_and_gives_the_result_of_a_fresh_start() -> None:
    """Catches cached activations that are computed again, or that belong to another network."""
    first = fakes.Recorder(Striped())
    Tcav(**THREE).run(first, photo(), STRIPE_BREED)
    assert first.evaluations == 8 + 40 + 3 * 24
    again = fakes.Recorder(Striped())
    remembered = Tcav(**THREE).run(again, photo(), RED_BREED)
    assert [name for name, _ in again.passes] == ["layer_gradients"]
    other = fakes.Recorder(Striped(seed=5))
    Tcav(**THREE).run(other, photo(), RED_BREED)
    assert other.evaluations == first.evaluations
    pooled.forget()
    fresh = Tcav(**THREE).run(Striped(), photo(), RED_BREED)
    np.testing.assert_array_equal(fresh.scores, remembered.scores)


def test_progress_shows_concepts_as_they_come_and_ends_at_one() -> None:
    """Catches a bar that jumps back, and first results tested against fewer concepts than the last one."""
    reports: list[tuple[float, Attribution | StudyOutput | None]] = []
    result = Tcav(**THREE).run(
        Striped(), photo(), STRIPE_BREED, lambda share, partial=None: reports.append((share, partial))
    )
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1 and shares.count(1) == 1
    partials = [partial for _, partial in reports if isinstance(partial, TcavResult)]
    assert [len(partial.scores) for partial in partials] == [1, 2, 3]
    assert partials[-1] is result
    # A first result is held to the same standard as the last one.
    assert partials[0].tests["stripes"].passed == result.tests["stripes"].passed
    assert partials[0].tests["stripes"].p_value == result.tests["stripes"].p_value


def test_a_cancel_ends_the_passes() -> None:
    """Catches a study that goes on after its cancel."""
    recorder = fakes.Recorder(Striped())

    def cancel(share: float, partial: Attribution | StudyOutput | None = None) -> None:
        if recorder.evaluations:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        Tcav(**THREE).run(recorder, photo(), STRIPE_BREED, cancel)
    assert recorder.evaluations == 8


def test_the_network_s_batch_size_is_irrelevant_and_passes_are_small() -> None:
    """Catches whole maps of all photos held at once."""
    whole = fakes.Recorder(Striped())
    first = Tcav(**THREE).run(whole, photo(), RED_BREED)
    assert max(len(rgb) for _, rgb in whole.passes) <= 8
    pooled.forget()
    cut = Tcav(**THREE).run(fakes.Recorder(Striped(), batch=3), photo(), RED_BREED)
    np.testing.assert_array_equal(first.scores, cut.scores)


@pytest.mark.parametrize(
    ("study", "error", "words"),
    [
        (Tcav(**NO_TEXTURE), ParameterError, "choose at least one"),
        (Tcav(own=9), ParameterError, "at least 10 photos"),
        (Tcav(own=30), ParameterError, "too few"),
        (Tcav(layer="mixed7"), UnknownNameError, "mixed7"),
    ],
)
def test_what_cannot_be_tested_is_refused(study: Tcav, error: type[Exception], words: str) -> None:
    """Catches a study that starts without a concept, with too few photos or with an unknown layer."""
    with pytest.raises(error, match=words):
        study.run(Striped(), np.repeat(photo(), 20, axis=0), STRIPE_BREED)


def test_a_network_without_layers_is_a_typed_error() -> None:
    """Catches a TypeError in place of a sentence for the user."""
    with pytest.raises(UnsupportedError, match="another network"):
        Tcav(**THREE).run(fakes.linear(), fakes.photo()[np.newaxis], 0)
