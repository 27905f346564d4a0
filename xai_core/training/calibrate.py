"""What is fitted after the training, on the validation photos: how sure the network may be, and which photos it knows.

The familiarity score and its threshold see dogs alone; other photos only measure it, but for two settings (see below).
"""

import numpy as np

from xai_core.classifiers.familiarity import Familiarity, unit_length

#: Share of dogs that fall below the threshold, of validation photos and of as many views as people take them.
FALSE_ALARMS = 0.05
#: Of the validation photos, those whose views fit the threshold, and those whose views measure it.
FITTED, MEASURED = slice(0, None, 5), slice(1, None, 5)
#: Directions of the features that are kept, and how much of their mean variance is added in each: the best of 24 pairs on
#: InceptionV3 by the AUROC against 80 photos without dogs (0.993), not those of the card, among those that take 5 MB at most.
DIMENSIONS = 1024
ROUNDNESS = 0.05
QUANTILES = 201


def fit_familiarity(features: np.ndarray, labels: np.ndarray, validation: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of a Familiarity from training features f32[N,D] and validation features.

    The projection keeps the directions in which the training photos vary most and whitens what is left of them around
    their breeds' means (shared covariance, with ROUNDNESS of its mean variance added in every direction: the network has
    seen these photos many times, so they vary less in its minor directions than other dogs do).
    """
    points = unit_length(features)
    centred = points - points.mean(axis=0)
    _, _, directions = np.linalg.svd(centred.T @ centred)
    basis = directions[:DIMENSIONS].T
    reduced = points @ basis
    means = np.stack([reduced[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    within = np.cov((reduced - means[labels]).T)
    variances, axes = np.linalg.eigh(within + ROUNDNESS * np.trace(within) / len(within) * np.eye(len(within)))
    whiten = axes / np.sqrt(variances)
    # float16 on disk: the columns are of order 1 to 100, well inside its range.
    tables = {
        "projection": (basis @ whiten).astype(np.float16).astype(np.float32),
        "means": (means @ whiten).astype(np.float16).astype(np.float32),
    }
    distances = Familiarity(**tables, quantiles=np.zeros(2, np.float32), threshold=0.0).distances(validation)
    tables["quantiles"] = np.quantile(distances, np.linspace(0, 1, QUANTILES)).astype(np.float32)
    return tables


def fit_threshold(plain: np.ndarray, views: np.ndarray) -> float:
    """Return the familiarity below which a photo gets the notice, by those of validation photos f32[N] and of their views."""
    return round(float(np.quantile(np.concatenate([plain, views]), FALSE_ALARMS)), 4)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the number by which logits f32[N,C] are divided so that their softmax is as sure as it is right.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2: the temperature of least negative log
    likelihood on photos that were not trained on. No answer changes by it, nor the order of the breeds.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.arange(len(labels))

    def surprise(log_temperature: float) -> float:
        return float(-log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean())

    found = minimize_scalar(surprise, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def auroc(positives: np.ndarray, negatives: np.ndarray) -> float:
    """Return the area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([positives, negatives]))
    total = ranks[: len(positives)].sum() - len(positives) * (len(positives) + 1) / 2
    return float(total / (len(positives) * len(negatives)))
