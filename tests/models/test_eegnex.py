"""EEGNeX against its authors' Keras code."""

import pytest
import torch

from eegzoo.models.eegnex import EEGNeX
from tests.reference.model_checks import assert_initial_limits


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "temporal.0.weight": (6 / (64 * (1 + 8))) ** 0.5,
        "temporal.3.weight": (6 / (64 * (8 + 32))) ** 0.5,
        "spatial.0.weight": (6 / (22 * (32 + 2))) ** 0.5,
        "dilated.0.weight": (6 / (16 * (64 + 32))) ** 0.5,
        "dilated.2.weight": (6 / (16 * (32 + 8))) ** 0.5,
        "head.weight": (6 / (128 + 4)) ** 0.5,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: EEGNeX(22, 250, 4, sfreq=250), limits)


def test_each_sample_of_a_window_is_normalised_over_maps_and_channels():
    norm = EEGNeX(3, 20, 2, sfreq=250).temporal[1]
    x = torch.randn(6, 8, 3, 20) * torch.arange(1.0, 21) + torch.arange(20)
    spread, mean = torch.var_mean(norm(x), dim=(0, 1, 2))
    torch.testing.assert_close(mean, torch.zeros(20), rtol=0, atol=1e-5)
    torch.testing.assert_close(spread, torch.ones(20), rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("n_times", "expected"),
    [
        (4, [1.5]),
        (5, [1.0, 3.5]),  # padded by one zero before and two after, which are not counted
        (6, [1.0, 4.0]),
        (7, [1.5, 5.0]),
        (1, [0.0]),
    ],
)
def test_incomplete_pools_are_averaged_as_in_tensorflow(n_times, expected):
    pool = EEGNeX(3, n_times, 2, sfreq=250).spatial[3]
    pooled = pool(torch.arange(n_times, dtype=torch.float32).reshape(1, 1, 1, -1))
    assert pooled.flatten().tolist() == expected


@pytest.mark.parametrize("sfreq", [128, 250, 1000])
def test_lengths_do_not_follow_the_sampling_rate(sfreq):
    model = EEGNeX(3, 100, 2, sfreq=sfreq)
    assert model.temporal[0].kernel_size == model.temporal[3].kernel_size == (1, 64)


def test_explicit_sizes_win():
    model = EEGNeX(
        3, 100, 2, n_filters=(4, 6), D=3, kernel_length=10, second_kernel_length=5,
        dilations=(1, 3), pool_lengths=(3, 5), sfreq=250
    )  # fmt: skip
    assert model.spatial[0].weight.shape == (18, 1, 3, 1)
    assert [conv.dilation[1] for conv in (model.dilated[0], model.dilated[2])] == [1, 3]
    assert model.num_features == 4 * 7  # 100 -> 34 -> 7
    assert model(torch.randn(2, 3, 100)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_filters": (8,)}, "n_filters"),
        ({"D": 0}, "D"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"dilations": (2, 0)}, "dilations"),
        ({"drop_prob": -0.5}, "drop_prob"),
        ({"head_max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGNeX(**{"n_chans": 3, "n_times": 100, "n_outputs": 2, "sfreq": 250, **arguments})
