"""When a weight is projected, and when the stored weight changes. Lines 1 to 3 of the contract."""

import threading

import pytest
import torch
import torchinfo
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedDense
from tests.layers.conftest import is_weight

LIMITS = [
    pytest.param({"max_norm": 1.4}, id="MaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 0.9}, id="MinMaxNorm"),
    pytest.param({"max_norm": 1.0, "min_norm": 1.0}, id="UnitNorm"),
]


def bits(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def assert_same_bits(module, before):
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def assert_within(norms, limits, rtol=1e-6):
    assert (norms <= limits["max_norm"] * (1 + rtol)).all()
    assert (norms >= limits.get("min_norm", 0) * (1 - rtol)).all()


def plain_output(case, layer):
    """Return the output of the plain torch layer with the stored weights of `layer`."""
    plain = case.plain()
    plain.load_state_dict(layer.state_dict())
    x = case.x()
    if any(getattr(part, "padding", None) == "causal" for part in case.parts(layer)):
        x = nn.functional.pad(x, (8, 0))  # dilation 2, kernel 5
    return plain(x)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("scale", [10.0, 0.1])
def test_a_forward_in_training_stores_the_projected_weight(case, limits, scale, project_by_loop):
    layer = case.layer(scale=scale, **limits)
    expected = {
        name: project_by_loop(p, axis_norm=case.axes(p), **limits)
        if is_weight(name)
        else p.detach().double()
        for name, p in layer.named_parameters()
    }
    layer(case.x())
    assert_within(case.norms(layer), limits)
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(parameter.double(), expected[name], rtol=3e-7, atol=0)


@pytest.mark.parametrize("limits", LIMITS)
def test_scale_norm_projects_as_a_forward_in_training(case, limits):
    by_forward, by_call = case.layer(**limits), case.layer(**limits).eval()
    by_forward(case.x())
    for part in case.parts(by_call):
        part.scale_norm()
    assert_same_bits(by_call, bits(by_forward))


# torch's own "same" warns about even kernels.
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("training", [True, False])
def test_every_output_is_computed_with_a_weight_within_the_limits(case, limits, training):
    layer = case.layer(**limits).train(training)
    output = layer(case.x())
    for part in case.parts(layer):
        part.scale_norm()
    torch.testing.assert_close(output, plain_output(case, layer), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_without_gradients_the_stored_weight_does_not_change(case, training):
    layer = case.layer(max_norm=1.4).train(training)
    before = bits(layer)
    with torch.no_grad():
        output = layer(case.x())
    with torch.inference_mode():
        torch.testing.assert_close(layer(case.x()), output)
    assert_same_bits(layer, before)
    torch.testing.assert_close(layer.train()(case.x()), output)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_without_a_limit_the_layer_is_plain(case):
    layer = case.layer(max_norm=None)
    before = bits(layer)
    torch.testing.assert_close(layer(case.x()), plain_output(case, layer))
    assert_same_bits(layer, before)


@pytest.mark.parametrize(
    "limits", [*LIMITS, {"max_norm": 1.4, "min_norm": 0.9, "minmax_rate": 0.3}], ids=str
)
def test_evaluation_changes_no_bit(case, limits):
    # selfEEG: evaluation rewrites weights; outputs of minmax_rate < 1 drift from call to call.
    layer = case.layer(**limits).eval()
    before = bits(layer)
    first = layer(case.x())
    for _ in range(50):
        assert torch.equal(layer(case.x()), first)
    assert_same_bits(layer, before)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_with_a_rate_below_one_evaluation_uses_the_stored_weight(case):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=0.3).eval()
    torch.testing.assert_close(layer(case.x()), plain_output(case, layer))


def test_torchinfo_summary_changes_nothing(case):
    layer = case.layer(max_norm=1.4)
    before = bits(layer)
    torchinfo.summary(layer, input_data=case.x(), verbose=0)
    assert_same_bits(layer, before)


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_a_frozen_layer_computes_within_the_limits_and_does_not_change(case, rate):
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate).requires_grad_(False)
    before = bits(layer)
    x = case.x_with_grad()
    output = layer(x)
    if x.requires_grad:
        output.sum().backward()
    assert_same_bits(layer, before)
    torch.testing.assert_close(layer.eval()(x), output)
    layer.train().requires_grad_(True)
    torch.testing.assert_close(layer(x), output)


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_threads_in_evaluation_agree_and_change_nothing(case, rate):
    # selfEEG: threads corrupt weights.
    layer = case.layer(max_norm=1.4, min_norm=0.9, minmax_rate=rate).eval()
    before, x = bits(layer), case.x()
    expected, outputs = layer(x), []

    def work():
        outputs.extend(layer(x) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outputs) == 160
    assert all(torch.equal(output, expected) for output in outputs)
    assert_same_bits(layer, before)


def test_filters_within_the_limits_never_drift_in_training(case):
    # selfEEG: small filters shrink, 10 % in 1,000 forwards at norm 1e-5.
    layer = case.layer(scale=1e-5, max_norm=1.0)
    before = bits(layer)
    for _ in range(200):
        layer(case.x())
    assert_same_bits(layer, before)


def test_the_norm_is_that_of_a_unit_or_filter():
    # braindecode bounds the wrong axis: norm 1.06 under a limit of 0.25.
    dense = ConstrainedDense(64, 4, max_norm=0.25)
    conv = ConstrainedConv1d(8, 3, 9, max_norm=0.25)
    nn.init.normal_(dense.weight)
    nn.init.normal_(conv.weight)
    dense(torch.randn(2, 64))
    conv(torch.randn(2, 8, 20))
    torch.testing.assert_close(dense.weight.norm(dim=1), torch.full((4,), 0.25))
    torch.testing.assert_close(conv.weight.norm(dim=(1, 2)), torch.full((3,), 0.25))


@pytest.mark.parametrize("axis_norm", [0, 1, 2, (0, 2), -1, [1, 2]])
def test_other_axes(axis_norm, project_by_loop):
    layer = ConstrainedConv1d(4, 6, 5, max_norm=0.5, axis_norm=axis_norm)
    nn.init.normal_(layer.weight)
    axes = [axis_norm] if isinstance(axis_norm, int) else axis_norm
    expected = project_by_loop(layer.weight, 0.5, axis_norm=[axis % 3 for axis in axes])
    layer(torch.randn(2, 4, 20))
    torch.testing.assert_close(layer.weight.double(), expected, rtol=3e-7, atol=0)


@pytest.mark.parametrize(
    "write",
    [
        lambda layer, value: setattr(layer, "weight", nn.Parameter(value)),
        lambda layer, value: layer.weight.data.copy_(value),
        lambda layer, value: setattr(layer.weight, "data", value),
        lambda layer, value: layer.weight.detach().numpy().__setitem__(..., value.numpy()),
        lambda layer, value: nn.init.constant_(layer.weight, 1e3),
    ],
    ids=["parameter", "data.copy_", "data =", "numpy", "nn.init"],
)
@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_every_way_of_writing_to_a_weight_is_noticed(write, rate):
    # braindecode: nn.init on the weight is lost. With rate 0.3 each write is exactly one update.
    layer = ConstrainedDense(4, 3, max_norm=1.0, min_norm=0.5, minmax_rate=rate)
    x = torch.randn(2, 4)
    layer(x)
    write(layer, torch.full((3, 4), 1e3))
    expected = 1.0 if rate == 1.0 else 0.7 * 2e3 + 0.3
    for _ in range(3):
        layer(x)
        torch.testing.assert_close(layer.weight.norm(dim=1), torch.full((3,), expected))


def test_tied_weights_with_different_limits():
    # Each layer computes within its own limits. The stored weight satisfies the last one called.
    wide, narrow = ConstrainedDense(4, 4, max_norm=2.0), ConstrainedDense(4, 4, max_norm=1.0)
    nn.init.normal_(wide.weight, std=10)
    narrow.weight = wide.weight
    x = torch.eye(4)
    in_wide, in_narrow = wide(x) - wide.bias, narrow(x) - narrow.bias
    (in_wide + in_narrow).sum().backward()
    torch.testing.assert_close(in_wide.norm(dim=0), torch.full((4,), 2.0))
    torch.testing.assert_close(in_narrow.norm(dim=0), torch.full((4,), 1.0))
    torch.testing.assert_close(wide.weight.norm(dim=1), torch.full((4,), 1.0))
    torch.testing.assert_close(wide.weight.grad, torch.full((4, 4), 2.0))


def test_the_example_of_the_specification():
    x = torch.randn(4, 8, 64)
    layer = ConstrainedConv1d(8, 16, 15, max_norm=1.4, min_norm=0.3)
    layer.weight = nn.Parameter(layer.weight * 10)
    output = layer(x)
    norms = torch.linalg.vector_norm(layer.weight, dim=(1, 2))
    assert output.shape == (4, 16, 64)
    assert not output.isnan().any()
    assert (norms <= 1.4 + 1e-3).all()
