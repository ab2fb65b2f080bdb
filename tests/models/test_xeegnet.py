"""XEEGNet compared with its authors' PyTorch code."""

import numpy as np
import pytest
import torch

from eegzoo.models.references import find_reference
from eegzoo.models.xeegnet import XEEGNet
from tests.reference.model_checks import assert_initial_limits

REFERENCE = find_reference("xeegnet").arrays
SIZES = {"n_chans": 19, "n_times": 500, "n_outputs": 3, "sfreq": 125}


@pytest.mark.parametrize(
    ("file", "choices"),
    [("filters", {}), ("coarse_filters", {"F1": 15, "kernel_length": 40})],
)
def test_initial_temporal_filters_are_the_authors(file, choices):
    filters = XEEGNet(**SIZES, **choices).front.temporal.weight.detach().flatten(1)
    torch.testing.assert_close(filters, torch.from_numpy(REFERENCE[file]), rtol=0, atol=1e-7)


def test_other_initial_weights_have_the_limits_of_torch():
    limits = {"front.spatial.weight": 19**-0.5, "head.weight": 7**-0.5}
    assert_initial_limits(lambda: XEEGNet(**SIZES), limits)


def test_the_paper_counts_168_learnt_parameters():
    model = XEEGNet(**SIZES)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 168
    assert sum(p.numel() for p in model.parameters()) == 1043


def test_frozen_filters_get_no_gradient_and_a_forward_pass_changes_nothing():
    model = XEEGNet(**SIZES)
    x = torch.randn(4, 19, 500)
    for frozen in (True, False, True):
        model.freeze_temporal(frozen)
        model.zero_grad()
        model(x).sum().backward()
        weight = model.front.temporal.weight
        assert weight.requires_grad != frozen
        assert (weight.grad is None) == frozen
        assert model.arguments["frozen_temporal"] == frozen


def test_filters_pass_their_band_at_any_rate():
    model = XEEGNet(2, 1000, 2, sfreq=250)
    assert model.kernel_length == 250
    spectrum = np.abs(np.fft.rfft(model.front.temporal.weight.detach().numpy()[:, 0, 0], 1000))
    hertz = np.fft.rfftfreq(1000, 1 / 250)
    for gains, low, high in zip(
        spectrum, (0.5, 4, 8, 12, 16, 20, 28), (4, 8, 12, 16, 20, 28, 45), strict=True
    ):
        assert gains[np.abs(hertz - (low + high) / 2).argmin()] == pytest.approx(1.0, abs=0.02)
        assert gains[(hertz < low - 4) | (hertz > high + 4)].max(initial=0.0) < 0.02


def test_filters_of_bands_above_half_the_rate_are_random():
    torch.manual_seed(0)
    first, again = (
        XEEGNet(2, 100, 2, sfreq=40, kernel_length=80).front.temporal.weight for _ in range(2)
    )
    same = [torch.equal(*filters) for filters in zip(first, again, strict=True)]
    assert same == [True] * 5 + [False] * 2  # bands from 20 Hz on are random


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_times": 124}, "n_times of at least 125"),
        ({"F1": 0}, "F1"),
        ({"D": 0}, "D"),
        ({"kernel_seconds": -1.0}, "kernel_seconds"),
        ({"kernel_length": 0}, "kernel_length"),
        ({"drop_prob": 1.1}, "drop_prob"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        XEEGNet(**{**SIZES, **arguments})
