"""constrain_norm against stored numbers of Keras and against the definition in float64."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.layers import constrain_norm

REFERENCE = np.load(Path(__file__).parents[2] / "reference" / "keras_constraints.npz")
KERAS_CASES = [
    case for case in json.loads(str(REFERENCE["meta_json"])) if case["constraint"] != "NonNeg"
]


def to_torch_layout(kernel):
    """Move the axes of Keras's (..., in, out) to torch's (out, in, ...)."""
    return torch.from_numpy(np.moveaxis(kernel, (-1, -2), (0, 1)).copy())


def to_torch_axes(axes, ndim):
    """Return the axes of Keras's kernel after `to_torch_layout`."""
    axes = [axes] if isinstance(axes, int) else axes
    moved = {ndim - 1: 0, ndim - 2: 1}
    return tuple(moved.get(axis % ndim, axis % ndim + 2) for axis in axes)


def limits_of(case):
    if case["constraint"] == "UnitNorm":
        return {"max_norm": 1.0, "min_norm": 1.0}
    if case["constraint"] == "MaxNorm":
        return {"max_norm": case["max_value"]}
    return {
        "max_norm": case["max_value"],
        "min_norm": case["min_value"],
        "minmax_rate": case["rate"],
    }


@pytest.mark.parametrize("case", KERAS_CASES, ids=lambda case: case["key"])
def test_equals_keras(case, project_by_loop):
    kernel = REFERENCE[f"kernel__{case['kernel']}"]
    weight, expected = to_torch_layout(kernel), to_torch_layout(REFERENCE[case["key"]])
    axes = to_torch_axes(case["axis"], kernel.ndim)
    limits = limits_of(case)
    ours = constrain_norm(weight, axis_norm=axes, **limits)
    norm = torch.linalg.vector_norm(weight.double(), dim=axes, keepdim=True)
    # Below this norm Keras's epsilon of 1e-7 has an effect, while ours is exact.
    large = (norm > 0.05).expand_as(weight)
    torch.testing.assert_close(ours[large], expected[large], rtol=1e-5, atol=0)
    exact = project_by_loop(weight, axis_norm=axes, **limits)
    torch.testing.assert_close(ours[~large].double(), exact[~large], rtol=1e-6, atol=1e-44)


def test_all_constraints_of_keras_are_compared():
    assert len(KERAS_CASES) >= 165
    assert {case["constraint"] for case in KERAS_CASES} == {"MaxNorm", "MinMaxNorm", "UnitNorm"}
    assert {case.get("rate") for case in KERAS_CASES} >= {0.0, 0.3, 0.9, 1.0}


@st.composite
def weights_and_limits(draw):
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=4)))
    dtype = draw(st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]))
    # The range of float16 is 6e-8 to 65504; the others have at least the range of float32.
    exponents = st.floats(-5, 3) if dtype == torch.float16 else st.floats(-30, 30)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scales = 10.0 ** np.array(draw(st.lists(exponents, min_size=shape[0], max_size=shape[0])))
    values = rng.standard_normal(shape) * scales.reshape(-1, *[1] * (len(shape) - 1))
    if draw(st.booleans()):
        values[0] = 0
    weight = torch.from_numpy(values).to(dtype)
    if draw(st.booleans()):  # other strides
        weight = weight.transpose(0, -1).contiguous().transpose(0, -1)
    max_norm = 10.0 ** draw(st.floats(-3, 3))
    fraction = draw(st.none() | st.floats(0, 1))
    limits = {"max_norm": max_norm}
    if fraction is not None:
        limits["min_norm"] = max_norm * fraction
        if not limits["min_norm"] == max_norm == 1.0:
            limits["minmax_rate"] = draw(st.sampled_from([0.0, 0.25, 1.0]))
    axes = st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True).map(tuple)
    return weight, limits, draw(st.none() | axes)


