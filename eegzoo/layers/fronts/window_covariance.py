"""Mean and covariance of all sliding windows of a signal, without forming the windows.

The output of a filter with the kernel w is w times a sliding window of the signal. The mean and
variance of the output are therefore ``w @ mean`` and ``w @ covariance @ w``. The covariance has
kernel_size squared entries, whatever the length of the signal.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.fourier_lags import summed_autocorrelation, windows_at_once
from eegzoo.torch_internals import wide_dtype

_BLOCK = 32
"""Number of samples in a block of `lag_products`: large enough for fast matrix products, small
enough that few of the products are computed in vain."""

_MANY_LAGS = 32
"""Number of lags from which on Fourier transforms are faster on CPUs, with AVX-512 or without."""


def window_moments(x: Tensor, kernel_size: int, padding: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return the mean and covariance over all sliding windows of all signals.

    The result is exact and takes `kernel_size` products for each sample. The second moments form a
    Toeplitz matrix, apart from corrections that depend on the samples at the two ends only. The
    large sums are computed relative to each signal's mean, so that an offset costs no precision,
    and are accumulated in float64.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, n_times)
        Signals. The result is differentiable with respect to them.
    kernel_size : int
        Number of samples in a window.
    padding : tuple of int
        Number of zeros before and after each signal.

    Returns
    -------
    mean : Tensor, shape (kernel_size,)
        Mean in float64.
    covariance : Tensor, shape (kernel_size, kernel_size)
        Covariance in float64, normalised by the number of windows.

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
    total = _sums(signals, wide)
    # Without padding a constant is the same in all windows and affects the mean only.
    constant = total.detach().mean() / n_times if before == after == 0 else total.new_zeros(())
    lags = _autocorrelation(x, total, kernel_size, constant)
    total = total - n_times * constant

    # Samples of the padded signals that some taps do not see: late taps miss the first samples, and
    # early taps the last ones, kernel_size at most. Zeros among them need no products.
    n_first = max(0, min(n_times, kernel_size - before))
    n_last = max(0, min(n_times, kernel_size - after))
    before, after = min(before, kernel_size), min(after, kernel_size)
    first = signals[:, :n_first].to(wide) - constant
    last = signals[:, n_times - n_last :].to(wide) - constant
    first_sums, first_products = _moments(first, before, kernel_size - before - n_first)
    last_sums, last_products = _moments(last, kernel_size - after - n_last, after)

    # Tap i of a window sees all samples except the first i and the last kernel_size - 1 - i.
    before_tap, after_tap = _sum_before(first_sums), _sum_after(last_sums)
    mean = (total.sum() - before_tap - after_tap) / n_windows
    # The same for the products of the taps i and i + lag, at [i, lag].
    before_tap = _sum_before(sheared(first_products))
    after_tap = _sum_after(sheared(last_products))
    upper = _unsheared(lags - before_tap - after_tap)
    second = (upper + upper.triu(1).mT) / n_windows
    return mean + constant, second - torch.outer(mean, mean)


def filtered_moments(
    kernels: Tensor, x: Tensor, padding: tuple[int, int]
) -> tuple[Tensor, Tensor, int]:
    """Return mean, variance and number of the values that filters put out, each over all signals.

    Parameters
    ----------
    kernels : Tensor, shape (n_filters, n_taps)
        Filters in `eegzoo.torch_internals.wide_dtype`.
    x : Tensor, shape (batch, n_chans, n_times)
        Signals.
    padding : tuple of int
        Number of zeros before and after each signal.

    Returns
    -------
    mean, variance : Tensor, shape (n_filters,)
        The variance is normalised by the number of values.
    n_values : int
        Number of values of a filter.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 3.0, 5.0]]])
    >>> filtered_moments(torch.tensor([[0.5, 0.5]]).double(), x, (0, 0))
    (tensor([3.], dtype=torch.float64), tensor([1.], dtype=torch.float64), 2)
    """
    n_taps = kernels.shape[1]
    with without_autocast(x):
        mean, covariance = window_moments(x, n_taps, padding)
        # Rounding may make the variance of a constant negative.
        variance = ((kernels @ covariance) * kernels).sum(1).clamp_min(0)
        n_outputs = x.shape[2] + sum(padding) - n_taps + 1
        return kernels @ mean, variance, x.shape[0] * x.shape[1] * n_outputs


def lag_products(
    a: Tensor, b: Tensor, n_lags: int, dtype: torch.dtype | None = None, first: int = 0
) -> Tensor:
    """Return the sum of ``a[t + lag] * b[t]`` over time and signals for each lag.

    The signals are split into blocks that are multiplied as matrices. This takes twice as many
    operations as needed, but is many times faster on a CPU than a convolution with long kernels.

    Parameters
    ----------
    a, b : Tensor, shape (groups, n_signals, n_times)
        Signals, zero beyond their ends. Their lengths may differ.
    n_lags : int
        Number of lags.
    dtype : torch.dtype | None
        Dtype in which the sums of the blocks are accumulated. None: that of the signals.
    first : int
        First lag, at most 0.

    Returns
    -------
    Tensor, shape (groups, n_lags)
        Sums of products.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 2.0, 3.0]]])
    >>> lag_products(x, x, 4)
    tensor([[14.,  8.,  3.,  0.]])
    """
    # The zeros after a signal keep its last blocks from overlapping the next signal.
    length = max(a.shape[-1] - first, b.shape[-1] + n_lags - 1)
    length = -(-length // _BLOCK) * _BLOCK
    at_once = a.shape[1]
    if is_eager_on_cpu(a) and is_eager_on_cpu(b):  # padded copies of all are larger than caches
        at_once = windows_at_once(a.transpose(0, 1))
    products = a.new_zeros((), dtype=dtype)
    for part_a, part_b in zip(*(torch.split(y, at_once, 1) for y in (a, b)), strict=True):
        later = _in_blocks(part_a, length, -first)
        blocks = later if b is a and not first else _in_blocks(part_b, length)
        n_blocks = blocks.shape[1]
        shifts = range(min(-(-(n_lags - 1) // _BLOCK) + 1, n_blocks))
        # The entry [i, j] is the product of sample i of a block and the j-th sample from its start.
        of_shifts = [
            torch.bmm(blocks[:, : n_blocks - shift].mT, later[:, shift:]) for shift in shifts
        ]
        of_part = torch.cat(of_shifts, dim=-1)
        products = products + of_part.to(products.dtype)
    return sheared(products, n_lags).sum(-2)


def sheared(matrix: Tensor, n_columns: int | None = None) -> Tensor:
    """Shift row i of a matrix i columns to the left, so that diagonals become columns.

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
    # Reading the values in rows that are longer by one shifts each row by one more.
    rows = F.pad(flat, (0, n_rows)).view(*flat.shape[:-1], n_rows, room + 1)
    return rows[..., :n_columns]


