"""Tests that are specific to the first version of EEGNet."""

import pytest
import torch

from eegzoo.models import EEGNetOld
from tests.reference.model_checks import assert_initial_limits


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "spatial.0.weight": (6 / (64 * (1 + 16))) ** 0.5,
        "image.1.0.weight": (6 / (64 * (1 + 4))) ** 0.5,
        "image.3.0.weight": (6 / (32 * (4 + 4))) ** 0.5,
        "image.3.0.bias": 0.0,
        "head.weight": (6 / (128 + 4)) ** 0.5,
    }
    assert_initial_limits(lambda: EEGNetOld(64, 128, 4, sfreq=128), limits)


def test_explicit_sizes_win():
    model = EEGNetOld(
        3, 50, 2, n_filters=6, second_n_filters=5, kernel_sizes=((3, 8), (2, 4), (1, 2)),
        stride=(1, 3), sfreq=128
    )  # fmt: skip
    # 50 -> 17 -> 6 -> 2 samples
    assert model.num_features == 5 * 6 * 2
    assert model(torch.randn(2, 3, 50)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_filters": 0}, "n_filters"),
        ({"second_n_filters": 0}, "second_n_filters"),
        ({"kernel_sizes": ((2, 32, 1), (8, 4))}, "kernel_sizes"),
        ({"stride": (0, 4)}, "stride"),
        ({"drop_prob": 1.5}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGNetOld(**{"n_chans": 4, "n_times": 128, "n_outputs": 2, "sfreq": 128, **arguments})
