"""Averaged probabilities are those of scikit-learn's soft vote."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from eegzoo.layers import DenseMixture


def test_outputs_are_the_logarithms_of_a_soft_vote():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 7)), np.arange(60) % 3
    x[np.arange(60), y] += 1
    parts = [slice(0, 4), slice(4, 7)]
    pick = [FunctionTransformer(lambda x, part=part: x[:, part]) for part in parts]
    voters = [(str(i), make_pipeline(each, LogisticRegression())) for i, each in enumerate(pick)]
    vote = VotingClassifier(voters, voting="soft").fit(x, y)
    mixture = DenseMixture([4, 3], 3, max_norms=[None, None]).double().eval()
    for layer, fitted in zip(mixture.layers, vote.estimators_, strict=True):
        layer.weight.data = torch.from_numpy(fitted[-1].coef_)
        layer.bias.data = torch.from_numpy(fitted[-1].intercept_)
    found = mixture(torch.from_numpy(x)).exp().detach()
    np.testing.assert_allclose(found, vote.predict_proba(x), atol=1e-12)
    batches = mixture(torch.from_numpy(x).view(6, 10, 7)).exp().detach().flatten(0, 1)
    np.testing.assert_allclose(batches, found, atol=1e-12)


def test_in_training_the_loss_is_on_average_that_of_each_layer_alone():
    torch.manual_seed(0)
    mixture = DenseMixture([4, 3], 2, max_norms=[None, None]).double().train()
    for layer in mixture.layers:
        nn.init.normal_(layer.weight)
    x, y = torch.randn(1, 7, dtype=torch.float64), torch.tensor([1])
    alone = torch.stack(
        [layer(part) for layer, part in zip(mixture.layers, x.split([4, 3], 1), strict=True)]
    )
    expected = F.cross_entropy(alone[:, 0], y.expand(2))
    outputs = mixture(x.expand(4000, 7))
    found = F.cross_entropy(outputs, y.expand(4000))
    weights = list(mixture.parameters())
    for one, other in zip(
        torch.autograd.grad(found, weights), torch.autograd.grad(expected, weights), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0.1, atol=1e-3)
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0)
    assert len(outputs.detach().round(decimals=6).unique(dim=0)) == 2


def test_a_single_output_is_the_mean():
    mixture, x = DenseMixture([2, 3], 1, max_norms=[None, None]).train(), torch.randn(4, 5)
    one, other = mixture.layers
    torch.testing.assert_close(mixture(x), (one(x[:, :2]) + other(x[:, 2:])) / 2)


def test_confident_parts_stay_finite_and_are_constrained_apart():
    mixture = DenseMixture([2, 2], 2, max_norms=[1.0, 0.25]).train()
    with torch.no_grad():
        for layer in mixture.layers:
            layer.weight.mul_(1e5)
    x = 1e4 * torch.tensor([[1.0, -1.0, -1.0, 1.0]], requires_grad=True)
    x.retain_grad()
    mixture(x)[0, 0].backward()
    assert x.grad.isfinite().all()
    norms = [float(layer.filter_norms().detach().max()) for layer in mixture.layers]
    assert norms == pytest.approx([1.0, 0.25], abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([3, 2], 0, [1.0, 1.0]), "expected out_features to be"),
        (([3, 2], 2, [1.0]), "expected max_norms to hold 2 norms"),
        (([3, 0], 2, [1.0, 1.0]), "expected in_features to be"),
    ],
)
def test_wrong_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        DenseMixture(*arguments)
