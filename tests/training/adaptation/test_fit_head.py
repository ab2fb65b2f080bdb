"""Heads are trained to the minimum that scikit-learn and SciPy find."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from torch import nn

from eegzoo.layers import ConstrainedDense, DenseMixture
from eegzoo.training.adaptation.fit_head import fit_head


def make_features(n=60, n_features=5, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n)
    x = rng.normal(0, [1, 2, 3, 4, 5], (n, n_features))
    x[np.arange(n), y] += 2
    return torch.from_numpy(x).float(), torch.from_numpy(y)


@pytest.mark.parametrize("strength", [0.01, 0.1, 1.0])
def test_the_minimum_is_that_of_scipy(strength):
    x, y = make_features()
    weight = torch.linspace(0.5, 2, 60)
    head = nn.Linear(5, 3).eval()
    start = np.concatenate([head.weight.detach().double().numpy(), head.bias.detach()[:, None]], 1)
    inputs = np.column_stack([x.double().numpy(), np.ones(60)])
    spread = np.append(x.double().numpy().std(axis=0), 1.0)

    def objective(flat):
        change = flat.reshape(3, 6) - start
        losses = -log_softmax(inputs @ flat.reshape(3, 6).T, axis=1)[np.arange(60), y.numpy()]
        return np.average(losses, weights=weight) + strength / 2 * ((change * spread) ** 2).sum()

    expected = minimize(objective, start.ravel(), options={"gtol": 1e-9}).x.reshape(3, 6)
    trained = fit_head(head, x, y, weight, strength)
    np.testing.assert_allclose(trained.weight.detach(), expected[:, :5], atol=1e-4)
    np.testing.assert_allclose(trained.bias.detach(), expected[:, 5], atol=1e-4)


def test_a_strong_hold_keeps_the_head_and_the_given_one_never_changes():
    x, y = make_features()
    head = nn.Linear(5, 3).eval()
    before = head.weight.clone()
    trained = fit_head(head, x, y, torch.ones(60), strength=1e9)
    torch.testing.assert_close(trained.weight, before, atol=1e-6, rtol=0)
    torch.testing.assert_close(head.weight, before, atol=0, rtol=0)
    assert trained.weight.dtype == before.dtype
    assert trained.weight.requires_grad


def test_scaling_a_feature_and_its_weight_changes_nothing():
    x, y = make_features()
    scale = torch.tensor([1.0, 10.0, 0.1, 3.0, 1.0])
    head = nn.Linear(5, 3).eval()
    scaled = nn.Linear(5, 3).eval()
    scaled.load_state_dict({"weight": head.weight / scale, "bias": head.bias})
    one, other = (
        fit_head(head, x, y, torch.ones(60)),
        fit_head(scaled, x * scale, y, torch.ones(60)),
    )
    torch.testing.assert_close(one(x), other(x * scale), atol=1e-3, rtol=1e-3)


def test_layers_on_parts_of_the_features_reach_the_minimum_of_scipy():
    x, y = make_features(n_classes=2)
    head = DenseMixture([3, 2], 2, max_norms=[None, None]).eval()
    inputs, spread = x.double().numpy(), x.double().numpy().std(axis=0)
    shapes = [(2, 3), (2,), (2, 2), (2,)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    start = np.concatenate([value.detach().double().numpy().ravel() for value in head.parameters()])
    scale = np.concatenate([np.tile(spread[:3], 2), [1, 1], np.tile(spread[3:], 2), [1, 1]])

    def objective(flat):
        pieces = zip(np.split(flat, ends), shapes, strict=True)
        parts = [part.reshape(shape) for part, shape in pieces]
        one, other = inputs[:, :3] @ parts[0].T + parts[1], inputs[:, 3:] @ parts[2].T + parts[3]
        mean = (softmax(one, axis=1) + softmax(other, axis=1)) / 2
        held = ((flat - start) * scale) ** 2
        return -np.log(mean[np.arange(60), y.numpy()]).mean() + 0.05 * held.sum()

    expected = minimize(objective, start, options={"gtol": 1e-9}).x
    trained = fit_head(head, x, y, torch.ones(60), strength=0.1)
    found = np.concatenate([value.detach().numpy().ravel() for value in trained.parameters()])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_norm_constraints_hold():
    x, y = make_features()
    head = ConstrainedDense(5, 3, max_norm=0.25).eval()
    trained = fit_head(head, x, y, torch.ones(60), strength=1e-3)
    assert trained.filter_norms().max() <= 0.25 + 1e-6
    assert (trained(x) - head(x)).abs().max() > 0


def test_gradients_may_be_switched_off_around_it():
    x, y = make_features()
    head = nn.Linear(5, 3).eval()
    expected = fit_head(head, x, y, torch.ones(60))
    with torch.inference_mode():
        found = fit_head(head, x.clone(), y.clone(), torch.ones(60))
    torch.testing.assert_close(found.weight, expected.weight)
