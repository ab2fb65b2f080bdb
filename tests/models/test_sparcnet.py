"""SPaRCNet: its number of blocks and of maps."""

import pytest
import torch

from eegzoo.models.sparcnet import SPaRCNet

SMALL = {"n_filters": 2, "depth": 1, "expansion": 1}


@pytest.mark.parametrize(
    ("n_times", "n_blocks", "n_left"), [(4, 0, 1), (7, 0, 2), (8, 1, 1), (15, 1, 2), (1023, 7, 2)]
)
def test_blocks_halve_a_quarter_of_the_window_until_one_sample_is_left(n_times, n_blocks, n_left):
    model = SPaRCNet(1, n_times, 2, sfreq=200, **SMALL).eval()
    assert len(model.blocks) == n_blocks
    assert model.blocks(model.front(torch.randn(1, 1, n_times))).shape[2] == n_left


@pytest.mark.parametrize(("n_chans", "n_maps"), [(1, 2), (7, 8), (8, 16), (19, 32)])
def test_the_first_convolution_has_the_next_power_of_two_maps(n_chans, n_maps):
    assert SPaRCNet(n_chans, 8, 2, sfreq=200, **SMALL).front[0].out_channels == n_maps


def test_short_windows_raise():
    with pytest.raises(ValueError, match="n_times of at least 4"):
        SPaRCNet(1, 3, 2, sfreq=200)
