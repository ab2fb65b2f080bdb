"""constrain, bake and constraint_report on whole networks."""

import re
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    ConstrainedConvTranspose1d,
    ConstrainedDense,
    ConstrainedEmbedding,
    ConstrainedLSTM,
    NormConstraint,
    SeparableConv2d,
    bake,
    constrain,
    constraint_report,
)
from eegzoo.torch_internals import padding_of


class Plain(nn.Module):
    """Network of plain torch layers."""

    def __init__(self):
        super().__init__()
        self.temporal = nn.Conv2d(1, 4, (1, 16), padding=(0, 8), bias=False)
        self.block = nn.Sequential()
        self.block.spatial = nn.Conv2d(4, 8, (6, 1), groups=4)
        self.block.norm = nn.BatchNorm2d(8)
        self.block.act = nn.ELU()
        self.mix = nn.Conv1d(8, 8, 3, padding="same", padding_mode="replicate")
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.block(self.temporal(x.unsqueeze(1))).squeeze(2)
        return self.head(self.mix(x).mean(-1))


RULES = {
    "*.spatial": {"max_norm": 0.1},
    nn.Linear: {"max_norm": 0.25, "min_norm": 0.2},
    nn.Conv1d: {"max_norm": 1.0, "min_norm": 0.9, "axis_norm": 2, "minmax_rate": 0.5},
}
X = torch.randn(3, 6, 40, generator=torch.Generator().manual_seed(0))


def test_constrain_by_name_and_by_type():
    net = Plain()
    changed = constrain(net, RULES)
    assert list(changed) == ["block.spatial", "head", "mix"]
    assert changed["head"] is net.head
    assert [type(layer) for layer in changed.values()] == [
        ConstrainedConv2d,
        ConstrainedDense,
        ConstrainedConv1d,
    ]
    assert type(net.temporal) is nn.Conv2d
    assert "max_norm=0.1, axis_norm=(1, 2, 3)" in repr(changed["block.spatial"])
    assert "axis_norm=(2,), minmax_rate=0.5" in repr(changed["mix"])
    net(X)
    assert (net.block.spatial.weight.flatten(1).norm(dim=1) <= 0.1 + 1e-6).all()
    assert (net.head.weight.norm(dim=1) <= 0.25 + 1e-6).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_everything_else_about_a_layer_is_kept(dtype):
    net = Plain().to(dtype).eval()
    net.head.requires_grad_(False)
    calls = []
    net.head.register_forward_hook(lambda *_: calls.append("forward"))
    net.block.spatial.weight.register_hook(lambda _: calls.append("gradient"))
    optimizer = torch.optim.SGD(net.block.spatial.parameters(), lr=1.0)
    parameters = dict(net.named_parameters())
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    constrain(net, RULES)
    assert list(net.state_dict()) == list(state)
    for name, parameter in net.named_parameters():
        assert parameter is parameters[name]
        assert parameter.dtype == dtype
        assert torch.equal(parameter, state[name])
    assert not net.head.training
    assert not net.head.weight.requires_grad
    net.train()(X.to(dtype)).sum().backward()
    before = net.block.spatial.weight.detach().clone()
    optimizer.step()
    assert calls == ["forward", "gradient"]
    assert not torch.equal(net.block.spatial.weight, before)


def test_wide_limits_do_not_change_outputs():
    net = Plain()
    expected = net(X)
    constrain(net, {nn.Conv2d: {"max_norm": 1e3}, nn.Conv1d: {"max_norm": 1e3}})
    torch.testing.assert_close(net.eval()(X), net.train().eval()(X))
    torch.testing.assert_close(net.train()(X), expected)


def test_a_single_layer_can_be_given():
    layer = nn.Linear(4, 2)
    assert constrain(layer, {nn.Linear: {"max_norm": 0.5}}) == {"": layer}
    assert type(layer) is ConstrainedDense


def test_a_leading_star_also_matches_at_the_top():
    net = nn.Sequential()
    net.spatial = nn.Linear(4, 2)
    net.not_spatial = nn.Linear(2, 2)
    assert list(constrain(net, {"*.spatial": {"max_norm": 1.0}})) == ["spatial"]


