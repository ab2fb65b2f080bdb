"""Padding has no influence on models that process consecutive windows."""

import pytest
import torch

from eegzoo.models import create_model, find_entry, freeze, list_models
from eegzoo.models.sequence_models import SequenceModel

NAMES = [name for name in list_models() if issubclass(find_entry(name).model_class, SequenceModel)]
N_TIMES = 3000
SMALL = {
    "tinysleepnet": {"n_filters": 8, "hidden_size": 8},
    "deepsleepnet": {"n_filters": 4, "hidden_size": 8, "depth": 1},
    "usleep": {"depth": 4},
}
LENGTHS = [3, 1, 2]
REAL = torch.arange(3) < torch.tensor(LENGTHS).unsqueeze(1)

every_model = pytest.mark.parametrize("name", NAMES)
every_padding = pytest.mark.parametrize("padding", [0.0, 1e3, torch.inf, torch.nan])


def make_model(name):
    torch.manual_seed(0)
    model = create_model(
        name, n_chans=1, n_times=N_TIMES, n_outputs=5, sfreq=100.0, **SMALL.get(name, {})
    )
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    return model.train()


def make_sequences(padding=0.0, n_padding=0):
    """Return sequences of 3, 1 and 2 windows, padded to ``3 + n_padding`` windows."""
    x = 20 * torch.randn(3, 3, 1, N_TIMES, generator=torch.Generator().manual_seed(1))
    x[~REAL] = padding
    return torch.cat([x, torch.full((3, n_padding, 1, N_TIMES), padding)], dim=1)


@every_model
@every_padding
def test_padding_changes_no_output_and_no_statistic_in_training(name, padding):
    results = []
    for content, n_padding in ((0.0, 0), (padding, 4)):
        model, x = make_model(name), make_sequences(content, n_padding).requires_grad_()
        outputs = model(x, lengths=torch.tensor(LENGTHS))[:, :3]
        (outputs.sin() * torch.arange(1.0, 4.0)[:, None, None])[REAL].sum().backward()
        assert not x.grad[:, :3][~REAL].any()
        assert not x.grad[:, 3:].any()
        gradients = {key: weight.grad for key, weight in model.named_parameters()}
        results.append((outputs[REAL], x.grad[:, :3], gradients, dict(model.named_buffers())))
    torch.testing.assert_close(results[0], results[1], rtol=1e-4, atol=1e-5)


@every_model
@every_padding
@pytest.mark.parametrize("n_padding", [0, 4])
def test_padded_sequences_have_the_outputs_and_features_of_unpadded_ones(name, padding, n_padding):
    model, x = make_model(name), make_sequences(padding, n_padding)
    model(make_sequences(), lengths=torch.tensor(LENGTHS))  # updates the running statistics
    model.eval()
    with torch.no_grad():
        outputs = model(x, lengths=torch.tensor(LENGTHS))
        features = model.features(x, lengths=torch.tensor(LENGTHS))
        assert outputs.shape == (3, 3 + n_padding, 5)
        assert outputs.isfinite().all()
        torch.testing.assert_close(model.head(features), outputs)
        for row, length in enumerate(LENGTHS):
            alone = model(x[row : row + 1, :length])[0]
            torch.testing.assert_close(outputs[row, :length], alone, rtol=1e-4, atol=1e-5)


@every_model
def test_a_single_padded_sequence_trains_as_the_unpadded_one(name):
    x = make_sequences(1e3)[2:]
    one, other = make_model(name), make_model(name)
    padded = one(x, lengths=torch.tensor([2]))[:, :2]
    alone = other(x[:, :2])
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=1e-4, atol=1e-5)


@every_model
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_lengths_without_padding_change_nothing(name, training):
    x = 20 * torch.randn(3, 2, 1, N_TIMES)
    one, other = make_model(name).train(training), make_model(name).train(training)
    assert torch.equal(one(x, lengths=torch.tensor([2, 2, 2])), other(x))
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)


@every_model
def test_frozen_parts_ignore_padding_too(name):
    lengths = torch.tensor(LENGTHS)
    model = make_model(name)
    for until in [part for part, _ in model.named_children()][1:]:
        freeze(model, until)
        model.train().zero_grad()
        outputs = model(make_sequences(torch.nan), lengths=lengths)
        outputs[REAL].square().sum().backward()
        assert all(w.grad.isfinite().all() for w in model.parameters() if w.grad is not None)
    expected = model.eval().features(make_sequences(), lengths)
    features = model.train().features(make_sequences(torch.nan), lengths)
    assert torch.equal(features[REAL], expected[REAL])


@every_model
@pytest.mark.parametrize("lengths", [[3, 1], [3], [[3], [1], [2]]], ids=str)
def test_lengths_of_another_shape_raise(name, lengths):
    with pytest.raises(ValueError, match=r"expected lengths of shape \(3,\), got \("):
        make_model(name)(make_sequences(), lengths=torch.tensor(lengths))


def test_known_models_are_tested():
    assert {"tinysleepnet", "deepsleepnet", "usleep"} <= set(NAMES)
