"""EEG-ITNet: its sizes, and its causal network."""

import pytest
import torch

from eegzoo.models.eegitnet import EEGITNet

SIZES = {"n_chans": 3, "n_times": 128, "n_outputs": 2, "sfreq": 125}


def test_all_scales_have_one_spatial_filter_for_each_temporal_filter():
    model = EEGITNet(**SIZES)
    shapes = [(s.temporal.weight.shape[0], s.temporal.weight.shape[3], s.spatial.weight.shape[0])
              for s in model.scales]  # fmt: skip
    assert shapes == [(2, 16, 2), (4, 32, 4), (8, 64, 8)]
    assert model.num_features == 14 * 8


def test_the_temporal_network_sees_the_past_alone():
    model = EEGITNet(**SIZES).eval()
    x = torch.randn(1, 14, 120)
    later = x.clone()
    later[..., 100:] += 1
    changed = (model.tcn(later) - model.tcn(x)).abs().amax(dim=(0, 1)) > 0
    assert changed.nonzero().flatten().tolist() == list(range(100, 120))
    earlier = x.clone()
    earlier[..., 10] += 1
    changed = (model.tcn(earlier) - model.tcn(x)).abs().amax(dim=(0, 1)) > 0
    assert changed.nonzero().max() <= 10 + 2 * 3 * (1 + 2 + 4 + 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 15}, "n_times of at least 16"),
        ({"n_filters": (2, 4)}, "n_filters"),
        ({"kernel_lengths": (2, 4, 0)}, "kernel_lengths"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGITNet(**{**SIZES, **arguments})
