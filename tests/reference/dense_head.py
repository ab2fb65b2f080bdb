"""Reference numbers of models whose only weights are those of a dense layer on fixed features."""

import numpy as np
from package import draw, positions, save
from scipy.special import softmax


def make(file, features_of, statistics_of, heads, n_outputs, meta, **seeded):
    """Write the reference numbers of a model.

    `features_of` returns the features of windows, all of one person, in float64; `statistics_of`
    the person's statistics, by name. `heads` has the number of features of each dense layer by its
    name; the probabilities of several are averaged. The gradient of the cross-entropy is that of
    multinomial logistic regression, for several weighted by the share of each in the probability of
    the true class, as in the expectation step for a mixture.
    """
    shapes = {}
    for name, size in heads.items():
        shapes |= {f"{name}.weight": (n_outputs, size), f"{name}.bias": (n_outputs,)}
    weights, x = draw(shapes, **seeded)
    ends = np.cumsum([*heads.values()])[:-1]
    features = np.split(features_of(x.astype(np.float64)), ends, axis=1)
    y = np.arange(len(x)) % n_outputs
    true, rows = np.eye(n_outputs)[y], np.arange(len(x))
    each = [
        own @ weights[f"{name}.weight"].astype(np.float64).T + weights[f"{name}.bias"]
        for name, own in zip(heads, features, strict=True)
    ]
    probabilities = np.stack([softmax(logits, axis=1) for logits in each])
    mean = probabilities.mean(0)
    shares = probabilities[:, rows, y] / probabilities[:, rows, y].sum(0)
    gradient = []
    for own, given, share in zip(features, probabilities, shares, strict=True):
        error = share[:, None] * (given - true) / len(x)
        gradient += [(error.T @ own).ravel(), error.sum(0)]
    arrays = {
        "logits": each[0] if len(each) == 1 else np.log(mean), "y": y,
        "loss": -np.log(mean[rows, y]).mean(),
    }  # fmt: skip
    arrays["gradient"] = np.concatenate(gradient)[positions(shapes)].astype(np.float32)
    for name, value in statistics_of(x.astype(np.float64)).items():
        arrays[f"statistics/{name}"] = value.astype(np.float32)
    n_params = sum(weight.size for weight in weights.values())
    save(file, arrays, meta | {"seeded": seeded, "shapes": shapes, "n_params": n_params})


def z_scores(values, eps=1e-5):
    """Return columns with mean 0 and variance 1, with their means and variances."""
    mean, variance = values.mean(0), values.var(0)
    return (values - mean) / np.sqrt(variance + eps), mean, variance
