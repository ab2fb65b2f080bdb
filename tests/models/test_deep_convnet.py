"""DeepConvNet against the Keras code of arl-eegmodels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from eegzoo.layers import conv_pool
from eegzoo.layers.fast_conv import dense_conv1d, measured_choice
from eegzoo.models.deep_convnet import DeepConvNet
from eegzoo.models.references import find_reference
from eegzoo.models.references.deep_convnet import state_from
from tests.reference.model_checks import assert_computes_within_limits, assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 256, "n_outputs": 4, "sfreq": 128}
SHARED = Path(__file__).parents[2].parent / "shared" / "reference" / "eegmodels_keras.npz"


@pytest.mark.realdata
def test_outputs_equal_those_of_another_keras_version():
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is missing")
    with np.load(SHARED) as arrays:
        order = json.loads(str(arrays["DeepConvNet__weight_order"]))
        weights = {name: arrays[f"DeepConvNet__w__{name}"] for name in order}
        x = torch.from_numpy(arrays["DeepConvNet__input"])
        probabilities = torch.from_numpy(arrays["DeepConvNet__probs"])
    # The random kernels exceed the limits, which Keras applies only after a training step.
    model = DeepConvNet(**SIZES, max_norm=None, head_max_norm=None).eval()
    model.load_state_dict(state_from(weights))
    torch.testing.assert_close(model(x).softmax(dim=1), probabilities, rtol=1e-5, atol=1e-6)


def test_kernels_above_their_limits_are_used_at_the_limits():
    model, x = find_reference("deep_convnet").build()
    free, _ = find_reference("deep_convnet").build(max_norm=None, head_max_norm=None)
    limits = {"front.temporal": 2.0, "front.spatial": 2.0, "head": 0.5}
    limits |= {f"blocks.{block}.0": 2.0 for block in range(3)}
    assert_computes_within_limits(model, free, x, limits)


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


def test_1000_samples_at_250_hz_are_pooled_to_7_as_in_the_paper():
    assert DeepConvNet(22, 1000, 4, sfreq=250).num_features == 200 * 7


@pytest.mark.parametrize("training", [True, False])
def test_blocks_in_one_step_equal_their_modules(training, monkeypatch):
    monkeypatch.setattr(measured_choice, "_chosen", {})
    monkeypatch.setattr(dense_conv1d, "_FEWEST", 0)
    torch.manual_seed(0)
    model = DeepConvNet(4, 500, 2, sfreq=250, n_filters=8, drop_prob=0.0).train(training)
    x = torch.randn(5, 4, 500)
    found = []
    for joint in (True, False):
        monkeypatch.setattr(conv_pool, "is_worth_choosing", lambda *_, joint=joint: joint)
        logits = model(x)
        logits.square().sum().backward()
        found.append([logits, *(parameter.grad for parameter in model.parameters())])
        model.zero_grad()
    chosen = [key for key in measured_choice.chosen_algorithms() if key.startswith("max pool")]
    assert len(chosen) == 4
    largest = max(plain.norm() for plain in found[1])
    for ours, plain in zip(*found, strict=True):
        # float32 finds another of two nearly equal samples here and there
        assert (ours - plain).norm() <= 1e-2 * plain.norm() + 1e-5 * largest
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-5, atol=1e-5)


def test_explicit_lengths_win():
    model = DeepConvNet(4, 400, 2, kernel_length=7, pool_length=3, pool_stride=2, sfreq=250)
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
        DeepConvNet(**{"n_chans": 4, "n_times": 500, "n_outputs": 2, "sfreq": 250, **arguments})
