"""LightConvNet: its segments and their weights."""

import pytest
import torch

from eegzoo.models.lightconvnet import LightConvNet

SIZES = {"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250}


@pytest.mark.parametrize(("sfreq", "n_times", "n_segments"), [(250, 1000, 4), (128, 200, 1)])
def test_segments_last_a_second(sfreq, n_times, n_segments):
    model = LightConvNet(3, n_times, 2, sfreq=sfreq)
    assert model.n_segments == n_segments
    assert model.segments.shape == (8, 1, n_segments)


def test_features_are_means_with_the_weights_of_a_head():
    model = LightConvNet(**SIZES, n_filters=4, n_heads=2, n_segments=5).eval()
    maps = model.spatial(model.filter_bank(torch.randn(2, 3, 500)))
    variances = maps[:, :, 0].unflatten(2, (5, 100)).var(3).log()
    weights = model.segments.detach().softmax(2)
    kept = model.spatial.register_forward_hook(lambda *call: maps)
    features = model.features(torch.randn(2, 3, 500))
    kept.remove()
    for i in range(4):  # neighbouring maps belong to different heads
        expected = (variances[:, i] * weights[i % 2, 0]).sum(1)
        torch.testing.assert_close(features[:, i], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_heads": 7}, "n_filters to be a multiple of n_heads=7, got 64"),
        ({"n_segments": 251}, "n_times of at least 502"),
        ({"n_bands": 30}, "n_bands"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        LightConvNet(**{**SIZES, **arguments})
