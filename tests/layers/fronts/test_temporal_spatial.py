"""Outputs, gradients and running statistics are the same in all orders of the front."""

import copy

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd import forward_ad
from torch.nn.utils import parametrizations

from eegzoo.layers import ConstrainedConv2d, by_person
from eegzoo.layers.fronts.depthwise import depthwise_conv1d
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv, fused_fronts
from eegzoo.layers.fronts.window_covariance import lag_products, window_moments

# In the plain order torch warns about the cost of padding="same" with even kernels.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)


def front_of(
    n_chans=5, n_taps=16, *, mixes=False, norm=True, bias=True, padding="same",
    constrained=False, n_filters=3, depth=2, fused=True, stride=1, dilation=1, **of_norm,
):  # fmt: skip
    conv = ConstrainedConv2d if constrained else nn.Conv2d
    steps = {"stride": (1, stride), "dilation": (1, dilation)}
    temporal = conv(1, n_filters, (1, n_taps), padding=padding, bias=bias, **steps)
    n_maps, groups = n_filters * depth, 1 if mixes else n_filters
    spatial = conv(n_filters, n_maps, (n_chans, 1), padding="valid", groups=groups, bias=bias)
    front = TemporalSpatialConv(
        temporal, spatial, nn.BatchNorm2d(n_filters, **of_norm) if norm else None, fused
    )
    with torch.no_grad():
        for name, tensor in front.state_dict().items():
            if "norm" in name and tensor.is_floating_point():
                tensor.uniform_(0.5, 2.0)
    return front


def depthwise_or_full(front):
    return "spatial first" if front.spatial.groups == front.spatial.in_channels else "folded"


def outcome(front, x, fused, dtype=None, needs_x=True):
    """Return output, gradients and buffers of a copy, in the plain order if `fused` is False."""
    front = copy.deepcopy(front).to(dtype or x.dtype)
    front.fused = fused
    x = x.detach().to(dtype or x.dtype).requires_grad_(needs_x)
    assert front.order(x) == (depthwise_or_full(front) if fused else "plain")
    y = front(x)
    ((y - 0.3) * torch.cos(torch.arange(y.numel()).view_as(y))).sum().backward()
    gradients = {name: p.grad for name, p in front.named_parameters()}
    if needs_x:
        gradients["x"] = x.grad
    return y.detach(), gradients, dict(front.named_buffers())


def assert_same(ours, plain, of_output, of_gradient):
    """Compare with tolerances relative to the largest number of each kind."""
    y, gradients, buffers = plain
    close(ours[0], y, of_output)
    assert ours[1].keys() == gradients.keys()
    scale = max(gradient.abs().max().item() for gradient in gradients.values())
    for name, gradient in gradients.items():
        assert ours[1][name].dtype == ours[0].dtype
        # The gradient of a parameter that the normalisation cancels is rounding only.
        own = max(gradient.abs().max().item(), 1e-2 * scale)
        error = (ours[1][name] - gradient).abs().max().item()
        assert error <= of_gradient * own, (name, error / own)
    for name, buffer in buffers.items():
        close(ours[2][name], buffer, of_output)


def close(ours, plain, tolerance):
    error = (ours - plain).abs().max().item()
    assert error <= tolerance * max(plain.abs().max().item(), 1e-3), error


fronts = st.fixed_dictionaries(
    {
        "n_chans": st.integers(1, 7),
        "n_taps": st.integers(1, 70),
        "mixes": st.booleans(),
        "norm": st.booleans(),
        "bias": st.booleans(),
        "constrained": st.booleans(),
        "n_filters": st.integers(1, 4),
        "depth": st.integers(1, 3),
    }
)
norms = st.fixed_dictionaries(
    {
        "affine": st.booleans(),
        "track_running_stats": st.booleans(),
        "momentum": st.sampled_from([0.1, 0.01, 1.0, None]),
        "eps": st.sampled_from([1e-5, 1e-3]),
    }
)
paddings = st.one_of(st.just("same"), st.just("causal"), st.integers(0, 80))


