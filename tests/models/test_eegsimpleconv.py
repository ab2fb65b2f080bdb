"""EEG-SimpleConv: its rate, its blocks, and its smallest window."""

import pytest
import torch

from eegzoo.models.base import ShortWindowError
from eegzoo.models.eegsimpleconv import EEGSimpleConv

SIZES = {"n_chans": 3, "n_times": 500, "n_outputs": 2, "sfreq": 250}


def test_a_window_is_the_same_at_every_rate():
    model = EEGSimpleConv(**SIZES).eval()
    other = EEGSimpleConv(3, 160, 2, sfreq=80).eval()
    other.load_state_dict(model.state_dict())
    time = torch.arange(500) / 250
    x = torch.stack([torch.sin(2 * torch.pi * rate * time) for rate in (3, 8, 13)])[None]
    slow = torch.stack(
        [torch.sin(2 * torch.pi * rate * torch.arange(160) / 80) for rate in (3, 8, 13)]
    )[None]
    torch.testing.assert_close(model(x), other(slow), rtol=0.05, atol=0.01)


def test_blocks_widen_and_the_papers_sizes_can_be_chosen():
    model = EEGSimpleConv(
        22, 1000, 4, sfreq=250, n_filters=109, depth=4, kernel_length=8, network_sfreq=70
    )
    widths = [(block[0].in_channels, block[0].out_channels) for block in model.blocks]
    assert widths == [(109, 109), (109, 154), (154, 217), (217, 306)]
    assert model.num_features == 306
    assert model.resample(torch.zeros(1, 22, 1000)).shape == (1, 22, 280)


@pytest.mark.parametrize("kernel_length", [1, 2, 5, 8])
@pytest.mark.parametrize("depth", [1, 3])
def test_the_smallest_window_is_exact(depth, kernel_length):
    def build(n_times):
        return EEGSimpleConv(
            2, n_times, 2, sfreq=100, n_filters=2, depth=depth, kernel_length=kernel_length,
            network_sfreq=50,
        ).eval()  # fmt: skip

    smallest = next(n for n in range(1, 40) if _fits(build, n))
    assert build(smallest)(torch.randn(1, 2, smallest)).isfinite().all()
    plain = build(39)
    plain.n_times = smallest - 1
    if smallest > 1:
        with pytest.raises((RuntimeError, ValueError)):
            plain(torch.randn(1, 2, smallest - 1))


def _fits(build, n_times):
    try:
        build(n_times)
    except ShortWindowError:
        return False
    return True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network_sfreq": 0}, "network_sfreq"),
        ({"network_sfreq": 80.0001}, "ratio of integers"),
        ({"depth": 0}, "depth"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        EEGSimpleConv(**{**SIZES, **arguments})
