"""The norms that are constrained come from one method, which a subclass may override."""

import copy
import dataclasses

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    ConstrainedDense,
    bake,
    constrain,
    constraint_report,
)
from eegzoo.models.atcnet import ATCNet
from eegzoo.models.references import find_reference


def test_norms_are_those_of_the_filters(case):
    layer = case.layer(max_norm=1.4)
    norms = torch.cat([part.filter_norms(w).flatten() for part, w in case.weights(layer)])
    torch.testing.assert_close(norms, case.norms(layer), rtol=1e-12, atol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_another_weight_may_be_given_in_any_floating_type(case, dtype):
    for part, stored in case.weights(case.layer(max_norm=1.4)):
        weight = torch.randn_like(stored).to(dtype)
        expected = torch.linalg.vector_norm(weight.double(), dim=case.axes(weight))
        norms = part.filter_norms(weight)
        torch.testing.assert_close(norms.flatten(), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("axis_norm", [0, 1, (0, 2), (1, 2), (0, 1, 2)])
def test_norms_broadcast_against_the_weight(axis_norm):
    layer = ConstrainedConv1d(4, 6, 5, axis_norm=axis_norm)
    expected = torch.linalg.vector_norm(layer.weight.double(), dim=axis_norm, keepdim=True)
    torch.testing.assert_close(layer.filter_norms(), expected)
    assert (layer.weight / layer.filter_norms()).shape == layer.weight.shape


# ---- a subclass with another norm ----


class SumOfMagnitudes(ConstrainedDense):
    """Limits the L1 norm of each unit."""

    def filter_norms(self, weight=None):
        weight = self.weight if weight is None else weight
        return weight.double().abs().sum(1, keepdim=True)


class StoredNorms(ConstrainedDense):
    """Returns the same tensor in each call."""

    def filter_norms(self, weight=None):
        return self.norms


LIMITS = [
    pytest.param({"max_norm": 1.4}, id="MaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 0.9}, id="MinMaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 0.9, "minmax_rate": 0.3}, id="rate 0.3"),
]


def l1_layer(**limits):
    layer = SumOfMagnitudes(6, 3, **limits)
    with torch.no_grad():  # L1 norms of 3, 1.2 and 0.3
        layer.weight.copy_(torch.tensor([[0.5], [0.2], [0.05]]) * torch.tensor([1.0, -1.0] * 3))
    return layer


def l1_norms(weight):
    return weight.detach().double().abs().sum(1)


def limited(norms, max_norm, min_norm=0.0, minmax_rate=1.0):
    return (1 - minmax_rate) * norms + minmax_rate * norms.clamp(min_norm, max_norm)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("by_forward", [True, False])
def test_training_and_scale_norm_project_the_overridden_norm(limits, by_forward):
    layer = l1_layer(**limits)
    expected = limited(l1_norms(layer.weight), **limits)
    if by_forward:
        layer(torch.randn(2, 6))
    else:
        layer.eval().scale_norm()
    torch.testing.assert_close(l1_norms(layer.weight), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("limits", LIMITS[:2])
def test_evaluation_projects_the_overridden_norm_and_writes_nothing(limits):
    layer = l1_layer(**limits).eval()
    before = layer.weight.clone()
    expected = limited(l1_norms(before), **limits)
    torch.testing.assert_close(l1_norms(layer.constrained_weight()), expected, rtol=1e-6, atol=0)
    assert torch.equal(layer.weight, before)


def test_the_overridden_norm_in_one_graph():
    torch.compiler.reset()
    layer, x = l1_layer(max_norm=1.4), torch.randn(2, 6)
    same = copy.deepcopy(layer)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    for module in (compiled, same):
        module(x).square().sum().backward()
    torch.testing.assert_close(layer.weight, same.weight)
    torch.testing.assert_close(layer.weight.grad, same.weight.grad)
    torch.compiler.reset()


def test_the_report_bake_and_constrain_use_the_overridden_norm():
    layer = l1_layer(max_norm=1.4, min_norm=0.9)
    (row,) = constraint_report(layer)
    np.testing.assert_allclose([row.smallest, row.median, row.largest], [0.3, 1.2, 3.0], rtol=1e-6)
    assert row.n_at_bound == 2
    baked = bake(nn.Sequential(layer).eval())
    assert type(baked[0]) is nn.Linear
    torch.testing.assert_close(l1_norms(baked[0].weight), torch.tensor([1.4, 1.2, 0.9]).double())
    constrain(layer, {"": {"max_norm": 0.1}})
    layer.scale_norm()
    torch.testing.assert_close(l1_norms(layer.weight), torch.full((3,), 0.1).double())


@pytest.mark.parametrize("limits", LIMITS)
def test_what_an_override_returns_is_not_modified(limits):
    layer = StoredNorms(6, 3, **limits)
    layer.norms = torch.full((3, 1), 2.8)
    layer(torch.randn(2, 6))
    layer.eval()(torch.randn(2, 6))
    assert torch.equal(layer.norms, torch.full((3, 1), 2.8))


def test_an_override_may_return_an_expanded_tensor():
    class Together(ConstrainedDense):
        def filter_norms(self, weight=None):
            weight = self.weight if weight is None else weight
            return weight.double().norm().expand(len(weight), 1)

    layer = Together(6, 3, max_norm=0.5)
    nn.init.normal_(layer.weight)
    layer(torch.randn(2, 6))
    torch.testing.assert_close(layer.weight.norm().item(), 0.5)


# ---- ATCNet, whose spatial filters share norms across maps ----


def atcnet(F1=3, D=2, scale=1.0):
    """An ATCNet of which half of the joint norms of spatial filters are beyond the limit of 0.6."""
    model = ATCNet(5, 280, 2, F1=F1, D=D, sfreq=250.0)
    spread = scale * np.resize([0.05, 0.5], D)
    kernel = np.random.default_rng(0).normal(size=(F1, D, 5)) * spread[:, None]
    with torch.no_grad():
        model.front.spatial.weight.copy_(torch.from_numpy(kernel).reshape(F1 * D, 1, 5, 1))
    return model.eval()


def joint_norms(weight, F1):
    """Norms over channels and maps in float64, one for each of the D filters of a map."""
    kernel = weight.detach().double().numpy().reshape(F1, -1, weight.shape[2])
    return np.sqrt((kernel**2).sum(axis=(0, 2)))


@pytest.mark.parametrize(("F1", "D"), [(3, 2), (3, 1), (1, 2), (1, 1)])
def test_the_joint_norm_is_that_of_float64(F1, D):
    spatial = atcnet(F1, D).front.spatial
    expected = joint_norms(spatial.weight, F1)
    norms = spatial.filter_norms().detach()
    assert norms.shape == (F1 * D, 1, 1, 1)
    np.testing.assert_allclose(norms.reshape(F1, D), np.tile(expected, (F1, 1)), rtol=1e-12)


@pytest.mark.parametrize(("F1", "D"), [(3, 2), (3, 1), (1, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_the_joint_norm_is_limited(F1, D, training):
    spatial = atcnet(F1, D, scale=3.0).front.spatial.train(training)
    norms = joint_norms(spatial.weight, F1)
    before = spatial.weight.detach().double().numpy().reshape(F1, D, 5)
    expected = before * np.minimum(1.0, 0.6 / norms)[:, None]
    projected = spatial.constrained_weight().detach().reshape(F1, D, 5)
    np.testing.assert_allclose(projected, expected, rtol=1e-6)
    stored = spatial.weight.detach().reshape(F1, D, 5)
    np.testing.assert_array_equal(stored, projected if training else before.astype("float32"))


@pytest.mark.parametrize("axis_norm", [1, 2, (0, 1), (2, 3), (0, 1, 2, 3)])
def test_joint_norms_over_other_axes_broadcast_too(axis_norm):
    spatial = atcnet().front.spatial
    constrain(spatial, {"": {"max_norm": 0.6, "axis_norm": axis_norm}})
    kernel = spatial.weight.detach().double().reshape(3, 2, 5, 1)  # Keras's F1, D, height, width
    axes = axis_norm if isinstance(axis_norm, tuple) else (axis_norm,)
    ours = {0: 1, 1: 0, 2: 2, 3: 3}  # our axis of maps is of F1, that of filters of D
    expected = torch.linalg.vector_norm(kernel, dim=[ours[axis] for axis in axes], keepdim=True)
    norms = spatial.filter_norms().expand_as(spatial.weight).reshape(kernel.shape)
    torch.testing.assert_close(norms, expected.expand_as(kernel))


def test_the_report_shows_joint_norms():
    model = atcnet()
    expected = joint_norms(model.front.spatial.weight, 3)
    assert expected[0] < 0.6 < expected[1]
    (row,) = (row for row in constraint_report(model) if row.name == "front.spatial")
    assert (row.n_filters, row.n_at_bound) == (6, 3)
    found = [row.smallest, row.median, row.largest]
    np.testing.assert_allclose(found, [expected[0], expected.mean(), expected[1]], rtol=1e-12)


def test_a_baked_atcnet_has_jointly_projected_filters():
    model, x = atcnet(), torch.randn(2, 5, 280)
    before = model.front.spatial.weight.detach().double().numpy().reshape(3, 2, 5)
    expected = before * np.minimum(1.0, 0.6 / joint_norms(model.front.spatial.weight, 3))[:, None]
    baked = bake(model)
    assert type(baked.front.spatial) is nn.Conv2d
    found = baked.front.spatial.weight.detach().reshape(3, 2, 5)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not any(hasattr(layer, "max_norm") for layer in list(baked.modules())[1:])
    torch.testing.assert_close(baked(x), model(x), rtol=1e-5, atol=1e-6)


def test_constrain_gives_atcnet_another_joint_limit():
    model = atcnet()
    changed = constrain(model, {"front.spatial": {"max_norm": 0.3, "min_norm": 0.2}})
    assert changed == {"front.spatial": model.front.spatial}
    norms = joint_norms(model.front.spatial.constrained_weight(), 3)
    expected = np.clip(joint_norms(model.front.spatial.weight, 3), 0.2, 0.3)
    np.testing.assert_allclose(norms, expected, rtol=1e-6)


def test_an_exported_atcnet_projects_jointly():
    model, x = atcnet(), torch.randn(2, 5, 280)
    program = torch.export.export(model, (x,))
    torch.testing.assert_close(program.module()(x), model(x), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("baked", [True, False])
def test_atcnet_in_onnxruntime(tmp_path, baked):
    model, x = atcnet(), torch.randn(2, 5, 280)
    exported = bake(model) if baked else model
    torch.onnx.export(exported, (x,), tmp_path / "net.onnx", dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    (output,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(output, model(x).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_verify_compares_the_joint_norms():
    reference = find_reference("atcnet")
    assert reference.compare().norms < 1e-12
    separate = dataclasses.replace(reference, norms_of={})
    (failure,) = separate.compare().failures
    assert "norms of constrained filters differ by" in failure
    model, _ = reference.build()
    model.front.spatial.__class__ = ConstrainedConv2d
    assert reference._norm_difference(model) > 0.1
