"""BD-TCN: what one output sees, and its initial weights."""

import pytest
import torch

from eegzoo.models.bdtcn import BDTCN

SIZES = {"n_chans": 3, "n_times": 40, "n_outputs": 2, "sfreq": 100}
SMALL = {"n_filters": 4, "depth": 2, "kernel_length": 5}


def test_the_paper_has_outputs_of_931_samples():
    with pytest.raises(ValueError, match="n_times of at least 931"):
        BDTCN(21, 930, 2, sfreq=100)
    model = BDTCN(21, 931, 2, sfreq=100)
    assert model.blocks(torch.zeros(1, 21, 931)).shape == (1, 55, 1)
    # Five blocks of two convolutions with a norm and a bias for each filter, a shortcut, a head.
    kernels = 21 * 16 * 55 + 9 * 55 * 16 * 55
    assert sum(p.numel() for p in model.parameters()) == kernels + 10 * 110 + 22 * 55 + 56 * 2


def test_outputs_are_those_of_causal_convolutions_where_no_padding_reaches():
    model = BDTCN(**SIZES, **SMALL).eval()
    x = torch.randn(2, 3, 40)
    padded = torch.nn.functional.pad(x, (60, 0))
    maps = model.blocks(x)
    assert maps.shape == (2, 4, 40 - 24)
    torch.testing.assert_close(model.blocks(padded)[..., -16:], maps)
    torch.testing.assert_close(model.features(x), maps.mean(2))


def test_initial_kernels_have_their_own_norm():
    conv = BDTCN(**SIZES, **SMALL).blocks[0].body[0]
    torch.testing.assert_close(conv.norm, conv.direction.norm(dim=(1, 2), keepdim=True))
