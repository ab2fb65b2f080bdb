"""What is peculiar to transposed convolutions, embeddings and recurrent layers."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import rnn

from eegzoo.layers import (
    ConstrainedConvTranspose1d,
    ConstrainedConvTranspose2d,
    ConstrainedEmbedding,
    ConstrainedGRU,
    ConstrainedLSTM,
    bake,
    constrain,
)


def keras_max_norm(kernel, max_value, axis):
    """keras.constraints.MaxNorm in NumPy."""
    norms = np.sqrt(np.sum(np.square(kernel), axis=axis, keepdims=True))
    return kernel * (np.clip(norms, 0, max_value) / (1e-7 + norms))


def test_a_transposed_filter_is_that_of_an_output_map_as_in_keras():
    layer = ConstrainedConvTranspose2d(5, 3, (2, 4), max_norm=0.1)
    kernel = layer.weight.detach().numpy().transpose(2, 3, 1, 0)  # Keras's height, width, out, in
    expected = keras_max_norm(kernel, 0.1, axis=(0, 1, 3)).transpose(3, 2, 0, 1)
    layer(torch.randn(2, 5, 6, 7))
    np.testing.assert_allclose(layer.weight.detach().numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("axis_norm", [(0, 2), 0, 2, 1, (0, 1, 2)])
def test_groups_have_filters_of_their_own(axis_norm):
    layer = ConstrainedConvTranspose1d(6, 4, 5, groups=2, max_norm=0.05, axis_norm=axis_norm)
    nn.init.normal_(layer.weight)
    axes = {axis_norm} if isinstance(axis_norm, int) else set(axis_norm)
    expected = torch.cat(
        [
            part / (torch.linalg.vector_norm(part, dim=tuple(axes), keepdim=True) / 0.05).clamp(1)
            for part in layer.weight.detach().double().chunk(2)
        ]
    )
    layer(torch.randn(2, 6, 9))
    torch.testing.assert_close(layer.weight.double(), expected, rtol=1e-6, atol=0)
    grouped = layer.weight.detach().reshape(2, 3, 2, 5)
    if axis_norm == (0, 2):
        torch.testing.assert_close(grouped.norm(dim=(1, 3)), torch.full((2, 2), 0.05))


@pytest.mark.parametrize("output_size", [None, [23], [24]])
def test_a_transposed_convolution_takes_an_output_size(output_size):
    layer = ConstrainedConvTranspose1d(3, 4, 5, stride=2, max_norm=0.1).eval()
    x = torch.randn(2, 3, 10)
    torch.testing.assert_close(layer(x, output_size), bake(layer)(x, output_size))
    torch.testing.assert_close(layer(x[0]), layer(x)[0])


def test_a_transposed_convolution_pads_as_torch_does():
    arguments = (4, 6, 5, 3, 2, 1, 2, True, 2)
    layer, plain = (
        ConstrainedConvTranspose1d(*arguments, max_norm=None),
        nn.ConvTranspose1d(*arguments),
    )
    plain.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer(torch.ones(2, 4, 9)), plain(torch.ones(2, 4, 9)))


def test_constrain_takes_the_filters_of_a_transposed_convolution():
    net = nn.Sequential(nn.ConvTranspose1d(3, 4, 5), nn.Conv1d(4, 2, 3), nn.Embedding(3, 2))
    changed = constrain(net, {"*": {"max_norm": 0.1}})
    assert [layer.axis_norm for layer in changed.values()] == [(0, 2), (1, 2), (1,)]


def test_all_vectors_are_constrained_and_the_padding_stays_zero():
    layer = ConstrainedEmbedding(5, 3, padding_idx=2, max_norm=0.5, min_norm=0.4)
    layer(torch.tensor([1])).sum().backward()
    norms = layer.weight.norm(dim=1)
    assert norms[2] == 0
    others = norms[[0, 1, 3, 4]]
    assert ((others >= 0.4 - 1e-6) & (others <= 0.5 + 1e-6)).all()
    assert layer.weight.grad[2].abs().sum() == 0
    assert (
        repr(layer)
        == "ConstrainedEmbedding(5, 3, padding_idx=2, max_norm=0.5, min_norm=0.4, axis_norm=(1,))"
    )


def test_evaluation_of_an_embedding_changes_nothing():
    # torch's own max_norm changes the vectors that are looked up.
    layer = ConstrainedEmbedding(5, 3, max_norm=0.1).eval()
    before = layer.weight.clone()
    assert (layer(torch.arange(5)).norm(dim=1) <= 0.1 + 1e-6).all()
    assert torch.equal(layer.weight, before)
    assert bake(layer).max_norm is None


def test_the_gradient_of_an_embedding_may_be_sparse():
    layer = ConstrainedEmbedding(5, 3, sparse=True, max_norm=0.1)
    layer(torch.tensor([1, 1])).sum().backward()
    assert layer.weight.grad.is_sparse
    assert layer.weight.grad.to_dense()[1].tolist() == [2.0] * 3


RECURRENT = [(ConstrainedLSTM, nn.LSTM), (ConstrainedGRU, nn.GRU)]


def pair(kinds, *arguments, **options):
    layer, plain = kinds[0](*arguments, **options, max_norm=0.3), kinds[1](*arguments, **options)
    layer.load_state_dict(plain.state_dict())
    with torch.no_grad():
        for name, weight in plain.named_parameters():
            if name.startswith("weight"):
                weight.div_((weight.norm(dim=1, keepdim=True) / 0.3).clamp(1))
    return layer, plain


@pytest.mark.parametrize("kinds", RECURRENT, ids=["lstm", "gru"])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "options", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False, "batch_first": True}]
)
def test_a_recurrent_layer_computes_as_torchs_with_projected_weights(kinds, options, training):
    layer, plain = pair(kinds, 3, 4, **options)
    layer.train(training)
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(layer(x), plain(x))
    torch.testing.assert_close(layer(x[0]), plain(x[0]))  # without a batch
    state = plain(x)[1]
    torch.testing.assert_close(layer(x, state), plain(x, state))
    for module in (layer, plain):
        module(x)[0].sin().sum().backward()
    for ours, right in zip(layer.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, right.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")
def test_the_projections_of_an_lstm_are_constrained():
    layer, plain = pair(RECURRENT[0], 3, 8, proj_size=2)
    torch.testing.assert_close(layer(torch.ones(5, 2, 3)), plain(torch.ones(5, 2, 3)))
    assert "weight_hr_l0" in layer.weight_names
    assert (layer.weight_hr_l0.norm(dim=1) <= 0.3 + 1e-6).all()


@pytest.mark.parametrize("kinds", RECURRENT, ids=["lstm", "gru"])
def test_a_recurrent_layer_takes_packed_sequences(kinds):
    layer, plain = pair(kinds, 3, 4)
    packed = rnn.pack_sequence([torch.randn(5, 3), torch.randn(2, 3)])
    torch.testing.assert_close(layer(packed)[0].data, plain(packed)[0].data)


def test_keras_axis_of_a_recurrent_kernel():
    layer = ConstrainedLSTM(3, 4, max_norm=0.2)
    kernel = layer.weight_hh_l0.detach().numpy().T  # Keras's recurrent kernel (units, 4 * units)
    expected = keras_max_norm(kernel, 0.2, axis=0).T
    layer(torch.randn(5, 2, 3))
    np.testing.assert_allclose(layer.weight_hh_l0.detach().numpy(), expected, rtol=1e-5)


def test_dropout_between_layers_follows_the_mode():
    layer = ConstrainedGRU(3, 4, num_layers=2, dropout=0.5)
    x = torch.randn(5, 2, 3)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    assert torch.equal(layer.eval()(x)[0], layer(x)[0])


def test_constrain_and_bake_of_recurrent_layers():
    net = nn.ModuleDict({"lstm": nn.LSTM(3, 4), "gru": nn.GRU(3, 4)})
    x = torch.randn(5, 2, 3)
    changed = constrain(net, {"*": {"max_norm": 0.2}})
    assert [type(layer) for layer in changed.values()] == [ConstrainedLSTM, ConstrainedGRU]
    baked = bake(net.eval())
    assert [type(layer) for layer in baked.values()] == [nn.LSTM, nn.GRU]
    for name in net:
        torch.testing.assert_close(baked[name](x), net[name](x))
        assert (baked[name].weight_ih_l0.norm(dim=1) <= 0.2 + 1e-6).all()
