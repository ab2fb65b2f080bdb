"""Augmentations of a window's spectrum."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

import torch
from torch import Tensor

from eegzoo.training.augmentation.base import (
    Augmentation,
    at_least_float32,
    check_windows,
    draw,
    register_augmentation,
    set_number,
)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class FrequencyShift(Augmentation):
    """The spectrum of each window moved up or down by a random number of hertz.

    All channels of a window move alike. It imitates people whose rhythms differ: the alpha peak
    of adults lies anywhere between 8 and 12 Hz. So it suits motor imagery and sleep, as long as
    the shift is small against the bands that tell the classes apart. It is wrong for steady-state
    visual evoked potentials (SSVEP), where the frequency is the class.

    The window is taken to be periodic, as always with an FFT. An offset becomes an oscillation at
    the shift's frequency, and what would fall below 0 Hz is reflected: remove the mean or
    high-pass the windows before.

    Parameters
    ----------
    hertz : float
        The shift is uniform between minus and plus this, in Hz.

    References
    ----------
    Rommel, Moreau, Paillard and Gramfort (2022). CADDA: class-wise automatic differentiable data
    augmentation for EEG signals. ICLR. https://doi.org/10.48550/arXiv.2106.13695

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020.
    https://doi.org/10.1088/1741-2552/aca220

    Examples
    --------
    >>> ten_hertz = torch.sin(2 * torch.pi * 10 * torch.arange(1000) / 250).reshape(1, 1, -1)
    >>> shifted = FrequencyShift(hertz=2.0)(ten_hertz, sfreq=250.0)
    >>> peak = torch.fft.rfft(shifted).abs().argmax().item() / 4  # bins of a quarter of a hertz
    >>> 8.0 <= peak <= 12.0
    True
    """

    hertz: float = 1.0
    name: ClassVar[str] = "frequency_shift"

    def __post_init__(self) -> None:
        set_number(self, "hertz", 0.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return shifted windows."""
        check_windows(x, sfreq)
        if not len(x):
            return x.clone()  # MKL has no FFT of nothing
        signal = at_least_float32(x)
        shift = self.hertz * (2 * draw(x, 1, 1).to(signal.dtype) - 1)
        seconds = torch.arange(x.shape[2], dtype=signal.dtype, device=x.device) / sfreq
        phase = 2 * math.pi * shift * seconds  # (batch, 1, n_times)
        # The real part of the analytic signal, turned by the phase. A shift of 0 is exact.
        shifted = signal * phase.cos() - hilbert(signal) * phase.sin()
        return shifted.to(x.dtype)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class FourierSurrogate(Augmentation):
    """The phases of each window's spectrum turned by random angles.

    The angles are those of a window, the same in all of its channels. So power spectra, means and
    cross-spectra stay as they are, and with them the covariances of the channels; when things
    happen changes. It suits stationary windows: sleep stages, states of rest, long imagery. It is
    wrong for evoked potentials, for spikes and other transients, which are smeared over the
    window, and for SSVEP whose targets differ in phase.

    The window is taken to be periodic: a difference between its ends is a jump, whose energy
    spreads over all of the window. High-pass the windows before.

    Parameters
    ----------
    prob : float
        How probably a window is changed.
    strength : float
        From 0 to 1. The angles are uniform between minus and plus `strength` times pi: with 1,
        nothing is left of the phases. They are symmetric so that a weak one does not delay.

    References
    ----------
    Schwabedal, Snyder, Cakmak, Nemati and Clifford (2018). Addressing class imbalance in
    classification problems of noisy signals by using Fourier transform surrogates.
    https://doi.org/10.48550/arXiv.1806.08675

    Prichard and Theiler (1994). Generating surrogate data for time series with several
    simultaneously measured variables. Phys. Rev. Lett. 73, 951 (the same angles in all channels).
    https://doi.org/10.1103/PhysRevLett.73.951

    Rommel, Paillard, Moreau and Gramfort (2022). Data augmentation for learning predictive models
    on EEG: a systematic comparison. J. Neural Eng. 19, 066020.
    https://doi.org/10.1088/1741-2552/aca220

    Examples
    --------
    >>> x = torch.randn(4, 3, 500)
    >>> surrogate = FourierSurrogate(prob=1.0)(x, sfreq=250.0)
    >>> torch.allclose(surrogate @ surrogate.mT, x @ x.mT, atol=1e-2)
    True
    >>> torch.allclose(surrogate, x, atol=1e-2)
    False
    """

    prob: float = 0.5
    strength: float = 1.0
    name: ClassVar[str] = "fourier_surrogate"

    def __post_init__(self) -> None:
        set_number(self, "prob", 0.0, 1.0)
        set_number(self, "strength", 0.0, 1.0)

    def __call__(self, x: Tensor, sfreq: float) -> Tensor:
        """Return windows with other phases."""
        check_windows(x, sfreq)
        if not len(x):
            return x.clone()  # MKL has no FFT of nothing
        signal = at_least_float32(x)
        spectrum = torch.fft.rfft(signal)
        chosen = draw(x, 1, 1) < self.prob
        angle = self.strength * math.pi * (2 * draw(x, 1, spectrum.shape[2]) - 1) * chosen
        _clear_real_bins(angle, x.shape[2])
        angle = angle.to(signal.dtype)
        # The change is added, so that windows that are not chosen stay bit for bit.
        turn = torch.polar(torch.ones_like(angle), angle) - 1
        change: Tensor = torch.fft.irfft(spectrum * turn, n=x.shape[2])
        return (signal + change).to(x.dtype)


def hilbert(x: Tensor) -> Tensor:
    """Return the Hilbert transform along the last axis: every sine delayed by a quarter period.

    Parameters
    ----------
    x : Tensor of float32 | float64, shape (..., n_times)
        Taken to be periodic.

    Returns
    -------
    Tensor, shape (..., n_times)
        The imaginary part of the analytic signal.

    Examples
    --------
    >>> angle = 2 * torch.pi * torch.arange(8) / 8
    >>> torch.allclose(hilbert(angle.cos()), angle.sin(), atol=1e-6)
    True
    """
    spectrum = torch.fft.rfft(x) * -1j
    _clear_real_bins(spectrum, x.shape[-1])
    transformed: Tensor = torch.fft.irfft(spectrum, n=x.shape[-1])
    return transformed


def _clear_real_bins(spectrum: Tensor, n_times: int) -> None:
    """Set to 0, in place, the bins that are real in the spectrum of a real signal.

    They are 0 Hz and, for an even number of samples, half the sampling rate.
    """
    spectrum[..., 0] = 0
    if n_times % 2 == 0:
        spectrum[..., -1] = 0