@st.composite
def cases(draw):
    arguments = draw(fronts)
    if arguments["norm"]:
        arguments |= draw(norms)
    padding = draw(paddings)
    if padding == "causal":
        arguments["constrained"] = True
    arguments["padding"] = padding if isinstance(padding, str) else (0, padding)
    both = 0 if isinstance(padding, str) else 2 * padding
    # Includes windows that are shorter than the kernel but long enough with padding.
    shortest = 2 if isinstance(padding, str) else max(2, arguments["n_taps"] + 1 - both)
    n_times = draw(st.integers(shortest, shortest + 90))
    training = draw(st.booleans())
    of_batch = training or not arguments.get("track_running_stats", True)
    if not (arguments["norm"] and of_batch):
        if padding != "same":
            arguments["stride"] = draw(st.integers(1, 3))
        arguments["dilation"] = draw(st.integers(1, 2))
        n_times += arguments["n_taps"]
    torch.manual_seed(draw(st.integers(0, 99)))
    front = front_of(**arguments).train(training)
    return front, torch.randn(draw(st.integers(2, 4)), arguments["n_chans"], n_times)


@EXAMPLES
@given(cases(), st.booleans())
def test_in_float64(case, needs_x):
    front, x = case
    ours, plain = (outcome(front, x.double(), fused, needs_x=needs_x) for fused in (True, False))
    assert_same(ours, plain, 1e-10, 1e-8)


@EXAMPLES
@given(cases())
def test_in_float32(case):
    front, x = case
    assert_same(outcome(front, x, True), outcome(front, x, False, torch.float64), 1e-5, 1e-4)


@pytest.mark.parametrize("padding", ["same", 0, (0, 20)])
@pytest.mark.parametrize("offset", ["one for all", "each channel its own", "drift"])
@pytest.mark.parametrize("n_taps", [16, 33])
def test_large_offsets(padding, offset, n_taps):
    # 10 mV offset, 20 uV signal. No order is exact in float32: ours may not be worse than plain.
    x = 20 * torch.randn(4, 5, 300)
    offsets = {
        "one for all": 1e4,
        "each channel its own": 1e4 * torch.randn(4, 5, 1),
        "drift": torch.linspace(-1e3, 1e3, 300),
    }
    x = x + offsets[offset]
    front = front_of(n_taps=n_taps, padding=padding)
    true = outcome(front, x, False, torch.float64)
    ours, plain = outcome(front, x, True), outcome(front, x, False)
    assert_same(outcome(front, x, True, torch.float64), true, 1e-9, 1e-7)
    for name in true[2]:
        close(ours[2][name], true[2][name], 1e-6)
    errors = [(result[0] - true[0]).abs().max() / true[0].abs().max() for result in (ours, plain)]
    assert errors[0] <= max(1e-5, 2 * errors[1])
    for name, gradient in true[1].items():
        errors = [(result[1][name] - gradient).abs().max() for result in (ours, plain)]
        scale = max(other.abs().max() for other in true[1].values())
        assert errors[0] <= max(1e-4 * gradient.abs().max(), 2 * errors[1], 1e-6 * scale), name


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("constrained", [True, False])
@pytest.mark.parametrize("mixes", [True, False])
def test_ten_steps_of_adam(momentum, constrained, mixes):
    torch.manual_seed(3)
    front = front_of(constrained=constrained, mixes=mixes, momentum=momentum, bias=False).double()
    both = [front, copy.deepcopy(front)]
    both[1].fused = False
    optimizers = [torch.optim.Adam(module.parameters(), lr=0.01) for module in both]
    for step in range(10):
        x = torch.randn(3, 5, 60, generator=torch.Generator().manual_seed(step)).double()
        for module, optimizer in zip(both, optimizers, strict=True):
            optimizer.zero_grad()
            module(x).sin().square().mean().backward()
            optimizer.step()
    for (name, ours), plain in zip(
        front.state_dict().items(), both[1].state_dict().values(), strict=True
    ):
        torch.testing.assert_close(ours, plain, rtol=1e-8, atol=1e-8, msg=name)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_without_gradients(momentum):
    # torch.optim.swa_utils.update_bn runs a model in this way.
    ours = front_of(momentum=momentum).double()
    plain = copy.deepcopy(ours)
    plain.fused = False
    with torch.no_grad():
        for _ in range(3):
            x = torch.randn(2, 5, 40).double()
            torch.testing.assert_close(ours(x), plain(x))
    assert ours.norm.num_batches_tracked == 3
    torch.testing.assert_close(ours.state_dict(), plain.state_dict())


