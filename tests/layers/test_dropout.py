"""Dropout drawn by random integers: its law, its seeds, and where torch draws instead."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import eegzoo
from eegzoo.layers import Dropout
from eegzoo.layers.dropout import dropout

PROBS = [0.5, 0.25, 0.3, 0.1, 0.999, 1e-5]


@pytest.mark.parametrize("p", PROBS)
def test_share_of_dropped_values_is_that_of_the_probability(p):
    torch.manual_seed(0)
    n = 2_000_000
    n_dropped = int((dropout(torch.ones(n), p) == 0).sum())
    deviation = math.sqrt(n * p * (1 - p))
    assert abs(n_dropped - n * p) < 4 * deviation + 1e-4 * n * min(p, 1 - p)


def test_kept_values_are_divided_by_the_probability_of_keeping():
    x = torch.arange(1.0, 1001.0)
    out = dropout(x, 0.3)
    kept = out != 0
    torch.testing.assert_close(out[kept], (x / 0.7)[kept])
    assert 600 < kept.sum() < 800


def test_neighbouring_values_are_dropped_independently():
    # Eight values come of one number of 64 bits.
    torch.manual_seed(0)
    centred = (dropout(torch.ones(400_000), 0.5) - 1).view(-1, 8)
    correlations = centred.T @ centred / len(centred)
    assert (correlations - torch.eye(8)).abs().max() < 4.5 / math.sqrt(len(centred))


def test_seeds_decide_what_is_dropped():
    x, layer = torch.ones(1001), Dropout(0.3)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        first, second = layer(x), layer(x)
        torch.manual_seed(7)
        assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("arguments", [{"torch_draws": True}, {"inplace": True}])
def test_torch_draws_where_asked_for_or_in_place(arguments):
    torch.manual_seed(3)
    expected = F.dropout(torch.ones(500), 0.4)
    torch.manual_seed(3)
    x = torch.ones(500)
    out = Dropout(0.4, **arguments)(x)
    assert torch.equal(out, expected)
    assert (out is x) == ("inplace" in arguments)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certain_outcomes_are_those_of_torch(p):
    x = torch.randn(50, requires_grad=True)
    assert torch.equal(Dropout(p)(x), F.dropout(x, p))


def test_evaluation_changes_nothing():
    x = torch.randn(50)
    assert Dropout(0.5).eval()(x) is x


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_dtype_is_kept(dtype):
    out = dropout(torch.ones(64, dtype=dtype), 0.5)
    assert out.dtype == dtype
    assert set(out.tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(
    "x",
    [torch.ones(4, 6, 10).mT, torch.ones(2, 6, 5, 7).to(memory_format=torch.channels_last)],
    ids=["transposed", "channels last"],
)
def test_memory_layout_is_kept(x):
    assert dropout(x, 0.5).stride() == x.stride()


@pytest.mark.parametrize("x", [torch.ones(8, 6)[:, ::2], torch.ones(3, 1).expand(3, 5)])
def test_views_with_gaps_or_repeats_are_dropped_value_by_value(x):
    torch.manual_seed(0)
    out = torch.stack([dropout(x, 0.5) for _ in range(200)])
    assert ((out.mean(0) - 1).abs() < 0.3).all()


def test_empty_and_scalar_inputs():
    assert dropout(torch.ones(0, 3), 0.5).shape == (0, 3)
    assert dropout(torch.tensor(1.0), 0.5).item() in (0.0, 2.0)


def test_first_and_second_gradients():
    x = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)

    def seeded(x):
        torch.manual_seed(1)
        return dropout(x, 0.3).square()

    with torch.random.fork_rng():
        assert torch.autograd.gradcheck(seeded, x)
        assert torch.autograd.gradgradcheck(seeded, x)


def test_a_step_keeps_one_byte_for_each_value():
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        dropout(torch.ones(1000, requires_grad=True), 0.5)
    assert [t.untyped_storage().nbytes() for t in saved] == [1000]


def test_checkpointing_recomputes_the_same_values():
    x = torch.randn(200, requires_grad=True)
    layer = nn.Sequential(nn.Identity(), Dropout(0.5))
    torch.manual_seed(0)
    (expected,) = torch.autograd.grad(layer(x).square().sum(), x)
    torch.manual_seed(0)
    out = checkpoint(layer, x, use_reentrant=False)
    (found,) = torch.autograd.grad(out.square().sum(), x)
    assert torch.equal(found, expected)


def test_function_transforms_are_left_to_torch():
    layer, x = Dropout(0.5), torch.ones(4, 100)
    out = torch.vmap(layer, randomness="different")(x)
    assert not torch.equal(out[0], out[1])
    assert torch.func.grad(lambda x: layer(x).sum())(x).unique().tolist() == [0.0, 2.0]


def test_meta_device():
    assert Dropout()(torch.ones(3, device="meta")).is_meta


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_bad_probability(p):
    with pytest.raises(ValueError, match="dropout probability"):
        Dropout(p)


def test_layer_is_a_dropout_of_torch_and_survives_copies():
    layer = copy.deepcopy(Dropout(0.2, torch_draws=True))
    assert isinstance(layer, nn.Dropout)
    assert layer.torch_draws
    assert not layer.state_dict()


def test_models_drop_with_it():
    model = eegzoo.create_model("eegconformer", n_chans=3, n_times=200, n_outputs=2, sfreq=250)
    layers = [m for m in model.modules() if isinstance(m, nn.Dropout)]
    assert layers
    assert all(isinstance(layer, Dropout) for layer in layers)
