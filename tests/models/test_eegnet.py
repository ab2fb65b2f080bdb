"""Tests that are specific to EEGNet and its variants."""

import pytest
import torch

from eegzoo.models import EEGNet, create_model
from eegzoo.models.references import find_reference
from tests.reference.model_checks import assert_computes_within_limits, assert_initial_limits


def test_kernels_above_their_limits_are_used_at_the_limits():
    model, x = find_reference("eegnet").build()
    free, _ = find_reference("eegnet").build(max_norm=None, head_max_norm=None)
    assert_computes_within_limits(model, free, x, {"front.spatial": 1.0, "head": 0.25})


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "front.temporal.weight": 0.1021,
        "front.spatial.weight": 0.1651,
        "separable.0.weight": 0.1485,
        "separable.1.weight": 0.4330,
        "head.weight": 0.2970,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: EEGNet(22, 128, 4, sfreq=128), limits)


@pytest.mark.parametrize(
    ("sfreq", "kernel_length"), [(128, 64), (160, 80), (250, 125), (1000, 500)]
)
def test_temporal_kernel_is_half_a_second(sfreq, kernel_length):
    assert EEGNet(4, 1000, 2, sfreq=sfreq).front.temporal.kernel_size == (1, kernel_length)


def test_an_explicit_kernel_length_wins():
    assert EEGNet(4, 1000, 2, sfreq=250, kernel_length=32).front.temporal.kernel_size == (1, 32)


def test_variants_have_the_sizes_of_their_papers():
    small = create_model("eegnet_4_2", n_chans=4, n_times=128, n_outputs=2, sfreq=128)
    assert (small.F1, small.D, small.F2) == (4, 2, 8)
    erp = create_model("eegnet_8_2", n_chans=60, n_times=151, n_outputs=4, sfreq=150.15)
    assert (erp.F1, erp.D, erp.F2, erp.kernel_length) == (8, 2, 16, 32)
    ssvep = create_model("eegnet_ssvep", n_chans=8, n_times=256, n_outputs=12, sfreq=256)
    assert (ssvep.F1, ssvep.D, ssvep.F2, ssvep.kernel_length) == (96, 1, 96, 256)


def test_drop_maps_drops_whole_maps():
    model = EEGNet(4, 128, 2, drop_maps=True, drop_prob=0.5, sfreq=128).train()
    dropped = model.reduce(torch.randn(8, 16, 128)).eq(0)
    assert dropped.any()
    assert dropped.all(-1).equal(dropped.any(-1))


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
        EEGNet(**{"n_chans": 4, "n_times": 128, "n_outputs": 2, "sfreq": 128, **arguments})