def test_containers_and_activations_are_skipped():
    net = nn.Sequential(nn.Sequential(nn.Conv1d(2, 3, 5), nn.ReLU()), nn.Flatten())
    assert list(constrain(net, {"*": {"max_norm": 1.0}})) == ["0.0"]


def test_a_layer_in_two_places_has_both_names():
    shared = nn.Linear(3, 3)
    net = nn.Sequential(shared, nn.ReLU(), shared)
    assert list(constrain(net, {"2": {"max_norm": 1.0}})) == ["2"]
    with pytest.raises(ValueError, match=r"expected one set of limits for layer '2'"):
        constrain(net, {"0": {"max_norm": 1.0}, "2": {"max_norm": 2.0}})


def test_a_layer_that_has_limits_gets_the_new_ones():
    net = nn.Sequential(ConstrainedDense(4, 2, max_norm=0.25))
    constrain(net, {nn.Linear: {"max_norm": 0.5}})
    assert net[0].max_norm == 0.5


def test_a_network_compiled_earlier_is_constrained(request):
    request.addfinalizer(torch.compiler.reset)
    net = nn.Sequential(nn.Linear(4, 2, bias=False))
    compiled = torch.compile(net, backend="eager")
    x = torch.randn(3, 4)
    compiled(x)
    constrain(net, {nn.Linear: {"max_norm": 1e-3}})
    torch.testing.assert_close(compiled(x), net(x))
    assert compiled(x).abs().max() < 0.1


def test_a_rule_that_matches_nothing_raises_and_names_the_layers():
    with pytest.raises(ValueError, match=r"rule '\*\.spatail' to match a layer, .*'block.spatial'"):
        constrain(Plain(), {"*.spatail": {"max_norm": 1.0}})
    with pytest.raises(ValueError, match="to match a layer, got none"):
        constrain(Plain(), {nn.GRU: {"max_norm": 1.0}})
    with pytest.raises(ValueError, match="to match a layer, got none"):
        constrain(Plain(), {"block": {"max_norm": 1.0}})  # a container
    with pytest.raises(ValueError, match="expected rules to map"):
        constrain(Plain(), {})


def with_parametrization():
    return parametrizations.weight_norm(nn.Linear(3, 3))


def with_pruning():
    layer = nn.Linear(3, 3)
    prune.random_unstructured(layer, "weight", 0.5)
    return layer


def with_a_forward_of_its_own():
    class Sine(nn.Linear):
        def forward(self, x):
            return nn.functional.linear(x, self.weight).sin()

    return Sine(3, 3)


def with_a_patched_forward():
    layer = nn.Linear(3, 3)
    layer.forward = lambda x: nn.functional.linear(x, layer.weight)
    return layer


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.BatchNorm1d(3), "BatchNorm1d is none of"),
        (lambda: nn.ConvTranspose3d(3, 3, 3), "ConvTranspose3d is none of"),
        (lambda: nn.LazyLinear(3), "LazyLinear is none of"),
        (lambda: nn.RNN(3, 3), "RNN is none of"),
        (lambda: nn.Embedding(3, 3, max_norm=1.0), "has a max_norm of its own"),
        (lambda: nn.MultiheadAttention(4, 2).out_proj, "NonDynamicallyQuantizableLinear is none"),
        (with_parametrization, "ParametrizedLinear is none of"),
        (with_pruning, "computes its weight"),
        (with_a_forward_of_its_own, "Sine is none of"),
        (with_a_patched_forward, "has a forward of its own"),
    ],
)
# torch warns that the API of lazy modules may change.
@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_a_layer_that_cannot_be_constrained_raises(make, words):
    net = nn.Sequential(nn.Linear(3, 3), make())
    with pytest.raises(TypeError, match=rf"that can be constrained, got '1': this .*{words}"):
        constrain(net, {"*": {"max_norm": 1.0}})
    assert type(net[0]) is nn.Linear


def test_a_layer_whose_parent_reads_its_weight_raises():
    net = nn.TransformerEncoderLayer(8, 2, batch_first=True)
    with pytest.raises(TypeError, match=r"'linear1': .* reads its weight directly"):
        constrain(net, {"linear1": {"max_norm": 0.1}})


