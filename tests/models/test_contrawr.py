"""ContraWR: its spectrogram, against sums of waves, and windows of other lengths."""

import numpy as np
import pytest
import torch

from eegzoo.models.contrawr import ContraWR

SIZES = {"n_chans": 2, "n_times": 400, "n_outputs": 3, "sfreq": 100}


def test_the_spectrogram_has_the_amplitudes_of_whole_seconds():
    model = ContraWR(**SIZES)
    assert (model.patch_length, model.patch_stride) == (100, 5)
    x = torch.randn(1, 2, 400, dtype=torch.float64)
    found = model.spectrogram(x)[0].numpy()
    assert found.shape == (2, 51, 81)
    mirrored = np.pad(x[0].numpy(), [(0, 0), (50, 50)], mode="reflect")
    waves = np.exp(-2j * np.pi * np.outer(np.arange(51), np.arange(100)) / 100) / 10
    for spectrum in range(81):
        segment = mirrored[:, 5 * spectrum : 5 * spectrum + 100]
        np.testing.assert_allclose(found[:, :, spectrum], np.abs(segment @ waves.T), atol=1e-10)


@pytest.mark.parametrize(("n_times", "n_filters"), [(51, (4, 6)), (2000, (4, 6, 8))])
def test_windows_of_any_length_have_the_mean_over_what_is_left(n_times, n_filters):
    model = ContraWR(**{**SIZES, "n_times": n_times}, n_filters=n_filters).eval()
    assert model(torch.randn(2, 2, n_times)).shape == (2, 3)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (5, 1), (4, 4)])
def test_bfloat16_gradients_are_complete_where_one_spectrum_is_left(size):
    """Memory holds NaN beforehand: torch 2.13 leaves parts of some gradients as it found them."""
    block = ContraWR(**SIZES, n_filters=(8, 8)).blocks[1][0].eval()
    maps = torch.randn(4, 8, *size).contiguous(memory_format=torch.channels_last)
    gradients = []
    for autocast in (False, True):
        block.zero_grad()
        del [torch.full((length,), torch.nan) for length in (64, 256, 576, 1024, 4096) * 4][:]
        with torch.autocast("cpu", torch.bfloat16, autocast):
            block(maps).float().square().sum().backward()
        gradients.append([weight.grad.clone() for weight in block.parameters()])
    for exact, rounded in zip(*gradients, strict=True):
        assert (rounded - exact).norm() < 0.1 * exact.norm()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 50}, "n_times of at least 51"),
        ({"n_filters": ()}, "expected n_filters to be a non-empty sequence"),
        ({"patch_stride": 0}, "patch_stride"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ContraWR(**{**SIZES, **arguments})
