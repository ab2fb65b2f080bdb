"""TIDNet: the length of its filters, and what its layers share."""

import pytest
import torch

from eegzoo.models.tidnet import TIDNet

SIZES = {"n_chans": 3, "n_times": 120, "n_outputs": 2, "sfreq": 100}
SMALL = {"n_filters": (4, 3), "kernel_length": 5}


@pytest.mark.parametrize(
    ("n_times", "length"), [(1500, 75), (100, 5), (101, 7), (120, 7), (140, 7)]
)
def test_filters_are_a_twentieth_of_the_window(n_times, length):
    assert TIDNet(**{**SIZES, "n_times": n_times}).kernel_length == length


def test_channels_share_their_temporal_filters():
    model = TIDNet(**SIZES, **SMALL).eval()
    kept = []
    model.spatial.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    x = torch.randn(2, 3, 120)
    model(x)
    model(x.flip(1))
    maps, flipped = kept
    assert maps.shape == (2, 4, 3, 8)
    torch.testing.assert_close(flipped.flip(2), maps)


def test_each_spatial_layer_keeps_the_maps_before_it():
    model = TIDNet(**SIZES, **SMALL, depths=(1, 3)).eval()
    maps = torch.randn(2, 4, 3, 8)
    for layer in model.spatial:
        more = layer(maps)
        assert more.shape[1] == maps.shape[1] + 3
        torch.testing.assert_close(more[:, : maps.shape[1]], maps)
        maps = more
    assert model.num_features == 13 * 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 14}, "n_times of at least 15"),
        ({"kernel_length": 6}, "expected kernel_length to be odd, got 6"),
        ({"depths": (1,)}, "depths"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        TIDNet(**{**SIZES, **arguments})