def test_frozen_normalisation_in_training():
    front = front_of().train()
    front.norm.eval()
    x = torch.randn(2, 5, 40).double()
    assert_same(outcome(front, x, True), outcome(front, x, False), 1e-10, 1e-8)


def test_a_constant_input():
    front = front_of(padding=0).double()
    x = torch.full((2, 5, 40), 1e4).double()
    plain = copy.deepcopy(front)
    plain.fused = False
    torch.testing.assert_close(front(x), plain(x), rtol=1e-5, atol=1e-5)


def test_weights_are_projected_once(monkeypatch):
    front, calls = front_of(constrained=True), []
    real = ConstrainedConv2d.constrained_weight
    monkeypatch.setattr(
        ConstrainedConv2d, "constrained_weight", lambda self: calls.append(self) or real(self)
    )
    front(torch.randn(2, 5, 40))
    assert calls == [front.temporal, front.spatial]


def test_state_dict_keys_are_those_of_the_modules():
    names = ["temporal.weight", "norm.weight", "norm.bias", "norm.running_mean",
             "norm.running_var", "norm.num_batches_tracked", "spatial.weight"]  # fmt: skip
    assert list(front_of(bias=False).state_dict()) == names


# ---- which order ----


@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ({"n_chans": 22, "n_taps": 64, "n_filters": 8}, "spatial first"),
        ({"n_chans": 1, "n_taps": 64, "n_filters": 8}, "plain"),
        ({"n_chans": 22, "n_taps": 25, "n_filters": 40, "depth": 1, "mixes": True}, "folded"),
        ({"n_chans": 22, "n_taps": 25, "n_filters": 2, "depth": 20, "mixes": True}, "plain"),
    ],
)
def test_the_cheapest_order(sizes, order):
    front = front_of(**sizes, norm=not sizes.get("mixes"), fused=None)
    x = torch.randn(2, sizes["n_chans"], 128)
    assert front.order(x) == order


def test_fused_fronts_overrides_the_argument():
    x = torch.randn(2, 5, 40)
    for fused in (True, False, None):
        front = front_of(fused=fused)
        own = front.order(x)
        with fused_fronts(False):
            assert front.order(x) == "plain"
            with fused_fronts(True):
                assert front.order(x) == "spatial first"
            assert front.order(x) == "plain"
        assert front.order(x) == own
    with pytest.raises(KeyError), fused_fronts(False):
        raise KeyError
    assert front_of().order(x) == "spatial first"


def _with(change):
    front = front_of()
    return change(front) or front


def _identity(*_):
    return None


class _Halved(nn.Conv2d):
    def forward(self, x):
        return super().forward(x) / 2


def _replace(name, make):
    def change(front):
        setattr(front, name, make(getattr(front, name)))

    return change


def _own_forward(front):
    forward = front.temporal.forward
    front.temporal.forward = lambda x: forward(x) * 2


