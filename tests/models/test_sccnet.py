"""SCCNet: the paper's sizes, and its power."""

import pytest
import torch

from eegzoo.models.sccnet import SCCNet

SIZES = {"n_chans": 22, "n_times": 562, "n_outputs": 4, "sfreq": 125}


@pytest.mark.parametrize(
    ("sfreq", "lengths", "n_features"),
    [(125, (12, 62, 12), 840), (250, (25, 125, 25), 20 * 18), (128, (12, 64, 12), 20 * 42)],
)
def test_lengths_follow_the_sampling_rate_rounded_down(sfreq, lengths, n_features):
    model = SCCNet(**{**SIZES, "sfreq": sfreq})
    assert (model.kernel_length, model.pool_length, model.pool_stride) == lengths
    assert model.num_features == n_features


def test_features_are_logarithms_of_the_mean_power():
    model = SCCNet(**SIZES).eval()
    x = torch.randn(2, 22, 562)
    filtered = model.temporal(model.spatial(x).unsqueeze(1)).squeeze(2)
    assert filtered.shape == (2, 20, 563)  # the paper's padding adds a sample
    features = model.features(x).unflatten(1, (20, 42))
    expected = filtered[:, :, 24:86].square().mean(2).log()
    torch.testing.assert_close(features[:, :, 2], expected, rtol=1e-4, atol=1e-4)


def test_silent_windows_are_finite():
    model = SCCNet(**SIZES).eval()
    with torch.no_grad():
        for layer in (model.spatial[0], model.temporal[0]):
            layer.weight.zero_()
        model.spatial[0].bias.zero_()
    assert model(torch.zeros(1, 22, 562)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"n_times": 60}, "n_times of at least 61"), ({"n_filters": (22,)}, "n_filters")],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SCCNet(**{**SIZES, **arguments})
