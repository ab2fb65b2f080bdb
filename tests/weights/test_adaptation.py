"""Trained weights adapted to other outputs and other channels."""

import warnings

import numpy as np
import pytest
import torch

from eegzoo import create_model
from eegzoo.data import EpochsDataset, SignalInfo, SignalWarning, channel_matrix
from eegzoo.models import load_model, save_model
from eegzoo.weights import find_weights
from eegzoo.weights.zoo import load_weights
from tests.shared_data import SHARED, needs

NAME = "eegnet.physionet_mi2"
SIGNAL = find_weights(NAME).signal
CH_NAMES = list(SIGNAL.ch_names)
LOST = ["C3", "FCz", "O1"]
N_WINDOWS = 6


@pytest.fixture(scope="module")
def x():
    """Return windows whose channels share sources, like electrodes on one head."""
    rng = np.random.default_rng(0)
    sources = 40 * rng.standard_normal((N_WINDOWS, 8, SIGNAL.n_times))
    return (rng.standard_normal((64, 8)) @ sources).astype(np.float32)


@pytest.fixture
def trained():
    return create_model(NAME, weights=True)


def signal_of(ch_names):
    return SignalInfo(ch_names, SIGNAL.sfreq, SIGNAL.n_times, SIGNAL.tmin)


def dataset_of(x, ch_names):
    places = [CH_NAMES.index(name) for name in ch_names]
    return EpochsDataset(x[:, places], [0] * len(x), ["left"], signal_of(ch_names))


def outputs(model, x):
    with torch.no_grad():
        return model(torch.as_tensor(x))