UNSUPPORTED = {
    "forward hook": lambda f: f.temporal.register_forward_hook(lambda m, a, y: y * 2) and None,
    "forward hook on norm": lambda f: f.norm.register_forward_hook(lambda m, a, y: y * 2) and None,
    "forward pre-hook": lambda f: f.spatial.register_forward_pre_hook(_identity) and None,
    "backward hook": lambda f: f.temporal.register_full_backward_hook(_identity) and None,
    "backward pre-hook": lambda f: f.norm.register_full_backward_pre_hook(_identity) and None,
    "forward of its own": _own_forward,
    "parametrization": lambda f: parametrizations.weight_norm(f.temporal) and None,
    "subclass": _replace("temporal", lambda old: _Halved(1, 3, (1, 15))),
    "SyncBatchNorm": _replace("norm", nn.SyncBatchNorm.convert_sync_batchnorm),
    "other norm": _replace("norm", lambda old: nn.GroupNorm(3, 3)),
    "circular padding": _replace(
        "temporal", lambda old: nn.Conv2d(1, 3, (1, 15), padding="same", padding_mode="circular")
    ),
    "stride with statistics": _replace("temporal", lambda old: nn.Conv2d(1, 3, (1, 9), (1, 2))),
    "dilation with statistics": _replace(
        "temporal", lambda old: nn.Conv2d(1, 3, (1, 9), dilation=2)
    ),
    "padding over channels": _replace("temporal", lambda old: nn.Conv2d(1, 3, (1, 9), padding=1)),
    "spatial padding": _replace(
        "spatial", lambda old: nn.Conv2d(3, 6, (5, 1), padding=(0, 2), groups=3)
    ),
    "spatial stride": _replace("spatial", lambda old: nn.Conv2d(3, 6, (5, 1), (1, 2), groups=3)),
    "spatial width": _replace("spatial", lambda old: nn.Conv2d(3, 6, (5, 3), groups=3)),
}


# Outside a process group SyncBatchNorm can be trained on a GPU only.
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_modules_are_computed_in_the_plain_order(name):
    front = _with(UNSUPPORTED[name]).train(name != "SyncBatchNorm")
    x = torch.randn(2, 5, 40)
    same = copy.deepcopy(front)
    assert front.order(x) == "plain"
    y = same.spatial(same.norm(same.temporal(x.unsqueeze(1)))).squeeze(2)
    assert torch.equal(front(x), y)


def test_global_hooks_see_the_submodules():
    front, seen = front_of(), []
    handle = nn.modules.module.register_module_forward_hook(lambda m, a, y: seen.append(m))
    try:
        front(torch.randn(2, 5, 40))
    finally:
        handle.remove()
    assert seen == [front.temporal, front.norm, front.spatial, front]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("norm", [True, False])
def test_half_precision_in_evaluation(dtype, norm):
    front, x = front_of(norm=norm).eval(), torch.randn(2, 5, 60)
    true, half = front(x), copy.deepcopy(front).to(dtype)
    order = "plain" if norm and dtype == torch.float16 else "spatial first"
    assert half.order(x.to(dtype)) == order
    assert half.train().order(x.to(dtype)) == ("plain" if norm else "spatial first")
    y = half.eval()(x.to(dtype))
    assert y.dtype == dtype
    half.fused = False
    errors = [(other.float() - true).abs().max() for other in (y, half(x.to(dtype)))]
    assert errors[0] <= 2 * errors[1] + 1e-4


