"""EEGInceptionERP against its authors' Keras code."""

import pytest
import torch

from eegzoo.models.eeginception_erp import EEGInceptionERP
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128}


def test_initial_weights_have_the_limits_of_keras():
    def truncated_normal(fan_in):
        return 2 * (2 / fan_in) ** 0.5 / 0.8796  # at two standard deviations

    limits = {
        "scales.0.0.weight": truncated_normal(64),
        "scales.2.0.weight": truncated_normal(16),
        "scales.0.0.bias": 0.0,
        "scales.1.4.weight": (6 / (8 * (8 + 2))) ** 0.5,
        "finer_scales.0.0.weight": truncated_normal(48 * 16),
        "reduce.1.weight": truncated_normal(24 * 8),
        "reduce.6.weight": truncated_normal(12 * 4),
        "head.weight": (6 / (24 + 2)) ** 0.5,
        "head.bias": 0.0,
    }
    assert_initial_limits(lambda: EEGInceptionERP(**SIZES), limits)


def test_dropout_is_where_the_authors_have_it():
    model = EEGInceptionERP(**SIZES, drop_prob=0.4)
    drops = {n: m.p for n, m in model.named_modules() if isinstance(m, torch.nn.Dropout)}
    places = [f"scales.{scale}.{place}" for scale in range(3) for place in (3, 7)]
    places += [f"finer_scales.{scale}.3" for scale in range(3)] + ["reduce.5", "reduce.10"]
    assert drops == dict.fromkeys(places, 0.4)


def test_parameter_count_at_the_standard_size():
    assert sum(p.numel() for p in EEGInceptionERP(**SIZES).parameters()) == 14_926


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_every_spatial_weight_is_limited_individually(training):
    spatial = EEGInceptionERP(**SIZES).train(training).scales[0][4]
    with torch.no_grad():
        spatial.weight.normal_(0.0, 2.0)
    before = spatial.weight.clone()
    weight = spatial.constrained_weight()
    torch.testing.assert_close(weight, before.clamp(-1.0, 1.0))


@pytest.mark.parametrize(
    ("sfreq", "lengths", "finer"),
    [
        (128, (64, 32, 16), (16, 8, 4)),
        (250, (125, 62, 31), (31, 15, 7)),
        (8, (4, 2, 1), (1, 1, 1)),
        (1, (1, 1, 1), (1, 1, 1)),
    ],
)
def test_kernels_follow_the_sampling_rate(sfreq, lengths, finer):
    model = EEGInceptionERP(**SIZES | {"sfreq": sfreq})
    assert model.kernel_lengths == lengths
    assert [scale[0].kernel_size for scale in model.scales] == [(1, k) for k in lengths]
    assert [scale[0].kernel_size for scale in model.finer_scales] == [(1, k) for k in finer]


def test_explicit_sizes_win():
    model = EEGInceptionERP(
        5, 60, 3, n_filters=4, D=3, kernel_lengths=(20, 10), output_kernel_lengths=(5, 3),
        pool_lengths=(2, 2, 2, 1), sfreq=128
    )  # fmt: skip
    assert [scale[0].kernel_size for scale in model.finer_scales] == [(1, 10), (1, 5)]
    assert [model.reduce[place].kernel_size for place in (1, 6)] == [(1, 5), (1, 3)]
    assert model.num_features == (4 * 2 // 4) * 7
    assert model(torch.randn(2, 5, 60)).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 31}, "n_times of at least 32"),
        ({"n_filters": 0}, "n_filters"),
        ({"D": 0}, "D"),
        ({"kernel_seconds": (0.5, 0.0)}, "kernel_seconds"),
        ({"kernel_lengths": ()}, "kernel_lengths"),
        ({"kernel_lengths": (16, 0)}, "kernel_lengths"),
        ({"output_kernel_lengths": (8,)}, "output_kernel_lengths"),
        ({"pool_lengths": (4, 2, 2)}, "pool_lengths"),
        ({"drop_prob": 1.5}, "drop_prob"),
        ({"max_norm": 0.0}, "max_norm"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGInceptionERP(**{**SIZES, **arguments})