@given(weights_and_limits())
@settings(max_examples=150, deadline=None)
def test_equals_the_definition_in_float64(project_by_loop, weight_and_limits):
    weight, limits, axes = weight_and_limits
    before = weight.clone()
    ours = constrain_norm(weight, axis_norm=axes, **limits)
    exact = project_by_loop(weight, axis_norm=axes, **limits)
    assert ours.dtype == weight.dtype
    assert torch.equal(weight, before)
    info = torch.finfo(weight.dtype)
    rtol = max(2 * info.eps, 1e-14)
    torch.testing.assert_close(
        ours.double(), exact, rtol=rtol, atol=2 * info.smallest_normal * info.eps
    )


@pytest.mark.parametrize("limits", [{"max_norm": 2.0}, {"max_norm": 2.0, "min_norm": 0.5}])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_filter_within_its_limits_keeps_every_bit(limits, dtype):
    weight = torch.randn(50, 3, 5)
    norms = torch.linspace(0.51, 1.99, 50).reshape(50, 1, 1)
    weight = (weight / weight.norm(dim=(1, 2), keepdim=True) * norms).to(dtype)
    assert torch.equal(constrain_norm(weight, **limits), weight)


def test_small_filters_do_not_shrink():
    # selfEEG: 10 % in 1,000 forwards at norm 1e-5.
    weight = start = torch.full((2, 4), 0.5e-5)
    for _ in range(1000):
        weight = constrain_norm(weight, max_norm=1.0)
    assert torch.equal(weight, start)


@pytest.mark.parametrize("limits", [{"max_norm": 0.7}, {"max_norm": 1.0, "min_norm": 1.0}])
def test_projecting_a_thousand_times_is_projecting_once(limits):
    weight = once = constrain_norm(torch.randn(40, 7, 3), **limits)
    for _ in range(1000):
        weight = constrain_norm(weight, **limits)
    torch.testing.assert_close(weight, once, rtol=3e-7, atol=0)


def test_zero_filters_stay_zero_and_have_a_finite_gradient():
    weight = torch.zeros(3, 4, requires_grad=True)
    for limits in ({"max_norm": 1.0}, {"max_norm": 1.0, "min_norm": 0.5}, {"min_norm": 0.0}):
        projected = constrain_norm(weight, **limits)
        assert torch.equal(projected, torch.zeros(3, 4))
        (gradient,) = torch.autograd.grad(projected.sum(), weight)
        assert gradient.isfinite().all()


def test_filters_below_eps_count_as_zero():
    weight = torch.tensor([[1e-10], [1e-3]])
    grown = constrain_norm(weight, max_norm=1.0, min_norm=0.5, eps=1e-9)
    torch.testing.assert_close(grown, torch.tensor([[1e-10], [0.5]]))


def test_the_gradient_is_that_of_the_formula():
    # The function is differentiated through the norm; the layers are not (line 4).
    weight = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    for limits in ({"max_norm": 0.5}, {"max_norm": 0.9, "min_norm": 0.8, "minmax_rate": 0.5}):
        assert torch.autograd.gradcheck(lambda w, k=limits: constrain_norm(w, **k), weight)


def test_without_a_limit_it_returns_a_copy():
    weight = torch.randn(3, 4)
    copy = constrain_norm(weight, max_norm=None)
    assert torch.equal(copy, weight)
    assert copy is not weight


def test_it_composes_with_torch_func():
    weight = torch.randn(4, 3, dtype=torch.float64)

    def loss(weight):
        return constrain_norm(weight, max_norm=0.5).sin().sum()

    ours = torch.func.grad(loss)(weight)
    (expected,) = torch.autograd.grad(loss(leaf := weight.clone().requires_grad_()), leaf)
    torch.testing.assert_close(ours, expected)
    batched = torch.func.vmap(lambda w: constrain_norm(w, max_norm=0.5))(weight.expand(2, 4, 3))
    torch.testing.assert_close(batched[1], constrain_norm(weight, max_norm=0.5))
    _, tangent = torch.func.jvp(loss, (weight,), (torch.ones_like(weight),))
    torch.testing.assert_close(tangent, expected.sum())