@pytest.mark.parametrize("mixes", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_autocast(mixes, training):
    front, x = front_of(mixes=mixes).train(training), 50 + 20 * torch.randn(3, 5, 100)
    both = [copy.deepcopy(front) for _ in range(2)]
    both[1].fused = False
    true = outcome(front, x, False, torch.float64)
    results = []
    for module in both:
        with torch.autocast("cpu", torch.bfloat16):
            assert module.order(x) == (depthwise_or_full(front) if module.fused else "plain")
            y = module(x)
        (y - 0.3).mul(torch.cos(torch.arange(y.numel()).view_as(y))).sum().backward()
        results.append((y, {name: p.grad for name, p in module.named_parameters()}))
    assert results[0][0].dtype == results[1][0].dtype == torch.bfloat16
    errors = [(y.double() - true[0]).abs().max() for y, _ in results]
    assert errors[0] <= 2 * errors[1] + 1e-2
    if training:  # statistics are computed in float64
        close(both[0].norm.running_var, true[2]["norm.running_var"], 1e-6)
    scale = max(gradient.abs().max() for gradient in true[1].values())
    for name, gradient in results[0][1].items():
        assert gradient.dtype == torch.float32
        assert (gradient - true[1][name]).abs().max() <= 0.03 * scale, name


def test_an_invalid_input_fails_as_in_the_plain_order():
    front = front_of()
    for x in (torch.randn(2, 5, 40).double(), torch.ones(2, 5, 40, dtype=torch.long)):
        assert front.order(x) == "plain"
        with pytest.raises(RuntimeError):
            front(x)
    with pytest.raises(ValueError, match="more than 1 value"):
        front_of(1, 4, padding=0)(torch.randn(1, 1, 4))


def test_functional_call_vmap_and_forward_mode():
    front, x = front_of().double().eval(), torch.randn(2, 5, 40).double()
    state = {name: tensor * 1.5 for name, tensor in front.state_dict().items()}
    plain = copy.deepcopy(front)
    plain.fused = False
    call = torch.func.functional_call
    torch.testing.assert_close(call(front, state, x), call(plain, state, x))
    stacked = {name: torch.stack([own, state[name]]) for name, own in front.state_dict().items()}
    many = torch.vmap(lambda one: call(front, one, x))(stacked)
    torch.testing.assert_close(many[1], call(plain, state, x))
    gradient = torch.func.grad(lambda one: call(front, {"temporal.weight": one}, x).sin().sum())
    expected = torch.func.grad(lambda one: call(plain, {"temporal.weight": one}, x).sin().sum())
    weight = front.temporal.weight.detach()
    torch.testing.assert_close(gradient(weight), expected(weight))
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, torch.ones_like(x))
        assert front.order(dual) == "plain"
        ours = forward_ad.unpack_dual(front(dual)).tangent
        torch.testing.assert_close(ours, forward_ad.unpack_dual(plain(dual)).tangent)


# ---- compile, export ----

# Inductor's results are compared in tests/models/test_every_model.py, with EEGNet.


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("mixes", [True, False])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_compiles_into_one_graph(training, mixes, momentum):
    torch.compiler.reset()
    front = front_of(mixes=mixes, constrained=True, momentum=momentum).train(training)
    compiled = torch.compile(front, fullgraph=True, backend="aot_eager")
    eager, x = copy.deepcopy(front), torch.randn(2, 5, 60)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for _ in range(2):
            for module in (compiled, eager):
                module(x).sin().sum().backward()
    # The gradients show that the graph is not one of frozen weights.
    for (name, ours), theirs in zip(front.named_parameters(), eager.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4, msg=name)
    torch.testing.assert_close(front.state_dict(), eager.state_dict())
    torch.compiler.reset()


@pytest.mark.parametrize("mixes", [True, False])
def test_export_for_any_batch_and_length(mixes):
    front = front_of(mixes=mixes, constrained=True).eval()
    batch, n_times = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("n_times", min=20)
    x = torch.randn(3, 5, 60)
    program = torch.export.export(front, (x,), dynamic_shapes=({0: batch, 2: n_times},))
    for shape in ((1, 5, 60), (4, 5, 41)):
        x = torch.randn(shape)
        torch.testing.assert_close(program.module()(x), front(x))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("mixes", [True, False])