def test_after_an_error_the_network_is_unchanged():
    for rules in (
        {"head": {"max_norm": 1.0}, "nothing": {"max_norm": 1.0}},
        {"head": {"max_norm": 1.0}, "mix": {"max_norm": -1.0}},
        {"head": {"max_norm": 1.0}, "mix": {"max_norm": 1.0, "axis_norm": 3}},
        {"head": {"max_norm": 1.0}, nn.Linear: {"max_norm": 2.0}},
        {"head": {"max_norm": 1.0}, "mix": {"max_norn": 2.0}},
        {"head": {"max_norm": 1.0}, "mix": {"min_norm": 2.0}},
        {"head": {"max_norm": 1.0}, "mix": 2.0},
    ):
        net = Plain()
        with pytest.raises(ValueError, match="expected"):
            constrain(net, rules)
        assert not any(isinstance(layer, NormConstraint) for layer in net.modules())


def test_two_equal_rules_may_match_one_layer():
    limits = {"max_norm": 1.0}
    net = nn.Sequential(nn.Linear(3, 3))
    assert list(constrain(net, {"0": limits, nn.Linear: limits})) == ["0"]


def test_rules_of_the_wrong_type_raise():
    for rule in (1, nn.Linear(2, 2), int):
        with pytest.raises(TypeError, match="expected a rule to be a name pattern or a layer type"):
            constrain(Plain(), {rule: {"max_norm": 1.0}})


def test_limits_without_effect_warn_once_at_the_call():
    with pytest.warns(UserWarning, match="minmax_rate is ignored") as warned:
        constrain(nn.Sequential(nn.Linear(3, 3)), {"0": {"max_norm": 1.0, "minmax_rate": 0.5}})
    assert [warning.filename for warning in warned] == [__file__]


# --- bake ---


def all_kinds():
    net = nn.Sequential(
        ConstrainedConv2d(1, 4, (1, 16), max_norm=0.5),
        ConstrainedConv2d(4, 8, (6, 1), padding="valid", groups=4, max_norm=0.5),
        SeparableConv2d(8, 8, (1, 8), depth_max_norm=0.5, point_max_norm=0.5),
        nn.Flatten(1, 2),
        ConstrainedConv1d(8, 8, 5, 2, "causal", max_norm=0.5),
        ConstrainedConv1d(8, 8, 5, dilation=2, padding="causal", padding_mode="replicate"),
        ConstrainedConv1d(8, 8, 4, padding_mode="circular", max_norm=0.5),
        ConstrainedConv1d(8, 8, 5, max_norm=0.5, min_norm=0.4, minmax_rate=0.5),
        nn.Flatten(),
        ConstrainedDense(160, 4, max_norm=0.25),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3)
    return net.eval()


def test_baked_layers_are_torch_layers_with_equal_outputs(case):
    limits = {"max_norm": 1.4, "min_norm": 0.9}
    for training in (True, False):
        layer = case.layer(**limits).train(training)
        before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
        baked = bake(layer)
        assert not any(type(part).__module__.startswith("eegzoo") for part in baked.modules())
        assert baked.training is training
        keys = [name.removeprefix("conv.") for name in baked.state_dict()]
        assert keys == list(before)
        for name, tensor in layer.state_dict().items():
            assert torch.equal(tensor, before[name])
        torch.testing.assert_close(baked(case.x()), layer(case.x()), rtol=1e-6, atol=1e-6)
        assert (case.norms(baked) <= 1.4 + 1e-5).all()


def test_a_baked_network_equals_evaluation_and_trains_unconstrained():
    net, x = all_kinds(), torch.randn(2, 1, 6, 40)
    baked = bake(net)
    torch.testing.assert_close(baked(x), net(x), rtol=1e-6, atol=1e-6)
    assert not any(type(layer).__module__.startswith("eegzoo") for layer in baked.modules())
    with torch.no_grad():
        for parameter in baked.parameters():
            parameter.mul_(100)
    weights = [p.detach().clone() for p in baked.parameters()]
    baked.train()(x).sum().backward()
    assert all(map(torch.equal, baked.parameters(), weights))