def _unsheared(matrix: Tensor) -> Tensor:
    """Shift row i of a square matrix i columns to the right and drop what exceeds the width."""
    size = matrix.shape[0]
    flat = F.pad(matrix, (0, size + 1)).flatten()
    return flat[: 2 * size * size].view(size, 2 * size)[:, :size]


def _autocorrelation(x: Tensor, total: Tensor, n_lags: int, constant: Tensor) -> Tensor:
    """Return the sum of products of ``x - constant`` at each lag, given the sum of each signal."""
    n_times = x.shape[-1]
    # x = offset + rest holds for any offset; with the mean as offset, nothing cancels in the rest.
    offset = (total.detach() / n_times).to(x.dtype)
    if (
        n_lags >= _MANY_LAGS
        and is_eager_on_cpu(x)
        and not (x.requires_grad and torch.is_grad_enabled())
    ):
        lags = summed_autocorrelation(x.flatten(0, 1), n_lags, offset.flatten())
    else:
        rest = x - offset.view(*x.shape[:2], 1)
        lags = lag_products(rest, rest, n_lags, dtype=total.dtype).sum(0)
    offset = offset.to(total.dtype)
    rest_total = total - n_times * offset
    n_ends = min(n_lags, n_times)
    signals = x.flatten(0, 1)
    ends = signals[:, :n_ends].to(total.dtype) + signals[:, n_times - n_ends :].flip(1)
    ends = ends - 2 * offset.unsqueeze(1)
    offset = offset - constant
    missed = _sum_before(F.pad(offset @ ends, (0, n_lags - n_ends)))
    overlap = (n_times - torch.arange(n_lags, device=x.device)).clamp_min(0)
    return lags + offset.square().sum() * overlap + 2 * (offset @ rest_total) - missed


def _sums(signals: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the sum of each signal, accumulated in a dtype into which torch copies the signals."""
    if not is_eager_on_cpu(signals) or not len(signals):
        return signals.sum(-1, dtype=dtype)
    parts = torch.split(signals, windows_at_once(signals))
    return torch.cat([part.sum(-1, dtype=dtype) for part in parts])


def _in_blocks(signals: Tensor, length: int, before: int = 0) -> Tensor:
    padded = F.pad(signals, (before, length - before - signals.shape[-1]))
    return padded.reshape(len(signals), -1, _BLOCK)


def _moments(samples: Tensor, before: int, after: int) -> tuple[Tensor, Tensor]:
    """Return the sums of samples and of products of samples over signals, padded with zeros."""
    products = samples.mT @ samples
    return F.pad(samples.sum(0), (before, after)), F.pad(products, (before, after) * 2)


def _sum_before(values: Tensor) -> Tensor:
    return values.cumsum(0) - values


def _sum_after(values: Tensor) -> Tensor:
    return values.sum(0) - values.cumsum(0)