def test_onnx(tmp_path, mixes):
    front, x = front_of(mixes=mixes, constrained=True).eval(), torch.randn(3, 5, 60)
    torch.onnx.export(front, (x,), tmp_path / "front.onnx", dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "front.onnx")
    (y,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(y, front(x).detach().numpy(), rtol=1e-5, atol=1e-5)


# ---- the mathematics ----

lengths = st.integers(1, 80)


either_side = st.one_of(st.just((0, 0)), st.tuples(st.integers(0, 90), st.integers(0, 90)))


@EXAMPLES
@given(lengths, lengths, either_side, st.booleans())
def test_window_moments(n_times, n_taps, padding, offset):
    padding = padding if n_times + sum(padding) >= n_taps else (n_taps, 0)
    x = torch.randn(2, 3, n_times).double() + 1e4 * offset
    windows = F.pad(x, padding).unfold(-1, n_taps, 1).reshape(-1, n_taps)
    mean, covariance = window_moments(x, n_taps, padding)
    torch.testing.assert_close(mean, windows.mean(0), rtol=1e-12, atol=1e-8)
    centred = windows - windows.mean(0)
    # With zeros next to an offset, windows differ by the offset, which costs precision.
    tolerance = 1e-4 if offset and any(padding) else 1e-10
    expected = centred.T @ centred / len(windows)
    torch.testing.assert_close(covariance, expected, rtol=1e-10, atol=tolerance)


def test_gradients_of_window_moments():
    x = torch.randn(2, 2, 9).double().requires_grad_()
    for padding in ((2, 3), (0, 0), (7, 0)):
        assert torch.autograd.gradcheck(window_moments, (x, 6, padding))


@EXAMPLES
@given(lengths, lengths, lengths)
def test_lag_products(n_a, n_b, n_lags):
    a, b = torch.randn(2, 3, n_a).double(), torch.randn(2, 3, n_b).double()
    later = F.pad(a, (0, n_b + n_lags)).unfold(-1, n_lags, 1)[:, :, :n_b]
    expected = torch.einsum("grtk,grt->gk", later, b)
    torch.testing.assert_close(lag_products(a, b, n_lags), expected)


@EXAMPLES
@given(lengths, lengths, st.tuples(st.integers(0, 90), st.integers(0, 90)))
def test_depthwise_conv1d(n_times, n_taps, padding):
    padding = padding if n_times + sum(padding) >= n_taps else (n_taps, 0)
    tensors = [torch.randn(shape).double() for shape in ((2, 3, n_times), (3, n_taps), (3,))]
    ours, theirs = ([t.clone().requires_grad_() for t in tensors] for _ in range(2))
    y = depthwise_conv1d(*ours, padding)
    assert "_DepthwiseConv1d" in y.grad_fn.name()  # torch's own is slow
    expected = F.conv1d(F.pad(theirs[0], padding), theirs[1].unsqueeze(1), theirs[2], groups=3)
    torch.testing.assert_close(y, expected)
    for result in (y, expected):
        result.sin().sum().backward()
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad)


def test_second_gradients_of_depthwise_conv1d():
    tensors = (torch.randn(2, 3, 9), torch.randn(3, 4), torch.randn(3))
    inputs = [tensor.double().requires_grad_() for tensor in tensors]
    assert torch.autograd.gradgradcheck(lambda *t: depthwise_conv1d(*t, (1, 2)), inputs)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"padding": "valid", "n_taps": 40}])
def test_sums_of_the_norm_are_those_of_its_input(options):
    front = by_person_front(**options)
    x = 10 + torch.randn(7, 5, 100).cumsum(-1)  # drifts
    exact = front.norm.sums(copy.deepcopy(front).double().temporal(x.double().unsqueeze(1)))
    torch.testing.assert_close(front.layer_sums(x), exact, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("options", [{"stride": 2, "padding": (0, 8)}, {"fused": False}])
def test_sums_are_unknown_where_the_order_is_plain_or_in_steps(options):
    assert by_person_front(**options).layer_sums(torch.randn(7, 5, 100)) is None


def by_person_front(**options):
    front = front_of(**options).eval()
    by_person(front)
    return front
