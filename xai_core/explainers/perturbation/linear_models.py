"""The simple models that LIME may fit: scikit-learn's linear regressors, by their class names."""

from typing import Any

#: The regressors of sklearn.linear_model that take weighted samples of any real number and have one coefficient a
#: feature. Written out, so that reading the registry does not load scikit-learn; a test compares it with what is there.
REGRESSORS = (
    "Ridge",
    "Lasso",
    "BayesianRidge",
    "LinearRegression",
    "ElasticNet",
    "ElasticNetCV",
    "HuberRegressor",
    "LassoCV",
    "QuantileRegressor",
    "RidgeCV",
    "SGDRegressor",
    "TweedieRegressor",
)

#: Of the weights' squares, beside a sum over hundreds of weighted samples.
RIDGE_PENALTY = 0.1

#: scikit-learn's own penalty of 1 would leave little or nothing of weights that are fractions of a logit, and its 100
#: steps are too few for Huber's loss.
_SETTINGS: dict[str, dict[str, Any]] = {
    "Ridge": {"alpha": RIDGE_PENALTY},
    "Lasso": {"alpha": 0.01},
    "ElasticNet": {"alpha": 0.01},
    "HuberRegressor": {"max_iter": 1000},
    "QuantileRegressor": {"alpha": 0.01},
    "TweedieRegressor": {"alpha": 0.01},
}


def new_regressor(name: str, seed: int) -> Any:
    """Return an unfitted regressor, one of REGRESSORS; _SETTINGS holds what differs from scikit-learn's defaults."""
    from sklearn import linear_model

    regressor = getattr(linear_model, name)(**_SETTINGS.get(name, {}))
    if "random_state" in regressor.get_params():
        regressor.set_params(random_state=seed)
    return regressor
