"""The checks of a layer with a norm constraint."""

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense
from eegzoo.testing import check_constrained_layer


@pytest.mark.parametrize(
    ("create", "shape"),
    [
        (lambda: ConstrainedDense(8, 4, max_norm=0.5), (3, 8)),
        (lambda: ConstrainedDense(8, 4, max_norm=1.0, min_norm=1.0), (3, 8)),
        (lambda: ConstrainedConv1d(3, 4, 5, padding="causal"), (2, 3, 30)),
        (lambda: ConstrainedConv2d(1, 4, (3, 5)), (2, 1, 6, 30)),
    ],
    ids=["dense", "unit norm", "causal", "2-D"],
)
def test_the_constrained_layers_pass(create, shape):
    check_constrained_layer(create, torch.randn(shape))


class _Unprojected(ConstrainedDense):
    def forward(self, x):
        return nn.functional.linear(x, self.weight, self.bias)


class _ProjectedInEvaluation(ConstrainedDense):
    def forward(self, x):
        self.scale_norm()
        return super().forward(x)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (_Unprojected, "training leaves a filter beyond its limit"),
        (_ProjectedInEvaluation, "the weight after an evaluation"),
        (nn.Linear, "has no NormConstraint"),
    ],
)
def test_a_layer_that_breaks_the_contract_fails(kind, message):
    with pytest.raises(AssertionError, match=message):
        check_constrained_layer(lambda: kind(8, 4), torch.randn(3, 8))
