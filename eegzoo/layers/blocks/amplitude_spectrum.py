"""Amplitude spectra of patches."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def amplitude_spectrum(x: Tensor) -> Tensor:
    """Return the amplitudes of the discrete Fourier transform over the last axis.

    Parameters
    ----------
    x : Tensor, shape (..., n_times)
        Signals.

    Returns
    -------
    Tensor, shape (..., n_times // 2 + 1)
        Amplitudes at the frequencies from 0 to half of the sampling rate. Types that have no
        Fourier transform are computed in float32.

    Examples
    --------
    >>> amplitude_spectrum(torch.cos(torch.pi / 2 * torch.arange(8))).round(decimals=3)
    tensor([0., 0., 4., 0., 0.])
    """
    if x.numel() == 0:  # MKL has no transform of nothing
        return x.new_zeros(*x.shape[:-1], x.shape[-1] // 2 + 1)
    has_transform = x.dtype in (torch.float32, torch.float64)
    amplitudes: Tensor = torch.fft.rfft(x if has_transform else x.float()).abs()
    return amplitudes.to(x.dtype)


def amplitude_and_phase(x: Tensor) -> Tensor:
    """Return the amplitudes and the phases of the discrete Fourier transform over the last axis.

    Parameters
    ----------
    x : Tensor, shape (..., n_times)
        Signals.

    Returns
    -------
    Tensor, shape (..., 2 * (n_times // 2 + 1))
        Amplitudes at the frequencies from 0 to half of the sampling rate, then phases in radians.
        Types that have no Fourier transform are computed in float32.

    Examples
    --------
    >>> amplitude_and_phase(torch.tensor([0.0, 1.0, 0.0, -1.0])).round(decimals=3)
    tensor([ 0.0000,  2.0000,  0.0000,  0.0000, -1.5710,  0.0000])
    """
    if x.numel() == 0:  # MKL has no transform of nothing
        return x.new_zeros(*x.shape[:-1], 2 * (x.shape[-1] // 2 + 1))
    has_transform = x.dtype in (torch.float32, torch.float64)
    spectrum = torch.fft.rfft(x if has_transform else x.float())
    # The first value, and the last of an even length, are real. Other implementations leave a
    # rounding error there, whose sign would make the phase of a negative value pi or -pi, and
    # torch 2.13 exports atan2(0, -1) to ONNX as -pi.
    real, last = spectrum.real, (x.shape[-1] + 1) // 2
    inner = torch.atan2(spectrum.imag[..., 1:last], real[..., 1:last])
    phases = [math.pi * (part < 0).to(real.dtype) for part in (real[..., :1], real[..., last:])]
    return torch.cat([spectrum.abs(), phases[0], inner, phases[1]], dim=-1).to(x.dtype)
