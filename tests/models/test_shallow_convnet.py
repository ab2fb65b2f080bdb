"""ShallowConvNet against the Keras code of arl-eegmodels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models.shallow_convnet import ShallowConvNet
from tests.reference import keras_layout as keras
from tests.reference import seeded
from tests.reference.model_checks import (
    assert_computes_within_limits,
    assert_initial_limits,
    assert_step_equals,
    constraint_table,
)

REFERENCE = keras.load("shallow_convnet_keras.npz")
META = json.loads(str(REFERENCE["meta_json"]))
SIZES = {"n_chans": 22, "n_times": 128, "n_outputs": 4, "sfreq": 128}
SHARED = Path(__file__).parents[2].parent / "shared" / "reference" / "eegmodels_keras.npz"


def state_from(weights):
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    conv, spatial, norm, head = dict.fromkeys(name.partition(".")[0] for name in weights)
    entries = keras.batch_norm(norm, weights).items()
    return {
        "front.temporal.weight": keras.conv2d(weights[f"{conv}.kernel"]),
        "front.temporal.bias": torch.from_numpy(weights[f"{conv}.bias"]),
        "front.spatial.weight": keras.conv2d(weights[f"{spatial}.kernel"]),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=40),
        "head.bias": torch.from_numpy(weights[f"{head}.bias"]),
        **{f"norm.{key}": value for key, value in entries},
    }


def authors_model(**changes):
    weights, x = seeded.draw(META["shapes"], **META["seeded"])
    model = ShallowConvNet(**SIZES | changes)
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
        order = json.loads(str(arrays["ShallowConvNet__weight_order"]))
        weights = {name: arrays[f"ShallowConvNet__w__{name}"] for name in order}
        x = torch.from_numpy(arrays["ShallowConvNet__input"])
        probabilities = torch.from_numpy(arrays["ShallowConvNet__probs"])
    # The random kernels are over the limits, which Keras applies after a step alone.
    model = ShallowConvNet(**SIZES, max_norm=None, head_max_norm=None).eval()
    model.load_state_dict(state_from(weights))
    torch.testing.assert_close(model(x).softmax(dim=1), probabilities, rtol=1e-5, atol=1e-6)


def test_kernels_over_their_limits_compute_as_within_them():
    model, x = authors_model()
    free, _ = authors_model(max_norm=None, head_max_norm=None)
    limits = {"front.temporal": 2.0, "front.spatial": 2.0, "head": 0.5}
    assert_computes_within_limits(model, free, x, limits)


def test_parameter_count_is_that_of_keras():
    model, _ = authors_model()
    # Keras counts running means and variances too.
    statistics = 2 * model.norm.num_features
    assert sum(p.numel() for p in model.parameters()) + statistics == META["n_params"]


def test_constraints_are_those_of_keras():
    assert constraint_table(ShallowConvNet(**SIZES)) == {
        "front.temporal": (2.0, (1, 2, 3)),
        "front.spatial": (2.0, (1, 2, 3)),
        "head": (0.5, (1,)),
    }


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "front.temporal.weight": 0.1061,
        "front.temporal.bias": 0.0,
        "front.spatial.weight": 0.0584,
        "head.weight": 0.1113,
    }
    assert_initial_limits(lambda: ShallowConvNet(**SIZES), limits)


@pytest.mark.parametrize(
    ("sfreq", "lengths"),
    [(128, (13, 35, 7)), (250, (25, 75, 15)), (500, (50, 150, 30)), (10, (1, 5, 1))],
)
def test_lengths_follow_the_sampling_rate(sfreq, lengths):
    model = ShallowConvNet(4, 1000, 2, sfreq=sfreq)
    assert (model.kernel_length, model.pool_length, model.pool_stride) == lengths


def test_explicit_lengths_win():
    model = ShallowConvNet(4, 100, 2, kernel_length=11, pool_length=30, pool_stride=20)
    assert model.front.temporal.kernel_size == (1, 11)
    assert model.num_features == 40 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 98}, "n_times of at least 99"),
        ({"n_filters": 0}, "n_filters"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"pool_stride": -1}, "pool_stride"),
        ({"drop_prob": 2.0}, "drop_prob"),
        ({"max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ShallowConvNet(**{"n_chans": 4, "n_times": 250, "n_outputs": 2, **arguments})
