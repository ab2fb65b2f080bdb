"""Base class of models that compute a spectrogram of each window."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.models.sequence_models import ContextModel


class SpectrogramModel(ContextModel):
    """Base class of models that standardise the spectrogram of each window.

    The spectrogram is that of physioex: frames of 2 s that follow each other by 1 s, and 20 times
    the logarithm of the power density (twice its decibels). Its mean and standard deviation in the
    training data, for each channel, frame and bin, are stored with the weights; `fit_spectra` sets
    them. Before that they are 0 and 20, so that a new network can learn from windows in microvolts.

    Subclasses define `window_features` and `over_windows`.

    Parameters
    ----------
    n_chans, n_times, n_outputs : int
        Numbers of channels, of samples in a window, and of outputs.
    sfreq : float
        Sampling rate in Hz.
    ch_names : sequence of str | None
        Names of the channels.
    """

    spectrum_mean: Tensor
    spectrum_std: Tensor

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.hop_length = self.samples_in(1.0)
        self.frame_length = 2 * self.hop_length
        self.check_smallest_window(self.frame_length)
        self.n_fft = 1 << (self.frame_length - 1).bit_length()
        n_frames = (self.n_times - self.frame_length) // self.hop_length + 1
        self.n_bins = self.n_fft // 2 + 1
        shape = (self.n_chans, n_frames, self.n_bins)
        self.register_buffer("spectrum_mean", torch.zeros(shape))
        self.register_buffer("spectrum_std", torch.full(shape, 20.0))

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map windows or sequences of windows to the features of each window in its sequence."""
        sequences = self.without_padding(self.as_sequences(x), lengths)
        spectra = self.standardize(self.spectra(sequences.flatten(0, 1)))
        windows = torch.unflatten(self.window_features(spectra), 0, sequences.shape[:2])
        out = self.over_windows(windows, lengths)
        return out.squeeze(1) if x.ndim == 3 else out

    def window_features(self, spectra: Tensor) -> Tensor:
        """Map standardised spectra (windows, n_chans, frames, bins) to features of each window."""
        raise NotImplementedError

    def over_windows(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Map features of windows (batch, n_windows, ...) to features in their sequence."""
        raise NotImplementedError

    def spectra(self, x: Tensor) -> Tensor:
        """Map windows (windows, n_chans, n_times) to log power (windows, n_chans, frames, bins)."""
        if x.shape[0] == 0:  # torch.fft does not accept empty batches
            return x.new_empty(0, *self.spectrum_mean.shape)
        taper = _hamming(self.frame_length, x)
        frames = x.unfold(-1, self.frame_length, self.hop_length)
        frames = frames - frames[..., :1]  # so that a constant has no rounding error
        frames = (frames - frames.mean(dim=-1, keepdim=True)) * taper
        padded = nn.functional.pad(frames, (0, self.n_fft - self.frame_length))
        spectrum = torch.fft.rfft(padded)
        power = spectrum.real.square() + spectrum.imag.square()
        # One-sided: all bins but the first and the last hold two frequencies.
        weights = torch.full_like(power[:1, :1, :1], 2.0)
        weights[..., 0] = weights[..., -1] = 1.0
        density = power * weights / (self.sfreq * taper.square().sum())
        decibels: Tensor = 20 * (density + torch.finfo(torch.float64).eps).log10()
        return decibels

    def standardize(self, spectra: Tensor) -> Tensor:
        """Standardise spectra (windows, n_chans, frames, bins) by the stored statistics."""
        return (spectra - self.spectrum_mean) / self.spectrum_std

    @torch.no_grad()
    def fit_spectra(self, x: Tensor) -> None:
        """Set the statistics of spectra to those of windows.

        Parameters
        ----------
        x : Tensor, shape (n_windows, n_chans, n_times)
            Windows of the training data in microvolts, at least two.
        """
        self.check_windows(x)
        if x.shape[0] < 2:
            raise ValueError(f"expected x to hold at least two windows, got {x.shape[0]}")
        std, mean = torch.std_mean(self.spectra(x), dim=0)
        self.spectrum_mean.copy_(mean)
        # A bin without any variation, such as that of a flat channel, stays finite.
        self.spectrum_std.copy_(torch.where(std > 0, std, 1.0))


def _hamming(length: int, like: Tensor) -> Tensor:
    """Return a periodic Hamming window.

    torch 2.13 exports its own `torch.hamming_window` to ONNX's HammingWindow, which has other
    coefficients (25/46 and 21/46) than 0.54 and 0.46.
    """
    steps = torch.arange(length, dtype=like.dtype, device=like.device)
    return 0.54 - 0.46 * torch.cos(2 * math.pi / length * steps)
