"""EEG-TCNet compared with its authors' Keras code."""

import pytest
import torch

from eegzoo.models.eegtcnet import EEGTCNet
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250}


def test_initial_weights_have_the_limits_of_keras():
    limits = {
        "front.temporal.weight": (6 / (32 * (1 + 8))) ** 0.5,
        "front.spatial.weight": (6 / (22 * (8 + 2))) ** 0.5,
        "separable.0.weight": (6 / (16 * (16 + 1))) ** 0.5,
        "separable.1.weight": (6 / (16 + 16)) ** 0.5,
        "tcn.0.body.0.weight": (6 / (4 * 16)) ** 0.5,
        "tcn.0.body.0.bias": 0.0,
        "tcn.0.shortcut.weight": (6 / (16 + 12)) ** 0.5,
        "tcn.1.body.4.weight": (6 / (4 * 12)) ** 0.5,
        "head.weight": (6 / (12 + 4)) ** 0.5,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: EEGTCNet(**SIZES), limits)


def test_no_weight_of_a_spatial_filter_exceeds_one():
    spatial = EEGTCNet(**SIZES).front.spatial.eval()
    with torch.no_grad():
        spatial.weight.mul_(20.0)
    assert spatial.weight.abs().max() > 1.0
    torch.testing.assert_close(spatial.constrained_weight(), spatial.weight.clamp(-1.0, 1.0))


def test_dropout_is_where_the_authors_have_it():
    model = EEGTCNet(**SIZES, drop_prob=0.1, tcn_drop_prob=0.4)
    drops = {name: m.p for name, m in model.named_modules() if isinstance(m, torch.nn.Dropout)}
    expected = {"reduce.3": 0.1, "separable.5": 0.1}
    expected |= {f"tcn.{block}.body.{place}": 0.4 for block in range(2) for place in (3, 7)}
    assert drops == expected


@pytest.mark.parametrize(("sfreq", "kernel_length"), [(250, 32), (128, 16), (1000, 128), (1, 1)])
def test_first_kernel_follows_the_sampling_rate(sfreq, kernel_length):
    assert EEGTCNet(3, 500, 2, sfreq=sfreq).front.temporal.kernel_size == (1, kernel_length)


def test_explicit_sizes_win():
    model = EEGTCNet(
        3, 200, 2, F1=4, D=3, kernel_length=10, second_kernel_length=4, pool_lengths=(4, 5),
        tcn_depth=3, tcn_n_filters=6, tcn_kernel_length=2, sfreq=250
    )  # fmt: skip
    assert model.front.temporal.kernel_size == (1, 10)
    assert [block.body[0].dilation for block in model.tcn] == [(1,), (2,), (4,)]
    assert {block.body[4].kernel_size for block in model.tcn} == {(2,)}
    assert model.num_features == 6
    assert model(torch.randn(2, 3, 200)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 63}, "n_times of at least 64"),
        ({"D": 0}, "D"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"pool_lengths": (8, 8, 8)}, "pool_lengths"),
        ({"tcn_n_filters": 0}, "tcn_n_filters"),
        ({"tcn_drop_prob": 1.5}, "tcn_drop_prob"),
        ({"max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGTCNet(**{"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250, **arguments})
