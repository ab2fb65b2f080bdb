"""Augmentations of the spectrum of a window."""

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
    """Shift of the spectrum of each window by a random frequency, the same for all channels.

    It simulates people with different rhythms: the alpha peak of adults lies between 8 and 12 Hz.
    Use it for motor imagery and sleep, with shifts that are small compared to the bands in which
    classes differ. Do not use it for steady-state visual evoked potentials (SSVEP), where the
    frequency is the class.

    The FFT treats the window as periodic. An offset becomes an oscillation at the frequency of the
    shift, and components that would fall below 0 Hz are reflected. So remove the mean of the
    windows first, or high-pass filter them.

    Parameters
    ----------
    hertz : float
        Largest shift in Hz. Shifts are uniform between ``-hertz`` and ``hertz``.

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
        """Return windows with shifted spectra."""
        check_windows(x, sfreq)
        if not len(x):
            return x.clone()  # MKL cannot compute the FFT of an empty batch
        signal = at_least_float32(x)
        shift = self.hertz * (2 * draw(x, 1, 1).to(signal.dtype) - 1)
        seconds = torch.arange(x.shape[2], dtype=signal.dtype, device=x.device) / sfreq
        phase = 2 * math.pi * shift * seconds  # (batch, 1, n_times)
        # Real part of the analytic signal times exp(i * phase). A shift of 0 changes no bit.
        shifted = signal * phase.cos() - hilbert(signal) * phase.sin()
        return shifted.to(x.dtype)


@register_augmentation
@dataclasses.dataclass(frozen=True)
class FourierSurrogate(Augmentation):
    """Rotation of the phases of random windows by random angles, one for each frequency.

    The angles are the same for all channels of a window. So power spectra, means, cross-spectra and
    covariances of the channels are kept, while the timing of events changes. Use it for stationary
    windows: sleep stages, resting states, long imagery. Do not use it for evoked potentials, for
    spikes and other transients, which are spread over the window, or for SSVEP with targets that
    differ in phase.

    The FFT treats the window as periodic. A difference between its ends acts as a jump, whose
    energy is spread over the window. So high-pass filter the windows first.

    Parameters
    ----------
    prob : float
        Probability that a window is changed.
    strength : float
        Largest angle divided by pi, from 0 to 1. Angles are uniform between ``-strength * pi`` and
        ``strength * pi``, so that they do not delay the signal on average. With 1, the original
        phases are lost.

    References
    ----------
    Schwabedal, Snyder, Cakmak, Nemati and Clifford (2018). Addressing class imbalance in
    classification problems of noisy signals by using Fourier transform surrogates.
    https://doi.org/10.48550/arXiv.1806.08675

    Prichard and Theiler (1994). Generating surrogate data for time series with several
    simultaneously measured variables. Phys. Rev. Lett. 73, 951. (The same angles for all channels.)
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
        """Return windows with the phases of some of them rotated."""
        check_windows(x, sfreq)
        if not len(x):
            return x.clone()  # MKL cannot compute the FFT of an empty batch
        signal = at_least_float32(x)
        spectrum = torch.fft.rfft(signal)
        chosen = draw(x, 1, 1) < self.prob
        angle = self.strength * math.pi * (2 * draw(x, 1, spectrum.shape[2]) - 1) * chosen
        _clear_real_bins(angle, x.shape[2])
        angle = angle.to(signal.dtype)
        # The difference is added, so that windows that are not chosen do not change by rounding.
        turn = torch.polar(torch.ones_like(angle), angle) - 1
        change: Tensor = torch.fft.irfft(spectrum * turn, n=x.shape[2])
        return (signal + change).to(x.dtype)


def hilbert(x: Tensor) -> Tensor:
    """Return the Hilbert transform along the last axis: each sine is delayed by a quarter period.

    Parameters
    ----------
    x : Tensor of float32 | float64, shape (..., n_times)
        Signal, treated as periodic.

    Returns
    -------
    Tensor, shape (..., n_times)
        Imaginary part of the analytic signal.

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
    """Set to 0, in place, the bins of a spectrum that are real for every real signal.

    These are 0 Hz and, for an even number of samples, half the sampling rate.
    """
    spectrum[..., 0] = 0
    if n_times % 2 == 0:
        spectrum[..., -1] = 0
