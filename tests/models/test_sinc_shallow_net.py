"""Sinc-ShallowNet: its bands, and the order in which its front is computed."""

import copy

import numpy as np
import pytest
import torch

from eegzoo.layers.fronts.temporal_spatial import fused_fronts
from eegzoo.models.optimization import optimize_for_inference
from eegzoo.models.sinc_shallow_net import SincShallowNet

SIZES = {"n_chans": 3, "n_times": 200, "n_outputs": 2, "sfreq": 128}
SMALL = {"n_filters": 4, "kernel_length": 129, "pool_length": 20}


def test_filters_pass_their_bands():
    model = SincShallowNet(**SIZES, **{**SMALL, "n_filters": 9})
    kernels = model.front.temporal.weight.detach()[:, 0, 0].double()
    torch.testing.assert_close(kernels, kernels.flip(1))
    gains = np.abs(np.fft.rfft(kernels.numpy(), 1280))  # steps of 0.1 Hz
    for gain, low in zip(gains, range(6, 15), strict=True):
        passed = np.flatnonzero(gain > gain.max() / 2) / 10
        assert abs(passed.min() - low) < 0.2
        assert abs(passed.max() - (low + 4)) < 0.2


def test_only_the_edges_of_the_bands_are_trained():
    front = SincShallowNet(**SIZES).front
    assert sorted(dict(front.temporal.named_parameters())) == ["bandwidths", "low_freqs"]
    assert set(front.state_dict()) & {"temporal.weight"} == set()
    front(torch.randn(2, 3, 200)).square().sum().backward()
    assert front.temporal.low_freqs.grad.abs().min() > 0
    assert front.temporal.bandwidths.grad.abs().min() > 0


@pytest.mark.parametrize("training", [True, False])
def test_channels_are_mixed_first_with_the_same_outputs_and_gradients(training):
    model = SincShallowNet(**SIZES, **SMALL).double().train(training)
    plain = copy.deepcopy(model)
    x = torch.randn(4, 3, 200, dtype=torch.float64)
    with fused_fronts(True):
        assert model.front.order(x) == "spatial first"
        found = model.front(x)
    with fused_fronts(False):
        expected = plain.front(x)
    torch.testing.assert_close(found, expected)
    for out in (found, expected):
        out.square().mul(torch.arange(200)).sum().backward()
    for ours, theirs in zip(model.front.parameters(), plain.front.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(model.state_dict(), plain.state_dict())


@pytest.mark.parametrize("n_chans", [1, 3, 22])
def test_models_for_inference_compute_the_same(n_chans):
    model = SincShallowNet(**{**SIZES, "n_chans": n_chans}, **SMALL)
    for _ in range(2):
        model(torch.randn(8, n_chans, 200))
    x = torch.randn(2, n_chans, 200)
    with torch.no_grad():
        torch.testing.assert_close(
            optimize_for_inference(model)(x), model.eval()(x), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel_length": 32}, "kernel_length to be odd and at least 3, got 32"),
        ({"sfreq": 82}, r"end below sfreq / 2 = 41 Hz, got 41 Hz"),
        ({"n_times": 108}, "n_times of at least 109"),
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"D": 0}, "D"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        SincShallowNet(**{**SIZES, **arguments})


def test_normalisations_remember_earlier_batches():
    momenta = {
        module.momentum
        for module in SincShallowNet(**SIZES, pool_length=20).modules()
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
    }
    assert momenta == {0.1}
