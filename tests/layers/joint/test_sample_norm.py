"""EEGNeX's second convolution, its normalisation and spatial filters, against torch's layers."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers import fixed_algorithm
from eegzoo.layers.joint import sample_norm_mix as module
from eegzoo.layers.joint.sample_norm import NormOfSamples, mixed_samples
from eegzoo.layers.joint.sample_norm_mix import conv_sample_norm_mix
from eegzoo.models import EEGNeX, optimize_for_inference


def inputs(batch=5, n_chans=3, in_maps=2, n_times=14, maps=4, D=2, taps=5):
    torch.manual_seed(0)
    n_outputs = n_times - taps + 1
    shapes = (
        (batch, n_chans, in_maps, n_times), (maps, in_maps, taps), (n_outputs,), (n_outputs,),
        (maps * D, n_chans),
    )  # fmt: skip
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def by_torch(x, weight, gamma, beta, mixing, eps=1e-3):
    images = x.transpose(1, 2)  # (batch, in_maps, n_chans, n_times)
    y = F.conv2d(images, weight.unsqueeze(2)).transpose(1, 3)
    z = F.batch_norm(y, None, None, gamma, beta, True, 0.0, eps).transpose(1, 3)
    return F.conv2d(z, mixing[:, None, :, None], groups=len(weight)).squeeze(2)


@pytest.mark.parametrize("values", [1, 300, 10**6], ids=["one", "some", "all windows"])
def test_training_equals_torch(values, monkeypatch):
    monkeypatch.setattr(module, "_VALUES", values)
    tensors = inputs()
    found, mean, variance = conv_sample_norm_mix(*tensors, 1e-3)
    expected = by_torch(*tensors)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    y = F.conv2d(tensors[0].transpose(1, 2), tensors[1].unsqueeze(2))
    torch.testing.assert_close(mean, y.mean((0, 1, 2)))
    torch.testing.assert_close(variance, y.var((0, 1, 2), correction=0))
    grad = torch.randn_like(expected)
    ours, exact = (torch.autograd.grad(out, tensors, grad) for out in (found, expected))
    torch.testing.assert_close(ours, exact, rtol=1e-10, atol=1e-10)


def test_gradients_and_their_gradients_are_right():
    tensors = inputs(2, 2, 1, 5, 2, 1, 3)

    def mixed(*tensors):
        return conv_sample_norm_mix(*tensors, 1e-2)[0]

    assert gradcheck(mixed, tensors)
    assert gradgradcheck(mixed, tensors)


def test_a_window_far_from_zero_is_as_precise():
    x, *others = (tensor.detach() for tensor in inputs(n_chans=4))
    expected = by_torch(x + 1000, *others)
    found, *_ = conv_sample_norm_mix((x + 1000).float(), *(y.float() for y in others), 1e-3)
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-2)


def test_rows_are_normalised_as_torch_normalises_transposed_maps():
    torch.manual_seed(0)
    x, norm = torch.randn(4, 3, 5, 20).double(), NormOfSamples(20).double()
    plain = nn.BatchNorm2d(20, eps=1e-3, momentum=0.01).double()
    for mode in (True, False):
        norm.train(mode), plain.train(mode)
        torch.testing.assert_close(norm(x), plain(x.transpose(1, 3)).transpose(1, 3))
    torch.testing.assert_close(norm.running_var, plain.running_var)


@pytest.fixture
def models():
    """Return a network in float32 and an equal one in float64, which calls its layers."""
    torch.manual_seed(0)
    model = EEGNeX(6, 120, 3, sfreq=250, n_filters=(4, 8), drop_prob=0.0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return model, copy.deepcopy(model).double()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("algorithm", ["direct", "frames"])
def test_a_network_equals_its_layers(models, training, algorithm):
    x, grad = torch.randn(6, 6, 120), torch.randn(6, 3)
    found, gradients = [], []
    with fixed_algorithm(algorithm):
        for model, dtype in zip(models, (torch.float32, torch.float64), strict=True):
            outputs = model.train(training)(x.to(dtype))
            found.append(outputs.double())
            own = torch.autograd.grad(outputs, list(model.parameters()), grad.to(dtype))
            gradients.append([gradient.double() for gradient in own])
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-5)
    for ours, exact in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, exact, rtol=1e-3, atol=1e-4 * float(exact.abs().max()))
    for ours, exact in zip(*(model.buffers() for model in models), strict=True):
        torch.testing.assert_close(ours, exact.to(ours.dtype), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.temporal[4].register_forward_hook(lambda *_: None),
        lambda model: model.temporal.register_forward_hook(lambda *_: None),
        lambda model: model.temporal.__setitem__(2, nn.ReLU()),
        lambda model: setattr(model.temporal[3], "dilation", (1, 2)),
        lambda model: model.double(),
    ],
    ids=["hook", "hook on all", "activation", "dilation", "float64"],
)
def test_other_layers_are_called_one_after_the_other(models, change):
    model, _ = models
    x = torch.randn(6, 6, 120)
    assert mixed_samples(model.temporal, model.spatial, x) is not None
    change(model)
    assert mixed_samples(model.temporal, model.spatial, x.to(model.head.weight.dtype)) is None


@torch.no_grad()
def test_an_optimized_network_is_computed_jointly_as_well(models):
    model, exact = (model.eval() for model in models)
    x, fast = torch.randn(6, 6, 120), optimize_for_inference(model).network
    with fixed_algorithm("frames"):
        mixed = mixed_samples(fast.temporal, fast.spatial, x)
        expected = exact.spatial[0](exact.temporal(x.double().unsqueeze(1)))
        torch.testing.assert_close(mixed.double(), expected, rtol=1e-4, atol=1e-5)
    fast.temporal[3].register_forward_hook(lambda *_: None)  # on padding and convolution together
    assert mixed_samples(fast.temporal, fast.spatial, x) is None


@pytest.mark.parametrize("place", [0, 3])
def test_convolutions_with_fewer_samples_are_called(models, place):
    model, _ = models
    conv = model.temporal[place]
    model.temporal[place] = nn.Conv2d(conv.in_channels, conv.out_channels, (1, 7), bias=False)
    assert mixed_samples(model.temporal, model.spatial, torch.randn(6, 6, 120)) is None
