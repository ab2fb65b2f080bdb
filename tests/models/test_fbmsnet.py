"""FBMSNet: how bands and filters are shared out, and the lengths of its filters."""

import pytest
import torch

from eegzoo.models.fbmsnet import FBMSNet

SIZES = {"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250}


@pytest.mark.parametrize(
    ("sfreq", "lengths"), [(250, (15, 31, 63, 125)), (128, (8, 16, 32, 64)), (100, (6, 12, 25, 50))]
)
def test_lengths_follow_the_sampling_rate(sfreq, lengths):
    assert FBMSNet(**{**SIZES, "sfreq": sfreq}).kernel_lengths == lengths


def test_the_first_length_takes_what_is_left_of_bands_and_filters():
    model = FBMSNet(**SIZES)
    shapes = [tuple(scale.weight.shape) for scale in model.scales]
    assert shapes == [(9, 3, 15), (9, 2, 31), (9, 2, 63), (9, 2, 125)]
    model = FBMSNet(**SIZES, n_bands=7, n_filters=(5, 10), kernel_lengths=(9, 4))
    assert [tuple(scale.weight.shape) for scale in model.scales] == [(3, 4, 9), (2, 3, 4)]


def test_maps_depend_on_their_bands_alone_and_channels_stay_apart():
    model = FBMSNet(**SIZES, n_filters=(4, 4)).eval()
    bands = torch.randn(2, 9, 3, 500)
    kept = []
    model.temporal_norm.register_forward_hook(lambda module, inputs, out: kept.append(out))
    changed = bands.clone()
    changed[0, 4, 1] += 1  # the second length has bands 3 and 4
    model.features_of_bands(bands)
    model.features_of_bands(changed)
    before, after = (maps.unflatten(0, (2, 3)) for maps in kept)
    differs = (before != after).any(-1).nonzero().tolist()
    assert differs == [[0, 1, 1]]


def test_features_are_log_variances_of_spatial_filters():
    kernels = {"n_filters": (4, 8), "kernel_lengths": (3, 6), "n_bands": 3}
    model = FBMSNet(**{**SIZES, "n_times": 203}, **kernels).eval()
    bands = torch.randn(2, 3, 3, 203)
    maps = torch.cat(
        [
            torch.nn.functional.conv2d(part, scale.weight.unsqueeze(2), padding="same")
            for part, scale in zip(bands.split([2, 1], dim=1), model.scales, strict=True)
        ],
        dim=1,
    )
    scale = (1 + model.temporal_norm.eps) ** -0.5
    mixed = model.activation(model.norm(model.spatial(maps * scale).squeeze(2)))
    expected = [part.var(dim=2).clamp(1e-6).log() for part in mixed[..., :200].split(50, dim=2)]
    found = model.features_of_bands(bands)
    torch.testing.assert_close(found, torch.stack(expected, 2).flatten(1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 27}, "n_times of at least 28"),
        ({"n_segments": 251}, "n_times of at least 502"),
        ({"n_bands": 3}, "expected n_bands to be at least 4, one for each of kernel_lengths"),
        ({"n_filters": (3, 9)}, "first of n_filters to be at least 4"),
        ({"n_filters": (36, 100)}, "second of n_filters to be a multiple of the first"),
        ({"kernel_lengths": (15, 0)}, "kernel_lengths"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        FBMSNet(**{**SIZES, **arguments})
