"""Products of signals at many lags, against their definition."""

import numpy as np
import pytest
import torch

from eegzoo.layers import fourier_lags
from eegzoo.layers.fourier_lags import (
    fast_length,
    fourier_lag_products,
    summed_autocorrelation,
)
from eegzoo.layers.fronts.window_covariance import lag_products


def direct(a, b, lag):
    """Return the sum of a[t + lag] * b[t] by a loop."""
    return sum(a[t + lag] * b[t] for t in range(len(b)) if 0 <= t + lag < len(a))


@pytest.mark.parametrize("first", [-3, 0, 2])
@pytest.mark.parametrize("lengths", [(20, 13), (13, 20), (64, 64), (1, 5)])
def test_products_equal_a_loop(first, lengths, monkeypatch):
    monkeypatch.setattr(fourier_lags, "_AT_ONCE", 50)  # one or two windows at once
    a, b = (torch.randn(5, 2, n, dtype=torch.float64) for n in lengths)
    found = fourier_lag_products(a, b, 7, first)
    expected = [
        [sum(direct(a[w, m], b[w, m], lag) for w in range(5)) for lag in range(first, first + 7)]
        for m in range(2)
    ]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_autocorrelation_equals_numpy(monkeypatch):
    monkeypatch.setattr(fourier_lags, "_AT_ONCE", 100)
    x = torch.randn(7, 40, dtype=torch.float64)
    expected = sum(np.correlate(row, row, "full")[39 : 39 + 12] for row in x.numpy())
    torch.testing.assert_close(summed_autocorrelation(x, 12), torch.from_numpy(expected))


def test_autocorrelation_of_signals_without_their_offsets(monkeypatch):
    monkeypatch.setattr(fourier_lags, "_AT_ONCE", 100)
    x, offset = torch.randn(7, 40, dtype=torch.float64), torch.randn(7, dtype=torch.float64)
    expected = summed_autocorrelation(x - offset[:, None], 12)
    torch.testing.assert_close(summed_autocorrelation(x, 12, offset), expected)


@pytest.mark.parametrize("first", [-3, 0])
def test_products_of_matrices_equal_those_of_transforms(first, monkeypatch):
    monkeypatch.setattr(fourier_lags, "_AT_ONCE", 100)  # several groups of windows
    a, b = torch.randn(5, 2, 40, dtype=torch.float64), torch.randn(5, 2, 37, dtype=torch.float64)
    found = lag_products(a.transpose(0, 1), b.transpose(0, 1), 9, first=first)
    torch.testing.assert_close(found, fourier_lag_products(a, b, 9, first))


@pytest.mark.parametrize("smoothing", [0, 1, 2])
def test_variance_of_filtered_drifts_is_exact(smoothing):
    # Slow signals have most of their power far below a filter that passes fast ones: an error of
    # the first lag would be many times the variance of the output.
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 1000, dtype=torch.float64, generator=generator)
    for _ in range(smoothing):
        x = x.cumsum(1) - x.cumsum(1).mean(1, keepdim=True)
    x = (x / x.std()).float()
    taps = torch.randn(64, dtype=torch.float64, generator=generator)
    taps = (taps - taps.mean()).diff(prepend=taps.new_zeros(1))
    index = (torch.arange(64)[:, None] - torch.arange(64)).abs()
    found, exact = (
        taps @ summed_autocorrelation(signals, 64)[index] @ taps for signals in (x, x.double())
    )
    by_products = taps @ lag_products(x[None], x[None], 64, torch.float64)[0][index] @ taps
    error = abs(found / exact - 1)
    assert error < max(1e-5, 3 * abs(by_products / exact - 1)), (error, by_products / exact - 1)


def test_fast_lengths_have_small_factors():
    lengths = [fast_length(n) for n in range(1, 4000, 37)]
    for n, length in zip(range(1, 4000, 37), lengths, strict=True):
        assert n <= length < 1.3 * n + 64
        assert length % 64 == 0