def test_a_file_of_a_baked_network_does_not_need_eegzoo(tmp_path):
    net, x = all_kinds(), torch.randn(2, 1, 6, 40)
    path = tmp_path / "net.pt"
    torch.save({"net": bake(net), "x": x, "output": net(x).detach()}, path)
    assert b"eegzoo" not in path.read_bytes()
    script = (
        "import sys, torch; sys.modules['eegzoo'] = None;"
        "file = torch.load(sys.argv[1], weights_only=False);"
        "torch.testing.assert_close(file['net'](file['x']), file['output'], rtol=1e-6, atol=1e-6)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True, cwd=tmp_path)


def test_baked_layers_have_the_attributes_of_plain_layers():
    for layer, plain in [
        (ConstrainedDense(3, 2, max_norm=1.0), nn.Linear(3, 2)),
        (ConstrainedConv1d(3, 2, 4, padding="causal"), nn.Conv1d(3, 2, 4)),
        (ConstrainedConv1d(3, 2, 5, max_norm=1.0), nn.Conv1d(3, 2, 5, padding=2)),
        (ConstrainedConv1d(3, 2, 4, padding="same"), nn.Conv1d(3, 2, 4, padding="same")),
        (ConstrainedConv1d(3, 2, 4, padding="valid"), nn.Conv1d(3, 2, 4)),
        (ConstrainedEmbedding(3, 2, max_norm=1.0), nn.Embedding(3, 2)),
        (ConstrainedLSTM(3, 2, max_norm=1.0), nn.LSTM(3, 2)),
        (ConstrainedConvTranspose1d(3, 2, 4), nn.ConvTranspose1d(3, 2, 4)),
        (
            ConstrainedConv2d(3, 2, 4, min_norm=1.0, minmax_rate=0.5),
            nn.Conv2d(3, 2, 4, padding="same"),
        ),
    ]:
        baked = bake(layer)
        baked = baked.get_submodule("conv") if isinstance(baked, nn.Sequential) else baked
        assert vars(baked).keys() == vars(plain).keys()
        assert repr(baked) == repr(plain)
        if hasattr(plain, "padding"):
            assert (baked.padding, baked.padding_mode) == (plain.padding, plain.padding_mode)
            assert list(padding_of(baked)) == list(padding_of(plain))
        assert vars(baked)["_non_persistent_buffers_set"] == set()
        assert dict(baked.named_buffers()) == {}


def test_bake_keeps_frozen_parameters_frozen_and_hooks():
    layer = ConstrainedDense(3, 2, max_norm=0.1).requires_grad_(False)
    calls = []
    layer.register_forward_hook(lambda *_: calls.append(1))
    baked = bake(layer)
    baked(torch.randn(1, 3))
    assert calls == [1]
    assert not baked.weight.requires_grad


def test_bake_of_tied_weights():
    net = nn.Sequential(ConstrainedDense(4, 4, max_norm=0.5), ConstrainedDense(4, 4, max_norm=0.2))
    net[1].weight = net[0].weight
    x = torch.randn(3, 4)
    torch.testing.assert_close(bake(net)(x), net.eval()(x))
    net.train()(x)
    net[0].max_norm = 0.2
    assert len(list(bake(net).parameters())) == 3


def test_bake_undoes_constrain():
    net = Plain()
    expected = {name: repr(layer) for name, layer in net.named_modules()}
    limits = {"max_norm": 1e3}
    constrain(net, {nn.Conv2d: limits, nn.Conv1d: limits, nn.Linear: limits})
    baked = bake(net)
    assert {name: repr(layer) for name, layer in baked.named_modules()} == expected
    torch.testing.assert_close(baked.eval()(X), net.eval()(X))


def test_baked_layers_can_be_constrained_again(case):
    layer = case.layer(max_norm=0.5).eval()
    again = bake(layer)
    constrain(again, {"*": {"max_norm": 0.5}})
    torch.testing.assert_close(again(case.x()), layer(case.x()), rtol=1e-5, atol=1e-6)


class Sine(ConstrainedDense):
    def forward(self, x):
        return super().forward(x).sin()


class Bilinear(NormConstraint, nn.Bilinear):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.set_constraint(1.0, None, (1, 2), 1.0)


class SineSeparable(SeparableConv2d):
    def forward(self, x):
        return super().forward(x).sin()


@pytest.mark.parametrize("make", [lambda: Sine(3, 2), lambda: Bilinear(3, 3, 2),
                                  lambda: SineSeparable(3, 2, 5)])  # fmt: skip
def test_bake_refuses_a_forward_of_its_own(make):
    with pytest.raises(TypeError, match="expected constrained layers of this package, got '0'"):
        bake(nn.Sequential(make()))


def test_bake_of_subclasses_with_the_same_forward():
    class Named(ConstrainedConv1d):
        """Convolution with another name and an attribute of its own."""

        band = "alpha"

    class HalfWeight(ConstrainedDense):
        def constrained_weight(self):
            return super().constrained_weight() / 2

    net = nn.Sequential(
        Named(3, 4, 5, padding="causal", max_norm=0.1), nn.Flatten(), HalfWeight(80, 2)
    ).eval()
    x = torch.randn(2, 3, 20)
    baked = bake(net)
    assert [type(layer) for layer in baked] == [nn.Sequential, nn.Flatten, nn.Linear]
    assert type(baked[0].conv) is nn.Conv1d
    torch.testing.assert_close(baked(x), net(x), rtol=1e-6, atol=1e-6)


def test_bake_does_not_change_plain_networks():
    net = Plain()
    assert repr(bake(net)) == repr(net)


def test_a_baked_network_exports():
    net, x = bake(all_kinds()), torch.randn(2, 1, 6, 40)
    torch.testing.assert_close(torch.export.export(net, (x,)).module()(x), net(x))


@pytest.mark.slow
# torch's exporter and onnxscript use deprecated functions of torch and Python.
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_baked_network_runs_in_onnxruntime(tmp_path):
    net, x = bake(all_kinds()), torch.randn(2, 1, 6, 40)
    torch.onnx.export(net, (x,), tmp_path / "net.onnx", dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    (output,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(output, net(x).detach().numpy(), rtol=1e-5, atol=1e-6)


# --- constraint_report ---


def test_the_report_counts_filters_at_their_bounds():
    net = nn.Sequential(ConstrainedDense(1, 4, max_norm=2.0, min_norm=1.0), nn.Linear(4, 2))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[0.5], [1.5], [1.7], [3.0]]))
    (row,) = constraint_report(net)
    assert (row.name, row.kind, row.n_filters) == ("0", "ConstrainedDense", 4)
    assert (row.max_norm, row.min_norm) == (2.0, 1.0)
    np.testing.assert_allclose([row.smallest, row.median, row.largest], [0.5, 1.6, 3.0], rtol=1e-6)
    assert row.n_at_bound == 2
    net(torch.randn(3, 1))
    (row,) = constraint_report(net)
    np.testing.assert_allclose([row.smallest, row.median, row.largest], [1.0, 1.6, 2.0], rtol=1e-6)
    assert row.n_at_bound == 2


