"""EEGNet against its authors' Keras code."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.models import EEGNet, create_model
from tests.reference import keras_layout as keras

REFERENCE = keras.load("eegnet_keras.npz")
CASES = {"EEGNet_128": "eegnet", "EEGNet_SSVEP": "eegnet_ssvep"}
NAMES = {"Chans": "n_chans", "Samples": "n_times", "nb_classes": "n_outputs"}
NAMES |= {"kernLength": "kernel_length", "F1": "F1", "F2": "F2"}


def authors_model(case, **changes):
    arguments = json.loads(str(REFERENCE[f"{case}__kwargs"]))
    arguments = {NAMES[key]: value for key, value in arguments.items()} | changes
    model = create_model(CASES[case], **arguments)
    order = json.loads(str(REFERENCE[f"{case}__weight_order"]))
    weights = {name: REFERENCE[f"{case}__w__{name}"] for name in order}
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in order))
    conv, norm_1, depthwise, norm_2, separable, norm_3, head = layers
    state = {
        "front.temporal.weight": keras.conv2d(weights[f"{conv}.kernel"]),
        "front.spatial.weight": keras.depthwise2d(weights[f"{depthwise}.kernel"]),
        "separable.0.weight": keras.depthwise2d(weights[f"{separable}.depthwise_kernel"]).squeeze(
            2
        ),
        "separable.1.weight": keras.conv2d(weights[f"{separable}.pointwise_kernel"]).squeeze(2),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=model.F2),
        "head.bias": torch.from_numpy(weights[f"{head}.bias"]),
    }
    for place, layer in {"front.norm": norm_1, "reduce.0": norm_2, "separable.2": norm_3}.items():
        entries = keras.batch_norm(layer, weights).items()
        state |= {f"{place}.{key}": value for key, value in entries}
    model.load_state_dict(state)
    return model.eval()


@pytest.mark.parametrize("case", CASES)
def test_outputs_equal_the_authors(case):
    # The stored dense kernel is random, of norm 1.5: Keras applies no constraint before a step.
    model = authors_model(case, head_max_norm=None)
    x = torch.from_numpy(REFERENCE[f"{case}__input"])
    probabilities = model(x).softmax(dim=1)
    expected = torch.from_numpy(REFERENCE[f"{case}__probs"])
    torch.testing.assert_close(probabilities, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_features_equal_the_authors_in_their_order(case):
    model = authors_model(case)
    features = model.features(torch.from_numpy(REFERENCE[f"{case}__input"]))
    in_time_map_order = features.unflatten(1, (model.F2, -1)).transpose(1, 2).flatten(1)
    expected = torch.from_numpy(REFERENCE[f"{case}__act__flatten"])
    torch.testing.assert_close(in_time_map_order, expected, rtol=1e-5, atol=1e-5)


def test_head_computes_with_the_authors_kernel_within_its_limit():
    model = authors_model("EEGNet_128")
    logits = model(torch.from_numpy(REFERENCE["EEGNet_128__input"]))
    kernel = REFERENCE["EEGNet_128__w__dense.kernel"].astype(np.float64)
    kernel *= np.minimum(1.0, 0.25 / np.linalg.norm(kernel, axis=0))
    features = REFERENCE["EEGNet_128__act__flatten"]
    expected = features @ kernel + REFERENCE["EEGNet_128__w__dense.bias"]
    torch.testing.assert_close(logits, torch.from_numpy(expected).float(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_parameter_count_is_the_authors(case):
    statistics = 2  # Keras counts running means and variances too
    model = authors_model(case)
    count = sum(p.numel() for p in model.parameters())
    count += sum(statistics * m.num_features for m in model.modules() if hasattr(m, "running_var"))
    assert count == REFERENCE[f"{case}__n_params"]


def constraint_table(model):
    return {
        name: (layer.max_norm, layer.axis_norm)
        for name, layer in model.named_modules()
        if getattr(layer, "max_norm", None) is not None and isinstance(layer, nn.Module)
        if name
    }


def test_constraints_are_the_authors():
    model = create_model("eegnet", n_chans=14, n_times=128, n_outputs=2)
    assert constraint_table(model) == {
        "front.spatial": (1.0, (1, 2, 3)),
        "head": (0.25, (1,)),
    }
    ssvep = create_model("eegnet_ssvep", n_chans=8, n_times=256, n_outputs=12)
    assert constraint_table(ssvep) == {"front.spatial": (1.0, (1, 2, 3))}


def test_initial_weights_have_keras_limits():
    # Limits of Keras's glorot_uniform for 22 channels, 128 samples, 4 classes.
    limits = {
        "front.temporal.weight": 0.1021,
        "front.spatial.weight": 0.1651,
        "separable.0.weight": 0.1485,
        "separable.1.weight": 0.4330,
        "head.weight": 0.2970,
    }
    largest = dict.fromkeys(limits, 0.0)
    for _ in range(20):
        state = EEGNet(22, 128, 4).state_dict()
        largest = {name: max(largest[name], state[name].abs().max().item()) for name in limits}
    for name, limit in limits.items():
        assert 0.97 * limit < largest[name] <= limit * 1.001, name


@pytest.mark.parametrize(
    ("sfreq", "kernel_length"), [(128, 64), (160, 80), (250, 125), (1000, 500)]
)
def test_temporal_kernel_is_half_a_second(sfreq, kernel_length):
    assert EEGNet(4, 1000, 2, sfreq=sfreq).front.temporal.kernel_size == (1, kernel_length)


def test_an_explicit_kernel_length_wins():
    assert EEGNet(4, 1000, 2, sfreq=250, kernel_length=32).front.temporal.kernel_size == (1, 32)


def test_variants_differ_as_their_papers_say():
    small = create_model("eegnet_4_2", n_chans=4, n_times=128, n_outputs=2)
    assert (small.F1, small.D, small.F2) == (4, 2, 8)
    ssvep = create_model("eegnet_ssvep", n_chans=8, n_times=256, n_outputs=12, sfreq=256)
    assert (ssvep.F1, ssvep.D, ssvep.F2, ssvep.kernel_length) == (96, 1, 96, 256)


def test_whole_maps_are_dropped_when_asked():
    model = EEGNet(4, 128, 2, drop_maps=True, drop_prob=0.5).train()
    dropped = model.reduce(torch.randn(8, 16, 128)).eq(0)
    assert dropped.any()
    np.testing.assert_array_equal(dropped.all(-1), dropped.any(-1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_chans": 0}, "n_chans"),
        ({"n_times": 31}, "n_times of at least 32"),
        ({"n_outputs": -1}, "n_outputs"),
        ({"sfreq": float("nan")}, "sfreq"),
        ({"drop_prob": 1.5}, "drop_prob"),
        ({"F1": 0}, "F1"),
        ({"ch_names": ["Cz", "Cz", "C3", "C4"]}, "ch_names"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGNet(**{"n_chans": 4, "n_times": 128, "n_outputs": 2, **arguments})
