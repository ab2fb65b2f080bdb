"""Mean and covariance of all windows of a signal, without cutting the windows.

A filter that slides over a signal sees its windows. Mean and variance of what it returns are then
``w @ mean`` and ``w @ covariance @ w``: kernel_size squared numbers, whatever the signal's length.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_BLOCK = 32
"""Samples in a block of `lag_products`: long enough for quick matrix products, short enough that
few of the products that they take are not asked for."""


def window_moments(x: Tensor, kernel_size: int, padding: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return mean and covariance over all windows of all signals, padded with zeros.

    Exact, at the cost of `kernel_size` products for each sample: the second moments form a
    Toeplitz matrix but for what the windows at the two ends miss, which is known from the ends.
    The large sums are taken about each signal's mean, so that an offset costs no digits, and
    gathered in float64.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, n_times)
        Signals. Gradients flow back to them.
    kernel_size : int
        Samples in a window.
    padding : tuple of int
        Zeros before and after each signal.

    Returns
    -------
    mean : Tensor, shape (kernel_size,)
        In float64, as is the covariance.
    covariance : Tensor, shape (kernel_size, kernel_size)
        With the number of windows, not one less, in the denominator.

    Examples
    --------
    >>> x = torch.randn(2, 3, 100)
    >>> mean, covariance = window_moments(x, 8, padding=(3, 4))
    >>> windows = torch.nn.functional.pad(x, (3, 4)).unfold(-1, 8, 1).reshape(-1, 8).double()
    >>> torch.testing.assert_close(covariance, windows.T.cov(correction=0), rtol=1e-6, atol=1e-6)
    """
    wide = wide_dtype(x)
    n_times, before, after = x.shape[-1], *padding
    n_windows = x.shape[0] * x.shape[1] * (n_times + before + after - kernel_size + 1)
    signals = x.flatten(0, 1)
    total = signals.sum(-1, dtype=wide)
    # Without padding a constant is in all windows alike: only the mean needs to know it.
    constant = total.detach().mean() / n_times if before == after == 0 else total.new_zeros(())
    lags = _autocorrelation(x, total, kernel_size, constant)
    total = total - n_times * constant

    # Samples of the padded signals that the first windows see and later ones leave behind (there
    # are kernel_size; zeros need no products), and those that only later windows reach.
    n_first = max(0, min(n_times, kernel_size - before))
    n_last = max(0, min(n_times, kernel_size - after))
    before, after = min(before, kernel_size), min(after, kernel_size)
    first = signals[:, :n_first].to(wide) - constant
    last = signals[:, n_times - n_last :].to(wide) - constant
    first_sums, first_products = _moments(first, before, kernel_size - before - n_first)
    last_sums, last_products = _moments(last, kernel_size - after - n_last, after)

    # Tap i of a window sees every sample but the first i and the last kernel_size - 1 - i.
    left, unreached = _sum_before(first_sums), _sum_after(last_sums)
    mean = (total.sum() - left - unreached) / n_windows
    # The same for products of taps i and i + lag, at [i, lag].
    left = _sum_before(sheared(first_products))
    unreached = _sum_after(sheared(last_products))
    upper = _unsheared(lags - left - unreached)
    second = (upper + upper.triu(1).mT) / n_windows
    return mean + constant, second - torch.outer(mean, mean)


