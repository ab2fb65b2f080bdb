"""IFNet: its bands, its filters in seconds, and both of its pools."""

import numpy as np
import pytest
import torch
from scipy import signal

from eegzoo.models import create_model
from eegzoo.models.ifnet import IFNet

SIZES = {"n_chans": 3, "n_times": 250, "n_outputs": 2, "sfreq": 250}


def test_bands_are_filtered_by_the_authors_filters_forwards_and_backwards():
    x = np.random.default_rng(0).standard_normal((2, 3, 250))
    found = IFNet(**SIZES).double().filter_bank(torch.from_numpy(x))
    for band, ours in zip([(4, 16), (16, 40)], found.unbind(1), strict=True):
        sos = signal.butter(5, band, "bandpass", fs=250, output="sos")
        np.testing.assert_allclose(ours, signal.sosfiltfilt(sos, x), atol=1e-8)


@pytest.mark.parametrize(
    ("sfreq", "kernels", "pool"), [(250, (63, 31), 125), (125, (32, 16), 62), (500, (126, 63), 250)]
)
def test_lengths_follow_the_sampling_rate(sfreq, kernels, pool):
    model = IFNet(**{**SIZES, "sfreq": sfreq, "n_times": 2 * sfreq})
    assert tuple(layer[0].kernel_size[0] for layer in model.temporal) == kernels
    assert model.pool_length == pool


def test_a_third_band_has_its_own_filters():
    bands = ((4, 8), (8, 16), (16, 32))
    model = IFNet(**SIZES, bands=bands, kernel_length=20, n_filters=4).eval()
    assert [layer[0].kernel_size[0] for layer in model.temporal] == [20, 10, 5]
    x = torch.randn(1, 3, 3, 250)
    for band in range(3):
        alone = x.clone()
        alone[:, [other for other in range(3) if other != band]] = 0
        mixed = model.spatial(alone.flatten(1, 2)).unflatten(1, (3, 4))
        assert mixed[:, band].abs().max() > 0
        assert not mixed[:, [other for other in range(3) if other != band]].any()


def test_the_second_version_takes_the_logarithm_of_the_power():
    model = create_model("ifnet_v2", **SIZES, drop_prob=0.0)
    assert model.head.max_norm == 0.5
    kept = []
    model.activation.register_forward_hook(lambda *call: kept.append(call[2]))
    found = model.features_of_bands(torch.randn(2, 2, 3, 250))
    expected = kept[0].square().unflatten(2, (2, 125)).mean(3).clamp(1e-4, 1e4).log()
    torch.testing.assert_close(found, expected.flatten(1))


def test_initial_weights_have_the_authors_spread():
    model = IFNet(22, 750, 4, sfreq=250)
    for layer in (model.spatial[0], model.temporal[0][0], model.head):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert not model.head.bias.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bands": ((4, 130),)}, "bands"),
        ({"filter_order": 0}, "filter_order"),
        ({"log_power": 1}, "log_power to be True or False"),
        ({"n_times": 124}, "n_times of at least 125"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        IFNet(**{**SIZES, **arguments})
