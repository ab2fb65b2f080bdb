"""Products of signals at many lags by Fourier transforms, a few signals at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

# Number of values that are transformed at once: few enough to stay in a core's cache.
_AT_ONCE = 2**17


def fourier_lag_products(a: Tensor, b: Tensor, n_lags: int, first: int = 0) -> Tensor:
    """Return the sum of ``a[t + lag] * b[t]`` over time and windows for each lag and map.

    Parameters
    ----------
    a, b : Tensor, shape (n_windows, maps, n_times)
        Signals, zero beyond their ends. Their lengths may differ.
    n_lags : int
        Number of lags.
    first : int
        First lag.

    Returns
    -------
    Tensor, shape (maps, n_lags)
        Sums of products. Errors are those of a Fourier transform: about 1e-7 of the product of the
        signals' norms in float32.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 2.0, 3.0]]])
    >>> fourier_lag_products(x, x, 4, first=-1).round(decimals=4)
    tensor([[ 8., 14.,  8.,  3.]])
    """
    # Lags that differ by the length of the transform are added up; no two may meet signals.
    last = first + n_lags - 1
    n_fft = fast_length(max(a.shape[-1] - first, b.shape[-1] + last, a.shape[-1], b.shape[-1]))
    products: Tensor | float = 0.0
    for part_a, part_b in zip(_parts(a), _parts(b), strict=True):
        spectrum = torch.fft.rfft(part_a, n_fft) * torch.fft.rfft(part_b, n_fft).conj()
        products = products + spectrum.sum(0)
    circular = torch.fft.irfft(products, n_fft)
    found: Tensor = circular.roll(-first, -1)[:, :n_lags]
    return found


def summed_autocorrelation(x: Tensor, n_lags: int, offset: Tensor | None = None) -> Tensor:
    """Return the sum of ``x[t + lag] * x[t]`` over time and signals for each lag.

    Parameters
    ----------
    x : Tensor, shape (n_signals, n_times)
        Signals, zero beyond their ends.
    n_lags : int
        Number of lags, from 0 to ``n_lags - 1``.
    offset : Tensor | None, shape (n_signals,)
        Number that is subtracted from each signal, but not beyond its ends.

    Returns
    -------
    Tensor, shape (n_lags,)
        Sums of products in float64. In float32, errors are about 1e-7 of the first.

    Examples
    --------
    >>> summed_autocorrelation(torch.tensor([[1.0, 2.0, 3.0]]), 3).round(decimals=4)
    tensor([14.,  8.,  3.], dtype=torch.float64)
    """
    n_fft = fast_length(x.shape[-1] + n_lags - 1)
    power = x.new_zeros(2 * (n_fft // 2 + 1), dtype=torch.float64)
    offsets = x.new_zeros(len(x)) if offset is None else offset
    at_once = windows_at_once(x)
    for part, level in zip(*(torch.split(y, at_once) for y in (x, offsets)), strict=True):
        spectra = torch.fft.rfft(part - level.unsqueeze(1), n_fft)
        values = torch.view_as_real(spectra).flatten(1)
        power += values.square_().sum(0)
    lags: Tensor = torch.fft.irfft(power.view(-1, 2).sum(1), n_fft)[:n_lags]
    return lags


def fast_length(n: int) -> int:
    """Return the least multiple of 64 from `n` on that has no prime factor above 5.

    Examples
    --------
    >>> fast_length(1124), fast_length(1089), fast_length(3100)
    (1152, 1152, 3200)
    """
    blocks = -(-n // 64)
    while not _is_smooth(blocks):
        blocks += 1
    return 64 * blocks


def _is_smooth(n: int) -> bool:
    for factor in (2, 3, 5):
        while n % factor == 0:
            n //= factor
    return n == 1


def windows_at_once(x: Tensor) -> int:
    """Return how many of the first axis of a tensor stay in a core's cache.

    Examples
    --------
    >>> windows_at_once(torch.zeros(64, 16, 1000))
    8
    """
    return max(1, _AT_ONCE // max(1, x[0].numel()))


def _parts(x: Tensor) -> Iterator[Tensor]:
    """Split (n_windows, maps, n_times) into a few windows each, each map in one piece."""
    for part in torch.split(x, windows_at_once(x)):
        yield part.contiguous()
