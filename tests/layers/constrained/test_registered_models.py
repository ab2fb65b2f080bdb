"""Every registered model: baked, and trained with a penalty on its constrained weights."""

import copy

import pytest
import torch
from torch import nn

from eegzoo.layers import NormConstraint, bake
from eegzoo.testing.model_case import windows
from tests.models.test_every_model import NAMES, case


def constrained(model):
    """Return the layers with a limit by name."""
    layers = model.named_modules()
    return {n: part for n, part in layers if isinstance(part, NormConstraint) and part.max_norm}


def beyond_its_limits(name):
    torch.manual_seed(0)
    model = case(name).build()
    with torch.no_grad():
        for layer in constrained(model).values():
            for weight in layer.weight_names:
                layer.get_parameter(weight).mul_(5)
    return model


# torch's own "same" warns about even kernels.
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_baked_model_has_plain_layers_and_equal_outputs(name):
    model = beyond_its_limits(name).eval()
    baked, x = bake(model), windows(model)
    assert not any(isinstance(layer, NormConstraint) for layer in baked.modules())
    for layer in baked.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d)):
            assert layer.padding_mode in ("zeros", "reflect", "replicate", "circular")
    with torch.no_grad():
        expected = model(x)
        scale = expected.abs().max()
        torch.testing.assert_close(baked(x) / scale, expected / scale, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_training_with_an_l2_penalty_computed_first_follows_keras(name):
    # In Keras a step starts at projected weights: the penalty and its gradient are taken there.
    model = beyond_its_limits(name)
    if not constrained(model):
        pytest.skip("no constrained weights")
    keras = copy.deepcopy(model)
    x = windows(model)
    learning_rate = 1e-3

    def penalty(module):
        layers = [module.get_submodule(name) for name in constrained(model)]
        return sum(
            part.get_parameter(w).square().sum() for part in layers for w in part.weight_names
        )

    for _ in range(2):
        for module in (model, keras):
            if module is keras:
                for layer in constrained(keras).values():
                    layer.scale_norm()
            torch.manual_seed(1)  # the same dropout
            module.zero_grad()
            loss = 0.01 * penalty(module)
            (loss + module(x).square().mean()).backward()
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            torch.optim.SGD(module.parameters(), lr=learning_rate).step()
        for ours, right in zip(model.parameters(), keras.parameters(), strict=True):
            torch.testing.assert_close(ours, right, rtol=1e-4, atol=1e-5)
    for layer in constrained(model).values():
        layer.scale_norm()
        for weight in layer.weight_names:
            norms = layer.filter_norms(layer.get_parameter(weight))
            assert (norms <= layer.max_norm * (1 + 1e-5)).all()
