"""One window of DeepConvNet in evaluation: folded layers that follow every change of the model."""

import copy

import pytest
import torch
from torch import nn

from eegzoo.layers import fused_fronts
from eegzoo.layers.one_window.conv_pool_window import ConvPoolWindow
from eegzoo.models import DeepConvNet, norm_features, optimize_for_inference

SIZES = {"n_chans": 3, "n_times": 450, "n_outputs": 2, "sfreq": 250, "n_filters": 4}


@pytest.fixture
def model():
    """Return a trained network in float64, whose weights are beyond their limits."""
    torch.manual_seed(0)
    model = DeepConvNet(**SIZES).double()
    model(torch.randn(8, 3, 450, dtype=torch.float64))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    return model.eval()


@pytest.fixture
def calls(monkeypatch):
    found, forward = [], ConvPoolWindow.forward
    monkeypatch.setattr(ConvPoolWindow, "forward", lambda *args: found.append(1) or forward(*args))
    return found


@pytest.fixture
def x():
    return torch.randn(1, 3, 450, dtype=torch.float64)


def check(model, x):
    with torch.no_grad():
        expected = model(x.expand(2, -1, -1))[:1]  # two windows take the layers
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
    with torch.inference_mode():
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(model(x).detach(), expected, rtol=1e-10, atol=1e-10)


def another_container(model):
    class Doubled(nn.Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

    model.blocks[1] = Doubled(*model.blocks[1])


CHANGES = {
    "kernels": lambda model: model.blocks[1][0].weight.data.neg_(),
    "statistics": lambda model: model.first[0].running_var.mul_(3),
    "limit": lambda model: setattr(model.blocks[0][0], "max_norm", 0.1),
    "head": lambda model: model.reset_head(2),
    "activation": lambda model: model.first.__setitem__(2, nn.ReLU()),
    "pool": lambda model: model.first.__setitem__(1, nn.AvgPool1d(3)),
    "container": another_container,
    "identity": lambda model: model.first.__setitem__(0, nn.Identity()),
    "features normalised": lambda model: (norm_features(model), model.eval()),
    "mode": lambda model: model.train().eval(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_follows_every_change(model, x, change):
    check(model, x)
    change(model)
    check(model, x)


def test_containers_and_blocks_of_another_kind_are_called(model, x):
    with torch.no_grad():
        expected = model.head(2 * model.features(x.expand(2, -1, -1)))[:1]

        class Doubled(nn.Sequential):
            def forward(self, x):
                return 2 * super().forward(x)

        model.blocks[2] = Doubled(*model.blocks[2])
        torch.testing.assert_close(model(x), expected, rtol=1e-10, atol=1e-10)
        model.blocks[2] = nn.Sequential(nn.Sequential(*model.blocks[2]), nn.Identity())
        model.first = model.first[:3]  # without dropout
        check(model, x)


def test_one_window_is_folded_and_several_are_not(model, x, calls):
    check(model, x)
    assert len(calls) == 3


def test_subclasses_and_replaced_methods_compute_as_they_say(model, x, calls):
    class Doubled(DeepConvNet):
        def features(self, x):
            return 2 * super().features(x)

    torch.manual_seed(0)
    check(Doubled(**SIZES).double().eval(), x)
    model.features = lambda x: torch.zeros(len(x), model.num_features, dtype=x.dtype)
    check(model, x)
    assert not calls


@pytest.mark.parametrize("hooked", ["first", "blocks", "blocks.0", "blocks.1.0", "head"])
def test_hooks_run(model, x, hooked):
    seen = []
    model(x)
    model.get_submodule(hooked).register_forward_hook(lambda *_: seen.append(1))
    model(x)
    assert seen == [1]


def test_other_ways_of_calling_use_the_layers(model, x, calls):
    with torch.no_grad():
        torch.vmap(lambda x: model(x))(x.unsqueeze(0))
        with fused_fronts(False):
            model(x)
        with torch.autocast("cpu", torch.bfloat16):
            model(x)
        torch.export.export(model, (x,)).module()(x)
    assert model(x.clone().requires_grad_()).requires_grad
    model.train()(torch.cat([x, x]))
    assert not calls


def test_gradients_are_those_of_the_layers(model, x, calls):
    found, expected = (
        torch.autograd.grad(way(x).square().sum(), list(model.parameters()))
        for way in (model, lambda x: model.head(model.features(x)))
    )
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    assert len(calls) == 1


def test_copies_follow_their_own_weights_and_keep_their_names(model, x):
    check(model, x)
    other = copy.deepcopy(model)
    other.head.weight.data.neg_()
    check(other, x)
    check(model, x)
    assert list(model.state_dict()) == list(DeepConvNet(**SIZES).state_dict())


def test_the_optimized_model_computes_one_window_the_same(model, x, calls):
    expected = model(x)
    calls.clear()
    found = optimize_for_inference(model)(x)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    assert len(calls) == 1