def assert_same(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert expected.std(dim=0).max() > 0.1


# Outputs.


@needs(SHARED / "weights")
@pytest.mark.parametrize("n_outputs", [1, 5])
def test_other_outputs_keep_the_features_and_get_a_new_head(trained, x, n_outputs):
    model = create_model(NAME, weights=True, n_outputs=n_outputs)
    with torch.no_grad():
        features = [each.features(torch.as_tensor(x)) for each in (model, trained)]
    assert torch.equal(*features)
    assert outputs(model, x).shape == (N_WINDOWS, n_outputs)
    assert not any(module.training for module in model.modules())
    norm = model.head.constrained_weight().norm(dim=1)
    assert (norm <= model.head.max_norm * (1 + 1e-6)).all()
    again = create_model(NAME, weights=True, n_outputs=n_outputs)
    assert not torch.equal(model.head.weight, again.head.weight)  # drawn at random


@needs(SHARED / "weights")
def test_same_number_of_outputs_keeps_the_head(trained):
    model = create_model(NAME, weights=True, n_outputs=2)
    torch.testing.assert_close(model.state_dict(), trained.state_dict(), rtol=0, atol=0)


# Channels.


@needs(SHARED / "weights")
def test_reordered_channels_reorder_the_kernel(trained, x):
    order = np.random.default_rng(1).permutation(64)
    model = create_model(NAME, weights=True, ch_names=[CH_NAMES[place] for place in order])
    assert_same(outputs(model, x[:, order]), outputs(trained, x))
    assert model.ch_names == tuple(CH_NAMES[place] for place in order)
    weights = [each.front.spatial.constrained_weight() for each in (model, trained)]
    assert torch.equal(weights[0], weights[1][:, :, order])


@needs(SHARED / "weights")
def test_names_are_matched_with_prefixes_and_case(trained, x):
    names = [f"EEG {name.upper()}-REF" for name in reversed(CH_NAMES)]
    model = create_model(NAME, weights=True, ch_names=names)
    assert_same(outputs(model, x[:, ::-1].copy()), outputs(trained, x))


@needs(SHARED / "weights")
@pytest.mark.parametrize("missing", ["interpolate", "zero"])
def test_missing_channels_are_folded_into_the_kernel(trained, x, missing):
    left = [name for name in reversed(CH_NAMES) if name not in LOST]
    with pytest.warns(SignalWarning, match=r"61 of 64 channels are found; \['FCz', 'C3', 'O1'\]"):
        model = create_model(NAME, weights=True, ch_names=left, missing=missing)
    dataset = dataset_of(x, left)
    expected = outputs(trained, dataset.aligned_to(SIGNAL, missing=missing).X)
    assert_same(outputs(model, dataset.X), expected)
    assert (expected - outputs(trained, x)).abs().max() > 1e-3  # the channels matter
    assert model.n_chans == 61


@needs(SHARED / "weights")
def test_filters_beyond_their_limit_are_divided_saved_and_trained(trained, x, tmp_path):
    left = CH_NAMES[::5]  # each replaces several
    with pytest.warns(SignalWarning, match="interpolated from the others"):
        model = create_model(NAME, weights=True, ch_names=left, missing="interpolate")
    before = model.front.spatial.weight.detach().clone()
    norms = before.flatten(1).norm(dim=1)
    n_limited = int((norms > 1 - 1e-5).sum())
    assert 0 < n_limited < len(norms)  # only some filters would exceed the limit
    dataset = dataset_of(x, left)
    x = dataset.X
    expected = outputs(model, x)
    # The outputs are those of the trained model on interpolated windows, and no limit is changed.
    assert_same(expected, outputs(trained, dataset.aligned_to(SIGNAL, missing="interpolate").X))
    assert model.arguments["max_norm"] == trained.arguments["max_norm"] == 1.0
    assert model.front.spatial.max_norm == 1.0
    matrix = torch.from_numpy(channel_matrix(left, SIGNAL, "interpolate"))
    weight = (trained.front.spatial.constrained_weight().mT.double() @ matrix).mT.float()
    needs_no_change = weight.flatten(1).norm(dim=1) <= 1
    torch.testing.assert_close(before[needs_no_change], weight[needs_no_change])
    gains = [each.reduce[0].weight for each in (model, trained)]
    assert torch.equal(gains[0][needs_no_change], gains[1][needs_no_change])
    save_model(model, tmp_path / "mine.safetensors")
    torch.testing.assert_close(outputs(load_model(tmp_path / "mine.safetensors"), x), expected)
    model.train()(torch.as_tensor(x)).sum().backward()
    torch.testing.assert_close(model.front.spatial.weight.detach(), before, rtol=2e-6, atol=0)


@needs(SHARED / "weights")
def test_untrained_channels_get_weight_zero(trained, x):
    names = ["EOG", *CH_NAMES]
    with pytest.warns(SignalWarning, match=r"channels \['EOG'\] are left out"):
        model = create_model(NAME, weights=True, ch_names=names)
    eog = np.full((N_WINDOWS, 1, SIGNAL.n_times), 1e4, np.float32)
    assert_same(outputs(model, np.concatenate([eog, x], axis=1)), outputs(trained, x))


@needs(SHARED / "weights")
def test_trained_channels_change_nothing(trained, x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = create_model(NAME, weights=True, ch_names=CH_NAMES, missing="interpolate")
    assert torch.equal(outputs(model, x), outputs(trained, x))


@needs(SHARED / "weights")
def test_outputs_and_channels_change_together(trained, x):
    model = create_model(NAME, weights=True, n_outputs=3, ch_names=CH_NAMES[::-1])
    with torch.no_grad():
        features = model.features(torch.as_tensor(x[:, ::-1].copy()))
        assert_same(features, trained.features(torch.as_tensor(x)))
    assert model.arguments["n_outputs"] == 3


@needs(SHARED / "weights")
def test_limit_shared_with_other_layers_is_kept():
    weights = find_weights("atcnet.bci2a_s1")
    names = list(weights.signal.ch_names)
    model, adapted = (
        load_weights(weights),
        create_model("atcnet.bci2a_s1", weights=True, ch_names=names[::-1]),
    )
    x = torch.randn(3, 22, 1125)
    assert_same(outputs(adapted, x.flip(1)), outputs(model, x))
    assert adapted.arguments["max_norm"] == model.arguments["max_norm"]


# Errors.


@needs(SHARED / "weights")
@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (NAME, {"ch_names": CH_NAMES[1:]}, r"channels \['FC5'\] are missing"),
        (NAME, {"ch_names": CH_NAMES[1:], "missing": "guess"}, "expected missing to be one of"),
        (NAME, {"missing": "zero"}, "expected missing only with ch_names, got 'zero' without"),
        (NAME, {"ch_names": ["C3", *CH_NAMES]}, "are the same channel"),
        (NAME, {"n_outputs": 0}, "n_outputs to be a positive integer"),
        (
            NAME,
            {"ch_names": ["Cz", "Pz", "X1", "X2"], "missing": "interpolate"},
            "at least four other channels",
        ),
        (
            "eegsym.mi_8",
            {"ch_names": ["C3", "F3", "P3", "Cz", "Pz", "C4", "F4", "P4"]},
            r"spatial filters over all channels .* got eegsym: re-order the windows",
        ),
    ],
)
def test_invalid_arguments_raise(name, arguments, message):
    with (
        warnings.catch_warnings(action="ignore", category=SignalWarning),
        pytest.raises(ValueError, match=message),
    ):
        create_model(name, weights=True, **arguments)


@needs(SHARED / "weights")
def test_warning_points_at_the_caller():
    with pytest.warns(SignalWarning) as caught:
        create_model(NAME, weights=True, ch_names=CH_NAMES[1:], missing="zero")
    assert {warning.filename for warning in caught} == {__file__}
