"""EEGSym's layers with the maps of a channel as a row, against torch's own order."""

import copy

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers.joint.channel_rows import MultiScaleConv, Shortcut, are_known, on_rows
from eegzoo.models import EEGSym, optimize_for_inference


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = EEGSym(8, 128, 2, sfreq=64, n_filters=8, drop_prob=0.0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return model.double()


@pytest.mark.parametrize("mode", ["training", "evaluation", "without gradients"])
def test_hemispheres_equal_their_layers(model, mode):
    layers = copy.deepcopy(model.hemisphere).train(mode == "training")
    twin = copy.deepcopy(layers)
    x = torch.randn(4, 1, 5, 128, dtype=torch.float64, requires_grad=True)
    kept = x.detach().clone()
    assert are_known(layers, 5)
    with torch.set_grad_enabled(mode != "without gradients"):
        found, expected = on_rows(layers, x), twin(x)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(list(layers.buffers()), list(twin.buffers()))
    torch.testing.assert_close(x.detach(), kept, rtol=0, atol=0)
    if mode != "without gradients":
        grad = torch.randn_like(expected)
        ours = torch.autograd.grad(found, [x, *layers.parameters()], grad)
        exact = torch.autograd.grad(expected, [x, *twin.parameters()], grad)
        # Biases before a normalisation have the gradient zero, but for rounding.
        torch.testing.assert_close(ours, exact, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("training", [True, False])
def test_a_network_in_float32_equals_one_in_float64(model, training, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "eegzoo.models.eegsym.on_rows", lambda *args: seen.append(1) or on_rows(*args)
    )
    x, single = torch.randn(6, 8, 128), copy.deepcopy(model).float()
    expected = copy.deepcopy(model).train(training)(x.double())
    found = single.train(training)(x)
    assert len(seen) == (1 if training else 2)  # evaluation takes eight hemispheres at a time
    # Statistics of a few windows enlarge what is rounded.
    atol = (1e-3 if training else 1e-5) * float(expected.detach().abs().max())
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=atol)
    if not training:
        with torch.no_grad():
            torch.testing.assert_close(single(x), found, rtol=1e-5, atol=10 * atol)
            optimized = optimize_for_inference(single)
            seen.clear()
            torch.testing.assert_close(optimized(x), found, rtol=1e-5, atol=10 * atol)
        assert seen == [1, 1]


def small(*more):
    temporal = MultiScaleConv([nn.Conv2d(1, 2, (1, n), padding="same") for n in (2, 3)])
    return nn.Sequential(
        Shortcut(nn.Sequential(temporal, nn.BatchNorm2d(4), nn.ELU())), nn.AvgPool2d((1, 2)),
        Shortcut(nn.Conv2d(4, 4, (2, 1))), *more,
    ).double()  # fmt: skip


@pytest.mark.parametrize("n_times", [6, 7])
def test_gradients_and_their_gradients_are_right(n_times):
    torch.manual_seed(0)
    layers = small()
    x = torch.randn(2, 1, 2, n_times, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x: on_rows(layers, x), x)
    assert gradgradcheck(lambda x: on_rows(layers, x), x)


def test_shortcuts_around_nothing_leave_their_input_as_it_is():
    x = torch.ones(1, 1, 2, 4)
    with torch.no_grad():
        for layers in (Shortcut(nn.Identity()), nn.Sequential(Shortcut(nn.Identity()))):
            assert on_rows(layers, x).eq(2).all()
    assert x.eq(1).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers[0].body[1].register_forward_hook(lambda *_: None),
        lambda layers: layers.register_forward_hook(lambda *_: None),
        lambda layers: layers.append(nn.Softmax(dim=1)),
        lambda layers: setattr(layers[2].body, "stride", (1, 2)),
        lambda layers: setattr(layers[1], "ceil_mode", True),
        lambda layers: setattr(layers[0].body[0][0], "padding_mode", "circular"),
    ],
    ids=["hook", "hook on all", "class", "stride", "ceil", "padding"],
)
def test_other_layers_are_not_known(change):
    layers = small()
    assert are_known(layers, 2)
    assert not are_known(layers, 3)
    change(layers)
    assert not are_known(layers, 2)
