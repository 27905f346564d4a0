"""Concept Activation Vectors: the direction in a layer's activations that leads to a concept."""

import numpy as np


def concept_vector(
    concept: np.ndarray, counterpart: np.ndarray, held_out: np.ndarray, counterpart_held_out: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the CAV f64[K], of length 1 and pointing at the concept, and its accuracy on the photos held out.

    All arguments are activations f[N,K]. They are divided by one number, which leaves directions as they are and gives the
    classifier's penalty the same meaning on every layer. Where nothing varies the vector is 0 and the accuracy 0.5.
    """
    from sklearn.linear_model import LogisticRegression

    train = np.concatenate([concept, counterpart]).astype(np.float64)
    middle, scale = train.mean(axis=0), train.std(axis=0)
    size = float(np.sqrt(np.mean(scale**2)))
    if size == 0:
        return np.zeros(train.shape[1]), 0.5
    labels = np.repeat([1, 0], [len(concept), len(counterpart)])
    # The default solver starts threads for each of its many tiny steps, which takes ten times as long.
    model = LogisticRegression(C=1.0, solver="newton-cg", max_iter=500).fit((train - middle) / size, labels)
    test = np.concatenate([held_out, counterpart_held_out])
    accuracy = model.score((test - middle) / size, np.repeat([1, 0], [len(held_out), len(counterpart_held_out)]))
    direction = model.coef_[0]
    length = float(np.linalg.norm(direction))
    return direction / length if length else direction, float(accuracy)
