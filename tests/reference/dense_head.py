"""Reference numbers of models whose only weights are those of a dense layer on fixed features."""

import numpy as np
from package import draw, positions, save


def make(file, features_of, statistics_of, n_features, n_outputs, meta, **seeded):
    """Write the reference numbers of a model.

    `features_of` returns the features of windows, all of one person, in float64; `statistics_of`
    the person's statistics, by name. The gradient of the cross-entropy is that of multinomial
    logistic regression.
    """
    shapes = {"head.weight": (n_outputs, n_features), "head.bias": (n_outputs,)}
    weights, x = draw(shapes, **seeded)
    features = features_of(x.astype(np.float64))
    logits = features @ weights["head.weight"].astype(np.float64).T + weights["head.bias"]
    y = np.arange(len(x)) % n_outputs
    log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    error = (np.exp(log_probabilities) - np.eye(n_outputs)[y]) / len(x)
    gradient = np.concatenate([(error.T @ features).ravel(), error.sum(0)])
    arrays = {"logits": logits, "y": y, "loss": -log_probabilities[np.arange(len(x)), y].mean()}
    arrays["gradient"] = gradient[positions(shapes)].astype(np.float32)
    for name, value in statistics_of(x.astype(np.float64)).items():
        arrays[f"statistics/{name}"] = value.astype(np.float32)
    n_params = sum(weight.size for weight in weights.values())
    save(file, arrays, meta | {"seeded": seeded, "shapes": shapes, "n_params": n_params})


def z_scores(values, eps=1e-5):
    """Return columns with mean 0 and variance 1, with their means and variances."""
    mean, variance = values.mean(0), values.var(0)
    return (values - mean) / np.sqrt(variance + eps), mean, variance
