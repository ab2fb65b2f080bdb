"""DeepConvNet against the Keras code of arl-eegmodels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models.deep_convnet import DeepConvNet
from tests.reference import keras_layout as keras
from tests.reference import seeded
from tests.reference.model_checks import (
    assert_computes_within_limits,
    assert_initial_limits,
    assert_step_equals,
    constraint_table,
)

REFERENCE = keras.load("deep_convnet_keras.npz")
META = json.loads(str(REFERENCE["meta_json"]))
SIZES = {"n_chans": 22, "n_times": 256, "n_outputs": 4, "sfreq": 128}
SHARED = Path(__file__).parents[2].parent / "shared" / "reference" / "eegmodels_keras.npz"


def state_from(weights):
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    layers = list(dict.fromkeys(name.partition(".")[0] for name in weights))
    temporal, spatial, norm, *later, head = layers
    state = {
        "front.temporal.weight": keras.conv2d(weights[f"{temporal}.kernel"]),
        "front.spatial.weight": keras.conv2d(weights[f"{spatial}.kernel"]),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=200),
    }
    named = {"front.temporal": temporal, "front.spatial": spatial, "head": head}
    norms = {"first.0": norm}
    for block, (conv, norm) in enumerate(zip(later[::2], later[1::2], strict=True)):
        named[f"blocks.{block}.0"] = conv
        norms[f"blocks.{block}.1"] = norm
        kernel = keras.conv2d(weights[f"{conv}.kernel"])
        state[f"blocks.{block}.0.weight"] = kernel.squeeze(2)
    for place, layer in named.items():
        state[f"{place}.bias"] = torch.from_numpy(weights[f"{layer}.bias"])
    for place, layer in norms.items():
        entries = keras.batch_norm(layer, weights).items()
        state |= {f"{place}.{key}": value for key, value in entries}
    return state


def authors_model(**changes):
    weights, x = seeded.draw(META["shapes"], **META["seeded"])
    model = DeepConvNet(**SIZES | changes)
    model.load_state_dict(state_from(weights))
    return model.eval(), torch.from_numpy(x).squeeze(3)


def test_outputs_equal_keras():
    model, x = authors_model()
    expected = torch.from_numpy(REFERENCE["probabilities"])
    torch.testing.assert_close(model(x).softmax(dim=1), expected, rtol=1e-5, atol=1e-6)


def test_gradients_of_a_training_step_equal_keras():
    model, x = authors_model(drop_prob=0.0)
    assert_step_equals(REFERENCE, model, x, state_from, META["shapes"])


@pytest.mark.realdata
def test_outputs_equal_the_numbers_of_another_keras():
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there")
    with np.load(SHARED) as arrays:
        order = json.loads(str(arrays["DeepConvNet__weight_order"]))
        weights = {name: arrays[f"DeepConvNet__w__{name}"] for name in order}
        x = torch.from_numpy(arrays["DeepConvNet__input"])
        probabilities = torch.from_numpy(arrays["DeepConvNet__probs"])
    # The random kernels are over the limits, which Keras applies after a step alone.
    model = DeepConvNet(**SIZES, max_norm=None, head_max_norm=None).eval()
    model.load_state_dict(state_from(weights))
    torch.testing.assert_close(model(x).softmax(dim=1), probabilities, rtol=1e-5, atol=1e-6)


def test_kernels_over_their_limits_compute_as_within_them():
    model, x = authors_model()
    free, _ = authors_model(max_norm=None, head_max_norm=None)
    limits = {"front.temporal": 2.0, "front.spatial": 2.0, "head": 0.5}
    limits |= {f"blocks.{block}.0": 2.0 for block in range(3)}
    assert_computes_within_limits(model, free, x, limits)


def test_parameter_count_is_that_of_keras():
    model, _ = authors_model()
    # Keras counts running means and variances too.
    statistics = 2 * sum(m.num_features for m in model.modules() if hasattr(m, "running_var"))
    assert sum(p.numel() for p in model.parameters()) + statistics == META["n_params"]


def test_constraints_are_those_of_keras():
    assert constraint_table(DeepConvNet(**SIZES)) == {
        "front.temporal": (2.0, (1, 2, 3)),
        "front.spatial": (2.0, (1, 2, 3)),
        "blocks.0.0": (2.0, (1, 2)),
        "blocks.1.0": (2.0, (1, 2)),
        "blocks.2.0": (2.0, (1, 2)),
        "head": (0.5, (1,)),
    }


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "front.temporal.weight": 0.2148,
        "front.spatial.weight": 0.0739,
        "front.spatial.bias": 0.0,
        "blocks.0.0.weight": 0.1265,
        "blocks.1.0.weight": 0.0894,
        "blocks.2.0.weight": 0.0632,
        "blocks.2.0.bias": 0.0,
        "head.weight": 0.0500,
    }
    assert_initial_limits(lambda: DeepConvNet(**SIZES), limits)


@pytest.mark.parametrize(
    ("sfreq", "kernel_length", "pool_length"),
    [(128, 5, 2), (160, 6, 2), (200, 8, 3), (250, 10, 3), (1000, 40, 3), (10, 1, 2)],
)
def test_lengths_follow_the_sampling_rate(sfreq, kernel_length, pool_length):
    model = DeepConvNet(4, 2000, 2, sfreq=sfreq)
    assert (model.kernel_length, model.pool_length) == (kernel_length, pool_length)
    assert model.pool_stride == pool_length


def test_paper_pools_1000_samples_at_250_hz_to_7():
    assert DeepConvNet(22, 1000, 4).num_features == 200 * 7


def test_explicit_lengths_win():
    model = DeepConvNet(4, 400, 2, kernel_length=7, pool_length=3, pool_stride=2)
    assert [conv.kernel_size for conv, *_ in model.blocks] == [(7,)] * 3
    assert model.front.temporal.kernel_size == (1, 7)
    # 400 - 6 = 394 -> 196 -> 190 -> 94 -> 88 -> 43 -> 37 -> 18
    assert model.num_features == 200 * 18


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 440}, "n_times of at least 441"),
        ({"n_filters": 0}, "n_filters"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"pool_stride": -1}, "pool_stride"),
        ({"drop_prob": 2.0}, "drop_prob"),
        ({"max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeepConvNet(**{"n_chans": 4, "n_times": 500, "n_outputs": 2, **arguments})
