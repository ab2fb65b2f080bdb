"""Layers on time-major maps against the same layers one after the other, in float64."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import eegzoo
from eegzoo.layers import ConstrainedConv1d
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.time_major import conv1d, is_time_major, pad_time, prefers_time_major


def layers():
    torch.manual_seed(0)
    return [
        nn.BatchNorm1d(6, momentum=None),
        nn.ELU(alpha=0.7),
        nn.AvgPool1d(3),
        ConstrainedConv1d(6, 6, 4, groups=6, bias=False),
        nn.Conv1d(6, 5, 1),
        nn.BatchNorm1d(5, affine=False),
        nn.Tanh(),
        ConstrainedConv1d(5, 4, 3),
        nn.BatchNorm1d(4, track_running_stats=False),
    ]


def run(net, x):
    """Return outputs, gradients and buffers of a step."""
    x = x.detach().requires_grad_()
    out = net(x)
    weights = torch.linspace(-1, 2, out.numel(), dtype=x.dtype).sin().view(out.shape)
    gradients = torch.autograd.grad((out * weights).sum(), [x, *net.parameters()])
    return [out, *gradients, *net.buffers()]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_time_major_maps_give_the_same(training, dtype, tolerance):
    fast = MapsSequential(*layers()).to(dtype).train(training)
    plain = nn.Sequential(*copy.deepcopy(list(fast))).double()
    x = torch.randn(8, 20, 6, dtype=dtype).mT
    assert is_time_major(x)
    found, expected = run(fast, x), run(plain, x.double().contiguous())
    assert is_time_major(found[0])
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a.double(), b.double(), rtol=10 * tolerance, atol=5 * tolerance)
    assert list(fast.state_dict()) == list(plain.state_dict())


def test_input_is_not_changed():
    x = torch.randn(4, 9, 6).mT
    before = x.clone()
    MapsSequential(*layers()[:3])(x)
    assert torch.equal(x, before)


def test_second_derivatives():
    net = MapsSequential(*layers()[:6]).double()
    x = torch.randn(3, 7, 6, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: net(x.mT), x, atol=1e-4)


@pytest.mark.parametrize("place", [0, 1, 4])
def test_hooks_see_maps(place):
    net, shapes = MapsSequential(*layers()), []
    net[place].register_forward_hook(lambda module, inputs, out: shapes.append(inputs[0].shape))
    x = torch.randn(8, 20, 6).mT
    plain = nn.Sequential(*copy.deepcopy(list(net)))
    torch.testing.assert_close(net(x), plain(x))
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 3


@pytest.mark.parametrize("kernel_size", [4, 40])
@pytest.mark.parametrize("groups", [1, 3])
def test_convolution_equals_torch(kernel_size, groups):
    x = torch.randn(2, 50, 6).mT
    weight, bias = torch.randn(3, 6 // groups, kernel_size), torch.randn(3)
    options = (2, (3,), 1 if kernel_size > 4 else 2, groups)
    torch.testing.assert_close(
        conv1d(x, weight, bias, *options), F.conv1d(x, weight, bias, *options), rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize("x", [torch.ones(2, 5, 3), torch.ones(2, 3, 5).mT])
def test_padding_keeps_the_layout(x):
    padded = pad_time(x, (2, 1))
    torch.testing.assert_close(padded, F.pad(x, (2, 1)))
    assert is_time_major(padded) == is_time_major(x)


def test_few_maps_other_dtypes_and_autocast_are_not_time_major():
    x = torch.zeros(2, 3, 9)
    assert prefers_time_major(x, 8)
    assert not prefers_time_major(x, 7)
    assert not prefers_time_major(x.double(), 8)
    assert not prefers_time_major(x.to("meta"), 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert not prefers_time_major(x, 8)


@pytest.mark.parametrize("name", ["eegnet", "atcnet", "ctnet", "eegtcnet"])
def test_models_equal_themselves_in_float64(name):
    torch.manual_seed(0)
    model = eegzoo.create_model(name, n_chans=4, n_times=300, n_outputs=3, sfreq=64)
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    exact = copy.deepcopy(model).double()
    x, y = torch.randn(6, 4, 300), torch.randint(0, 3, (6,))
    assert is_time_major(copy.deepcopy(model).front(x))
    for net in (model, exact):
        F.cross_entropy(net(x.to(next(net.parameters()).dtype)), y).backward()
    gradients = [
        torch.cat([p.grad.double().flatten() for p in m.parameters()]) for m in (model, exact)
    ]
    assert (gradients[0] - gradients[1]).norm() < 1e-4 * gradients[1].norm()
    for a, b in zip(model.buffers(), exact.buffers(), strict=True):
        torch.testing.assert_close(a.double(), b.double(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        model.eval()(x).double(), exact.eval()(x.double()), rtol=1e-5, atol=1e-5
    )
