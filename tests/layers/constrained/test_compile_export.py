"""Compiled and exported layers equal eager ones. Lines 6 and 7 of the contract."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense, SeparableConv2d

LIMITS = [
    pytest.param({"max_norm": 1.4}, id="MaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 1.2, "minmax_rate": 0.3}, id="rate 0.3"),
]


class Net(nn.Module):
    """Small EEG network of constrained layers."""

    def __init__(self):
        super().__init__()
        self.temporal = ConstrainedConv2d(1, 4, (1, 16), max_norm=0.5)
        self.spatial = ConstrainedConv2d(4, 8, (6, 1), padding="valid", groups=4, max_norm=1.0)
        self.separable = SeparableConv2d(8, 8, (1, 8), depth_max_norm=0.5, point_max_norm=0.5)
        self.causal = ConstrainedConv1d(8, 8, 5, stride=2, padding="causal", max_norm=0.5)
        self.head = ConstrainedDense(8, 4, max_norm=0.25, min_norm=0.1)

    def forward(self, x):
        x = self.separable(self.spatial(self.temporal(x.unsqueeze(1))))
        return self.head(self.causal(x.squeeze(2)).relu().mean(-1))


def net_beyond_its_limits():
    net = Net().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(5)
    return net


@pytest.fixture
def no_recompile():
    torch.compiler.reset()
    with torch._dynamo.config.patch(error_on_recompile=True):
        yield
    torch.compiler.reset()


def assert_compiled_equals_eager(layer, same, x, fullgraph_backend):
    torch._dynamo.utils.counters.clear()
    compiled = torch.compile(layer, fullgraph=True, backend=fullgraph_backend)
    optimizers = [torch.optim.SGD(module.parameters(), lr=0.1) for module in (layer, same)]
    for _ in range(3):
        for module, optimizer in zip((compiled, same), optimizers, strict=True):
            optimizer.zero_grad()
            module(x).square().mean().backward()
            optimizer.step()
        for ours, eager in zip(layer.parameters(), same.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, eager.grad, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(ours, eager, rtol=1e-5, atol=1e-6)
    assert not torch._dynamo.utils.counters["graph_break"]


@pytest.mark.usefixtures("no_recompile")
@pytest.mark.parametrize("limits", LIMITS)
def test_training_in_one_graph_without_recompiling(case, limits):
    case.skip_if_recurrent()
    # aot_eager traces and functionalises like inductor, but does not generate code.
    layer, same = case.layer(**limits), case.layer(**limits)
    assert_compiled_equals_eager(layer, same, case.x(), "aot_eager")


@pytest.mark.usefixtures("no_recompile")
@pytest.mark.parametrize("limits", LIMITS)
def test_evaluation_in_one_graph_without_recompiling(case, limits):
    case.skip_if_recurrent()
    layer = case.layer(**limits).eval()
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        for seed in range(3):
            x = case.x(seed=seed)
            torch.testing.assert_close(compiled(x), layer(x), rtol=1e-5, atol=1e-5)
    for name, tensor in layer.state_dict().items():
        assert torch.equal(tensor, before[name])


# Dynamo looks at the gradients of what it resumes with after the graph break.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
def test_recurrent_layers_compile_around_torchs_own_graph_break(case):
    if not case.recurrent:
        pytest.skip("in one graph, as the other tests show")
    torch.compiler.reset()
    layer, same = case.layer(max_norm=1.4), case.layer(max_norm=1.4)
    for module in (torch.compile(layer, backend="aot_eager"), same):
        module(case.x()).square().mean().backward()
    for ours, eager in zip(layer.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, eager.grad, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours, eager, rtol=1e-5, atol=1e-6)
    torch.compiler.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match="RNN, GRU, or LSTM"):
        torch.compile(case.plain()[0], fullgraph=True, backend="aot_eager")(case.x())
    torch.compiler.reset()


def small_net():
    """A network with both kinds of projection and padding, small because inductor is slow."""
    torch.manual_seed(4)
    net = nn.Sequential(
        ConstrainedConv1d(2, 3, 4, stride=2, padding="causal", max_norm=0.5),
        nn.Flatten(),
        ConstrainedDense(24, 2, max_norm=0.5, min_norm=0.4, minmax_rate=0.5),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(5)
    return net


@pytest.mark.slow
@pytest.mark.usefixtures("no_recompile")
def test_inductor_trains_and_evaluates_a_network_as_eager_does():
    net, same, x = small_net(), small_net(), torch.randn(2, 2, 16)
    assert_compiled_equals_eager(net, same, x, "inductor")
    torch.compiler.reset()
    compiled = torch.compile(net.eval(), fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), same.eval()(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("limits", LIMITS)
def test_export_equals_eager(case, limits):
    layer = case.layer(**limits).eval()
    program = torch.export.export(layer, (case.x(),))
    torch.testing.assert_close(program.module()(case.x(seed=7)), layer(case.x(seed=7)))
    assert set(program.state_dict) >= set(layer.state_dict())


def test_export_holds_for_any_batch_and_length():
    batch, n_times = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("n_times", min=32)
    net = net_beyond_its_limits()
    shapes = ({0: batch, 2: 2 * n_times},)
    program = torch.export.export(net, (torch.randn(2, 6, 64),), dynamic_shapes=shapes)
    for shape in [(1, 6, 64), (5, 6, 128)]:
        x = torch.randn(shape)
        torch.testing.assert_close(program.module()(x), net(x))


@pytest.mark.slow
# torch's exporter and onnxscript use deprecated functions of torch and Python.
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_onnx_through_onnxruntime_equals_eager(tmp_path):
    net, x = net_beyond_its_limits(), torch.randn(3, 6, 32)
    path = tmp_path / "net.onnx"
    torch.onnx.export(net, (x,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    (output,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(output, net(x).detach().numpy(), rtol=1e-6, atol=1e-6)
