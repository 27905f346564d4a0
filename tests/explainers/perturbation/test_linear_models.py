"""LIME's simple models: the list is what scikit-learn offers, and chance in them has a seed."""

import inspect

import numpy as np
from sklearn import linear_model
from sklearn.base import RegressorMixin

from xai_core.explainers.perturbation.linear_models import REGRESSORS, new_regressor


def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, answers of both signs and sample weights."""
    generator = np.random.default_rng(0)
    features = generator.integers(0, 2, (60, 5)).astype(float)
    return features, features @ [-2.0, 3, 0.5, 0, 1] - 1, generator.random(60)


def serves(kind: type) -> bool:
    """Return whether LIME can fit this class: one coefficient a feature from weighted samples of any real number."""
    if "sample_weight" not in inspect.signature(kind.fit).parameters:
        return False
    features, answers, weights = samples()
    try:
        fitted = kind().fit(features, answers, sample_weight=weights)
    except ValueError:  # for counts or for several answers at once
        return False
    return np.shape(getattr(fitted, "coef_", None)) == (features.shape[1],)


def test_the_list_is_every_regressor_of_scikit_learn_that_serves() -> None:
    """Catches a linear model that is missing, misspelt, or offered though LIME cannot use it."""
    kinds = inspect.getmembers(linear_model, inspect.isclass)
    assert set(REGRESSORS) == {name for name, kind in kinds if issubclass(kind, RegressorMixin) and serves(kind)}


def test_a_regressor_that_draws_at_random_draws_by_the_seed() -> None:
    """Catches a model left to NumPy's global generator, whose map could not be computed again."""

    def coefficients(seed: int) -> np.ndarray:
        features, answers, weights = samples()
        found: np.ndarray = new_regressor("SGDRegressor", seed).fit(features, answers, sample_weight=weights).coef_
        return found

    np.random.seed(3)
    first = coefficients(0)
    np.random.seed(4)
    np.testing.assert_array_equal(coefficients(0), first)
    assert not np.array_equal(coefficients(1), first)
