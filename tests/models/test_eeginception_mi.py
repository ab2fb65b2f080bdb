"""EEGInceptionMI against braindecode's port."""

import pytest
import torch

from eegzoo.models.eeginception_mi import EEGInceptionMI
from tests.reference.model_checks import assert_initial_limits

SIZES = {"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250}


def test_initial_weights_have_the_limits_of_torch():
    limits = {
        "first.0.bottleneck.weight": 22**-0.5,
        "first.0.scales.0.weight": (48 * 25) ** -0.5,
        "first.0.scales.4.bias": (48 * 225) ** -0.5,
        "second.6.pooled.1.weight": 288**-0.5,
        "second_shortcut.0.weight": 288**-0.5,
        "head.weight": 288**-0.5,
    }
    assert_initial_limits(lambda: EEGInceptionMI(**SIZES), limits, n_draws=1)


def test_parameter_count_at_the_standard_size_is_braindecodes():
    assert sum(p.numel() for p in EEGInceptionMI(**SIZES).parameters()) == 8_877_988


@pytest.mark.parametrize(("sfreq", "length"), [(250, 25), (128, 12), (200, 20), (1, 1)])
def test_kernels_follow_the_sampling_rate(sfreq, length):
    inception = EEGInceptionMI(3, 50, 2, sfreq=sfreq, n_filters=2).second[6]
    assert [s.kernel_size[0] for s in inception.scales] == [length * k for k in (1, 3, 5, 7, 9)]
    assert inception.pooled[0].kernel_size == length


@pytest.mark.parametrize(("length", "back", "ahead"), [(5, 2, 2), (6, 3, 2), (1, 0, 0)])
def test_the_pool_covers_the_samples_around_the_present_one(length, back, ahead):
    inception = EEGInceptionMI(1, 21, 2, n_filters=1, kernel_length=length, sfreq=250).first[0]
    with torch.no_grad():
        for parameter in inception.parameters():
            parameter.zero_()
        inception.pooled[1].weight.fill_(1.0)
    x = torch.zeros(1, 1, 21)
    x[..., 10] = 1.0
    seen = inception(x)[0, -1].nonzero().flatten().tolist()
    assert seen == list(range(10 - ahead, 10 + back + 1))


def test_explicit_sizes_win():
    model = EEGInceptionMI(3, 40, 2, n_filters=4, n_kernels=2, kernel_length=3, sfreq=250)
    assert [scale.kernel_size for scale in model.first[0].scales] == [(3,), (9,)]
    assert model.num_features == 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_filters": 0}, "n_filters"),
        ({"n_kernels": 0}, "n_kernels"),
        ({"kernel_seconds": 0.0}, "kernel_seconds"),
        ({"kernel_length": 0}, "kernel_length"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGInceptionMI(**{**SIZES, **arguments})