def test_the_report_covers_every_layer_and_prints_a_table(case):
    layer = case.layer(scale=3.0, max_norm=1.0)
    layer(case.x())
    report = constraint_report(layer)
    assert len(report) == len(list(case.weights(layer)))
    assert sum(row.n_filters for row in report) == len(case.norms(layer))
    assert all(row.n_at_bound == row.n_filters for row in report)
    lines = repr(report).splitlines()
    assert re.fullmatch(
        r"layer +type +max_norm +min_norm +filters +min +median +max +at bound", lines[0]
    )
    assert len(lines) == 1 + len(report)
    assert len({len(line) for line in lines}) == 1


def test_the_report_of_a_plain_network_is_empty():
    assert constraint_report(Plain()) == ()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_report_in_half_precision(dtype):
    layer = ConstrainedDense(30, 5, max_norm=0.3, dtype=dtype)
    nn.init.normal_(layer.weight)
    layer(torch.randn(2, 30, dtype=dtype))
    assert constraint_report(layer)[0].n_at_bound == 5


def test_the_report_shows_layers_without_a_limit():
    (row,) = constraint_report(ConstrainedDense(3, 2, max_norm=None))
    assert row.n_at_bound == 0
    assert " - " in repr(constraint_report(ConstrainedDense(3, 2, max_norm=None)))
