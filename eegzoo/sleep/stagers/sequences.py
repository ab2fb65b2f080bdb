"""Statistics around windows, and means over the sequences that overlap a window."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def standardize_around(spectra: Tensor, context: int) -> Tensor:
    """Standardise the spectra of each window by those of the windows around it.

    At the ends of a recording, the context is as long as elsewhere, and not centred.

    Parameters
    ----------
    spectra : Tensor, shape (n_windows, n_chans, frames, bins)
        Spectra of consecutive windows.
    context : int
        Number of windows over which each channel and bin has the mean and the unbiased standard
        deviation of its frames.

    Returns
    -------
    Tensor, shape (n_windows, n_chans, frames, bins)
        Standardised spectra.

    Examples
    --------
    >>> spectra = torch.randn(5, 1, 28, 65)
    >>> alone = (spectra - spectra.mean(dim=(0, 2))) / spectra.std(dim=(0, 2))
    >>> torch.allclose(standardize_around(spectra, 21), alone, atol=1e-5)
    True
    """
    n_windows, _, n_frames, _ = spectra.shape
    first = (torch.arange(n_windows) - context // 2).clamp(0, max(0, n_windows - context))
    last = (first + context).clamp(max=n_windows)
    # Sums of differences from a mean lose no digits to cancellation.
    centre = spectra.mean(dim=(0, 2), dtype=torch.float64, keepdim=True)
    sums, squares = (
        torch.cat([torch.zeros_like(part[:1]), part.cumsum(dim=0)])
        for part in _sums(spectra, centre)
    )
    count = ((last - first) * n_frames)[:, None, None]
    mean = (sums[last] - sums[first]) / count
    var = (squares[last] - squares[first] - count * mean.square()) / (count - 1).clamp(min=1)
    std = var.clamp(min=0.0).sqrt().unsqueeze(2).to(spectra.dtype)
    return (spectra - (mean.unsqueeze(2) + centre).to(spectra.dtype)) / (std + 1e-15)


def _sums(spectra: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sums of frames, and of their squares, in float64, window by window."""
    parts = [
        (difference.sum(dim=2), difference.square().sum(dim=2))
        for chunk in torch.split(spectra, 64)
        for difference in [chunk - centre]
    ]
    sums, squares = zip(*parts, strict=True)
    return torch.cat(sums), torch.cat(squares)


def starts_of_sequences(n_windows: int, length: int, stride: int) -> Tensor:
    """Return the first window of overlapping sequences, of which the last ends with the recording.

    Examples
    --------
    >>> starts_of_sequences(10, 4, 4)
    tensor([0, 4, 6])
    """
    last = max(0, n_windows - length)
    starts = torch.arange(0, last + 1, stride)
    return starts if int(starts[-1]) == last else torch.cat([starts, torch.tensor([last])])


def sequences_at(windows: Tensor, starts: Tensor, length: int) -> Tensor:
    """Return sequences of windows.

    Parameters
    ----------
    windows : Tensor, shape (n_windows, ...)
        What is known of each window.
    starts : Tensor of int, shape (batch,)
        First window of each sequence, in ascending order.
    length : int
        Number of windows in a sequence.

    Returns
    -------
    Tensor, shape (batch, length, ...)
        Sequences, to be read only: those that start at consecutive windows share memory.

    Examples
    --------
    >>> sequences_at(torch.arange(5), torch.tensor([1, 2]), 3)
    tensor([[1, 2, 3],
            [2, 3, 4]])
    """
    first, last = int(starts[0]), int(starts[-1])
    if last - first == len(starts) - 1:
        return windows[first : last + length].unfold(0, length, 1).movedim(-1, 1)
    return windows[starts.unsqueeze(1) + torch.arange(length)]


def mean_over_sequences(
    classify: Callable[[Tensor], Tensor],
    windows: Tensor,
    length: int,
    stride: int = 1,
    batch_size: int = 128,
) -> Tensor:
    """Return the probabilities of windows, averaged over the sequences that contain them.

    Parameters
    ----------
    classify : callable
        Function from sequences (batch, length, ...), which it must not change, to logits (batch,
        length, n_outputs).
    windows : Tensor, shape (n_windows, ...)
        What is known of each window.
    length : int
        Number of windows in a sequence. A shorter recording is one sequence.
    stride : int
        Number of windows between the starts of sequences.
    batch_size : int
        Number of sequences that are computed at once.

    Returns
    -------
    Tensor of float64, shape (n_windows, n_outputs)
        Mean probabilities.
    """
    n_windows = len(windows)
    length = min(length, n_windows)
    steps = torch.arange(length)
    total, count = None, torch.zeros(n_windows, 1, dtype=torch.float64)
    for starts in torch.split(starts_of_sequences(n_windows, length, stride), batch_size):
        places = starts.unsqueeze(1) + steps
        logits = classify(sequences_at(windows, starts, length))
        probabilities = logits.softmax(dim=-1).double().flatten(0, 1)
        if total is None:
            total = probabilities.new_zeros(n_windows, probabilities.shape[1])
        total.index_add_(0, places.flatten(), probabilities)
        count.index_add_(0, places.flatten(), torch.ones(places.numel(), 1, dtype=torch.float64))
    if total is None:
        raise ValueError(f"expected at least one window, got {n_windows}")
    return total / count
