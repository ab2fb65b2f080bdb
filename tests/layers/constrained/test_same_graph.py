"""A weight that the graph of a training step contains before the layer is called."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from eegzoo.layers import ConstrainedDense, NormConstraint

LIMITS = [
    pytest.param({"max_norm": 1.4}, id="MaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 1.2, "minmax_rate": 0.3}, id="rate 0.3"),
]


def l2(weight):
    return weight.square().sum()


def orthogonality(weight):
    rows = weight.flatten(1)
    return (rows @ rows.T - torch.eye(len(rows))).square().sum()


def penalty_of(case, layer, penalty):
    return sum(penalty(weight) for _, weight in case.weights(layer))


def gradients(layer):
    return {name: parameter.grad for name, parameter in layer.named_parameters()}


def projected_without_limits(case, layer):
    """A copy as Keras has it at the start of a step."""
    same = copy.deepcopy(layer)
    for part in case.parts(same):
        part.scale_norm()
        part.max_norm = None
    return same


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("before", [True, False])
def test_the_gradient_of_an_l2_penalty_is_that_at_the_projected_weight(case, limits, before):
    layer = case.layer(**limits)
    keras = projected_without_limits(case, layer)
    (l_data := keras(case.x()).sin().sum()) and (l_data + penalty_of(case, keras, l2)).backward()
    penalty = penalty_of(case, layer, l2) if before else 0.0
    loss = layer(case.x()).sin().sum()
    (loss + (penalty if before else penalty_of(case, layer, l2))).backward()
    for name, gradient in gradients(keras).items():
        torch.testing.assert_close(gradients(layer)[name], gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("penalty", [l2, orthogonality])
@pytest.mark.parametrize("limits", LIMITS)
def test_a_penalty_on_a_projected_weight_has_the_gradient_of_keras(case, limits, penalty):
    layer = case.layer(**limits)
    keras = projected_without_limits(case, layer)
    for part in case.parts(layer):
        part.scale_norm()
    for module in (layer, keras):
        (penalty_of(case, module, penalty) + module(case.x()).sin().sum()).backward()
    for name, gradient in gradients(keras).items():
        torch.testing.assert_close(gradients(layer)[name], gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("penalty", [l2, orthogonality])
def test_constrained_weight_in_a_penalty_is_projected(case, penalty):
    layer = case.layer(max_norm=1.4)
    keras = projected_without_limits(case, layer)
    ours = sum(
        penalty(part.constrained_weight(name))
        for part in case.parts(layer)
        for name in part.weight_names
    )
    (ours + layer(case.x()).sin().sum()).backward()
    theirs = penalty_of(case, keras, penalty)
    (theirs + keras(case.x()).sin().sum()).backward()
    torch.testing.assert_close(ours, theirs)
    for name, gradient in gradients(keras).items():
        torch.testing.assert_close(gradients(layer)[name], gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("limits", LIMITS)
def test_the_norms_hold_after_a_forward_that_follows_a_penalty(case, limits):
    layer = case.layer(**limits)
    same = copy.deepcopy(layer)
    penalty = penalty_of(case, layer, orthogonality)
    layer(case.x())
    same(case.x())
    penalty.backward()
    for ours, theirs in zip(layer.parameters(), same.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_tied_decoder_before_the_encoder():
    encoder = ConstrainedDense(6, 4, bias=False, max_norm=1.0)
    nn.init.normal_(encoder.weight)
    encoder.scale_norm()
    plain = nn.Linear(6, 4, bias=False)
    plain.load_state_dict(encoder.state_dict())
    code, x = torch.randn(3, 4, requires_grad=True), torch.randn(3, 6)
    found = []
    for layer in (encoder, plain):
        loss = (F.linear(code, layer.weight.T) - layer(x) @ layer.weight).square().sum()
        found.append(torch.autograd.grad(loss, (layer.weight, code)))
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("limits", LIMITS)
def test_siamese_and_checkpointed_forwards_after_a_penalty(case, limits):
    layer = case.layer(**limits)
    keras = projected_without_limits(case, layer)
    for module in (layer, keras):
        loss = penalty_of(case, module, l2)
        loss = loss + (module(case.x(seed=5)) * module(case.x(seed=6))).sum()
        loss = loss + checkpoint(module, case.x(), use_reentrant=False).sin().sum()
        loss.backward()
    for name, gradient in gradients(keras).items():
        torch.testing.assert_close(gradients(layer)[name], gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("limits", LIMITS)
def test_a_compiled_step_with_a_penalty_equals_the_eager_one(case, limits):
    case.skip_if_recurrent()
    torch.compiler.reset()
    layer = case.layer(**limits)
    same = copy.deepcopy(layer)

    def step(module, x):
        return module(x).sin().sum() + penalty_of(case, module, l2)

    def before(module, x):
        return penalty_of(case, module, l2) + module(x).sin().sum()

    for function in (step, before):
        compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
        compiled(layer, case.x()).backward()
        function(same, case.x()).backward()
        torch.testing.assert_close(gradients(layer), gradients(same), rtol=1e-5, atol=1e-5)
    torch.compiler.reset()


def test_the_storage_stays_where_it_is(case):
    # Averages, flat buffers and other processes refer to it.
    layer = case.layer(max_norm=1.4)
    addresses = [weight.data_ptr() for _, weight in case.weights(layer)]
    alias = [weight.detach() for _, weight in case.weights(layer)]
    layer(case.x())
    for part in case.parts(layer):
        part.scale_norm()
    assert [weight.data_ptr() for _, weight in case.weights(layer)] == addresses
    assert all(map(torch.equal, alias, [weight for _, weight in case.weights(layer)]))


def test_an_optimizer_step_still_counts_as_a_change():
    layer = ConstrainedDense(3, 2, max_norm=1.0)
    penalty = l2(layer.weight)
    layer(torch.randn(1, 3)).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        penalty.backward()
    assert isinstance(layer, NormConstraint)
