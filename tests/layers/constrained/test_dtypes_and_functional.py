"""Floating types, autocast, the meta device and torch.func. Line 8 of the contract."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap

from eegzoo.layers import ConstrainedDense

HALF = [torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, *HALF])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_every_floating_type(case, dtype, scale):
    # selfEEG: float16 filters become NaN.
    layer = case.layer(scale=scale, dtype=dtype, max_norm=1.4, min_norm=0.9)
    output = layer(case.x(dtype))
    output.float().square().mean().backward()
    assert output.dtype == dtype
    assert output.isfinite().all()
    norms, eps = case.norms(layer), torch.finfo(dtype).eps
    assert (norms <= 1.4 * (1 + eps)).all()
    assert (norms >= 0.9 * (1 - eps)).all()
    for parameter in layer.parameters():
        assert parameter.dtype == parameter.grad.dtype == dtype
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e20, 1e30])
def test_norms_whose_squares_float32_cannot_hold(case, scale):
    layer = case.layer(scale=scale, max_norm=1.4, min_norm=1.4)
    layer(case.x())
    torch.testing.assert_close(case.norms(layer), torch.full_like(case.norms(layer), 1.4))


# torch's own "same" warns about even kernels.
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_autocast(case, dtype, rate):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    same = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    if str(case) == "lstm" and dtype == torch.float16:
        pytest.skip("oneDNN has no LSTM in float16")
    with torch.autocast("cpu", dtype):
        output = layer(case.x())
        output.float().square().mean().backward()
    expected = same(case.x())
    with torch.autocast("cpu", dtype):
        assert output.dtype == case.plain()(case.x()).dtype
    torch.testing.assert_close(output.float(), expected, rtol=0.05, atol=0.5)
    for parameter, other in zip(layer.parameters(), same.parameters(), strict=True):
        assert parameter.dtype == parameter.grad.dtype == torch.float32
        assert torch.equal(parameter, other)


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_meta_device(case, rate):
    layer = case.layer(device="meta", max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    x = case.x().to("meta")
    output = layer(x)
    output.sum().backward()
    assert output.device.type == "meta"
    assert layer.eval()(x).shape == output.shape
    filled = layer.train().to_empty(device="cpu")
    filled.load_state_dict(case.layer().state_dict())
    filled(case.x())
    if rate == 1.0:
        assert (case.norms(filled) <= 1.4 + 1e-5).all()


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_changing_the_dtype_is_no_update_of_the_weight(case, rate):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    layer(case.x())
    layer.double()
    norms = case.norms(layer)
    layer(case.x(torch.float64))
    torch.testing.assert_close(case.norms(layer), norms, rtol=1e-6, atol=0)


@pytest.mark.parametrize("rate", [1.0, 0.3])
@pytest.mark.parametrize("training", [True, False])
def test_functional_call_does_not_change_the_tensors(case, rate, training):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate).train(training)
    stored = {name: p.detach().clone() for name, p in layer.named_parameters()}
    passed = {name: (5 * p.detach()).requires_grad_() for name, p in layer.named_parameters()}
    before = {name: tensor.detach().clone() for name, tensor in passed.items()}
    output = functional_call(layer, passed, case.x())
    output.sum().backward()
    for name, tensor in passed.items():
        assert torch.equal(tensor, before[name])
        assert tensor.grad is not None
        assert torch.equal(layer.get_parameter(name), stored[name])
    if rate == 1.0:
        with torch.no_grad():
            for name, parameter in layer.named_parameters():
                parameter.copy_(before[name])
        torch.testing.assert_close(output, layer(case.x()))


def test_functional_call_projects_parameters_as_the_layers_own():
    # torch's functional_call updates the buffers of BatchNorm in the same way.
    layer, other = ConstrainedDense(4, 3, max_norm=1.0), nn.Linear(4, 3)
    nn.init.constant_(other.weight, 2.0)
    functional_call(layer, dict(other.named_parameters()), torch.randn(2, 4))
    torch.testing.assert_close(other.weight.norm(dim=1), torch.ones(3))


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_func_grad(case, rate):
    # selfEEG: raises.
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate)
    weights = {name: p.detach().clone() for name, p in layer.named_parameters()}

    def loss(weights, x):
        return functional_call(layer, weights, x).square().mean()

    ours = grad(loss)(weights, case.x())
    layer(case.x()).square().mean().backward()
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(ours[name], parameter.grad, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rate", [1.0, 0.3])
@pytest.mark.parametrize("training", [True, False])
def test_ensembles_by_vmap(case, rate, training):
    # selfEEG: raises.
    case.skip_if_recurrent()
    nets = [
        case.layer(scale=scale, max_norm=1.4, min_norm=0.9, minmax_rate=rate).train(training)
        for scale in (0.1, 1.0, 10.0)
    ]
    parameters, buffers = stack_module_state(nets)
    before = {name: tensor.detach().clone() for name, tensor in parameters.items()}

    def call(parameters, buffers, x):
        return functional_call(nets[0], (parameters, buffers), (x,))

    outputs = vmap(call, in_dims=(0, 0, None))(parameters, buffers, case.x())
    for output, net in zip(outputs, nets, strict=True):
        torch.testing.assert_close(output, net(case.x()), rtol=1e-5, atol=1e-5)
    for name, tensor in parameters.items():
        assert torch.equal(tensor, before[name])


def test_gradients_for_each_sample(case):
    case.skip_if_recurrent()
    layer = case.layer(max_norm=1.4)
    weights = {name: p.detach() for name, p in layer.named_parameters()}

    def loss(weights, x):
        return functional_call(layer, weights, x.unsqueeze(0)).square().sum()

    each = vmap(grad(loss), in_dims=(None, 0))(weights, case.x())
    layer(case.x()).square().sum().backward()
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(each[name].sum(0), parameter.grad, rtol=1e-4, atol=1e-4)