def lag_products(a: Tensor, b: Tensor, n_lags: int, dtype: torch.dtype | None = None) -> Tensor:
    """Return for each lag the sum of ``a[t + lag] * b[t]`` over time and signals.

    Signals are cut into blocks, whose products are matrix products: twice the operations that are
    needed, and many times quicker on a CPU than a convolution with long kernels.

    Parameters
    ----------
    a, b : Tensor, shape (groups, n_signals, n_times)
        The two need not be equally long; beyond their ends they are zero.
    n_lags : int
        Lags 0 to ``n_lags - 1``.
    dtype : torch.dtype | None
        In which the sums of a group's blocks are gathered.

    Returns
    -------
    Tensor, shape (groups, n_lags)

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 2.0, 3.0]]])
    >>> lag_products(x, x, 4)
    tensor([[14.,  8.,  3.,  0.]])
    """
    # The zeros after a signal keep later blocks from reaching into the next one.
    length = max(a.shape[-1], b.shape[-1] + n_lags - 1)
    length = -(-length // _BLOCK) * _BLOCK
    later = _in_blocks(a, length)
    blocks = later if b is a else _in_blocks(b, length)
    n_blocks = blocks.shape[1]
    shifts = range(-(-(n_lags - 1) // _BLOCK) + 1)
    products = [
        torch.bmm(blocks[:, : n_blocks - shift].mT, later[:, shift:])
        for shift in shifts
        if shift < n_blocks
    ]
    # At [i, j] stands what sample i of a block makes with the j-th from the block's start.
    return sheared(torch.cat(products, dim=-1), n_lags).sum(-2, dtype=dtype)


def sheared(matrix: Tensor, n_columns: int | None = None) -> Tensor:
    """Move row i of a matrix i columns to the left: its diagonals become columns.

    Examples
    --------
    >>> sheared(torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    tensor([[1, 2, 3],
            [5, 6, 0],
            [9, 0, 0]])
    """
    n_rows, width = matrix.shape[-2:]
    n_columns = width if n_columns is None else n_columns
    room = max(width, n_rows - 1 + n_columns)
    flat = F.pad(matrix, (0, room - width)).flatten(-2)
    # Rows that are one longer start one later each.
    rows = F.pad(flat, (0, n_rows)).view(*flat.shape[:-1], n_rows, room + 1)
    return rows[..., :n_columns]


def _unsheared(matrix: Tensor) -> Tensor:
    """Move row i of a square matrix i columns to the right; what falls off is dropped."""
    size = matrix.shape[0]
    flat = F.pad(matrix, (0, size + 1)).flatten()
    return flat[: 2 * size * size].view(size, 2 * size)[:, :size]


def wide_dtype(x: Tensor) -> torch.dtype:
    """Return float64, or float32 on Apple's GPUs, which lack it."""
    return torch.float32 if x.device.type == "mps" else torch.float64


def _autocorrelation(x: Tensor, total: Tensor, n_lags: int, constant: Tensor) -> Tensor:
    """Return the sums of products at each lag of ``x - constant``, given the sums of `x`."""
    n_times = x.shape[-1]
    # With x = offset + rest, any offset is exact; near the mean, rest has nothing to cancel.
    offset = (total.detach() / n_times).to(x.dtype)
    rest = x - offset.view(*x.shape[:2], 1)
    lags = lag_products(rest, rest, n_lags, dtype=total.dtype).sum(0)
    offset = offset.to(total.dtype)
    of_rest = total - n_times * offset
    n_ends = min(n_lags, n_times)
    signals = x.flatten(0, 1)
    ends = signals[:, :n_ends].to(total.dtype) + signals[:, n_times - n_ends :].flip(1)
    ends = ends - 2 * offset.unsqueeze(1)
    offset = offset - constant
    missed = _sum_before(F.pad(offset @ ends, (0, n_lags - n_ends)))
    overlap = (n_times - torch.arange(n_lags, device=x.device)).clamp_min(0)
    return lags + offset.square().sum() * overlap + 2 * (offset @ of_rest) - missed


def _in_blocks(signals: Tensor, length: int) -> Tensor:
    padded = F.pad(signals, (0, length - signals.shape[-1]))
    return padded.reshape(len(signals), -1, _BLOCK)


def _moments(samples: Tensor, before: int, after: int) -> tuple[Tensor, Tensor]:
    """Return sums of samples and of their products over signals, with zeros around."""
    products = samples.mT @ samples
    return F.pad(samples.sum(0), (before, after)), F.pad(products, (before, after) * 2)


def _sum_before(values: Tensor) -> Tensor:
    return values.cumsum(0) - values


def _sum_after(values: Tensor) -> Tensor:
    return values.sum(0) - values.cumsum(0)
