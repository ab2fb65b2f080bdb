"""ShallowConvNet compared with the Keras code of arl-eegmodels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.models.references import find_reference
from eegzoo.models.references.shallow_convnet import state_from
from eegzoo.models.shallow_convnet import ShallowConvNet
from tests.reference.model_checks import assert_computes_within_limits, assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 128, "n_outputs": 4, "sfreq": 128}
SHARED = Path(__file__).parents[2].parent / "shared" / "reference" / "eegmodels_keras.npz"


@pytest.mark.realdata
def test_outputs_equal_those_of_another_keras_version():
    if not SHARED.exists():
        pytest.skip(f"{SHARED} does not exist")
    with np.load(SHARED) as arrays:
        order = json.loads(str(arrays["ShallowConvNet__weight_order"]))
        weights = {name: arrays[f"ShallowConvNet__w__{name}"] for name in order}
        x = torch.from_numpy(arrays["ShallowConvNet__input"])
        probabilities = torch.from_numpy(arrays["ShallowConvNet__probs"])
    # The random kernels exceed the limits, which Keras applies only after a training step.
    model = ShallowConvNet(**SIZES, max_norm=None, head_max_norm=None).eval()
    model.load_state_dict(state_from(weights))
    torch.testing.assert_close(model(x).softmax(dim=1), probabilities, rtol=1e-5, atol=1e-6)


def test_kernels_over_their_limits_act_as_projected_ones():
    model, x = find_reference("shallow_convnet").build()
    free, _ = find_reference("shallow_convnet").build(max_norm=None, head_max_norm=None)
    limits = {"front.temporal": 2.0, "front.spatial": 2.0, "head": 0.5}
    assert_computes_within_limits(model, free, x, limits)


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
    model = ShallowConvNet(4, 100, 2, kernel_length=11, pool_length=30, pool_stride=20, sfreq=250)
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
        ShallowConvNet(**{"n_chans": 4, "n_times": 250, "n_outputs": 2, "sfreq": 250, **arguments})
