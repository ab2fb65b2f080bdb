"""Covariances of channels and filter outputs, computed from cross-spectra."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

Array = npt.NDArray[Any]


def frequency_response(kernels: Array, sfreq: float, frequencies: Array) -> Array:
    """Return the complex response of temporal kernels, as convolutions of torch apply them.

    Parameters
    ----------
    kernels : array, shape (n_filters, kernel_length)
        Kernels in the order of time.
    sfreq : float
        Sampling rate in Hz.
    frequencies : array, shape (n_freqs,)
        Frequencies in Hz.

    Returns
    -------
    array, shape (n_filters, n_freqs)
        Complex factors by which the filters multiply a sine wave; their magnitudes are the gains.

    Examples
    --------
    >>> abs(frequency_response(np.ones((1, 4)) / 4, 100.0, np.array([0.0, 25.0]))).round(6)
    array([[1., 0.]])
    """
    # torch computes correlations, whose response is the conjugate of that of a convolution.
    responses = [
        signal.freqz(kernel, worN=frequencies, fs=sfreq)[1].conj() for kernel in np.asarray(kernels)
    ]
    return np.array(responses).reshape(len(kernels), len(frequencies))


def cross_spectra(x: Array, z: Array, sfreq: float) -> tuple[Array, Array]:
    """Return the mean cross-spectra of two sets of windows.

    The windows are centred and tapered. The real parts, summed over frequencies, are the covariance
    of x and z.

    Parameters
    ----------
    x, z : array, shape (n_windows, n_rows, n_times)
        Windows; the number of rows may differ.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    frequencies : array, shape (n_freqs,)
        Frequencies in Hz, without 0.
    spectra : array, shape (n_freqs, n_rows of x, n_rows of z)
        Complex cross-spectra, in the product of the units of x and z.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(0.0, 2.0, (50, 2, 500))
    >>> frequencies, spectra = cross_spectra(x, x, sfreq=100.0)
    >>> spectra.real.sum(axis=0).round(0)
    array([[4., 0.],
           [0., 4.]])
    """
    n_times = x.shape[-1]
    taper = signal.windows.hann(n_times, sym=False)
    along_x, along_z = (
        np.fft.rfft((data - data.mean(-1, keepdims=True)) * taper)[..., 1:] for data in (x, z)
    )
    spectra = np.einsum("ncf,nmf->fcm", along_x, along_z.conj(), optimize=True)
    # All frequencies but that at half the sampling rate stand for a negative one as well.
    sides = np.full(spectra.shape[0], 2.0)
    sides[-1] = 1.0 if n_times % 2 == 0 else 2.0
    scale = sides / (len(x) * n_times * (taper**2).sum())
    frequencies = np.fft.rfftfreq(n_times, 1 / sfreq)[1:]
    return frequencies, spectra * scale[:, None, None]


def haufe_patterns(cov_xz: Array, cov_zz: Array, filters: Array) -> Array:
    """Return the patterns of spatial filters, ``Cov(x, s) / Var(s)`` times the deviation of s.

    The output of a filter is ``s = filter @ z``. A filter says how channels are weighted to extract
    a signal, which includes the suppression of others; only its pattern says how strongly the
    signal appears in each channel [1]_. Each filter is taken alone. Patterns of several filters at
    once describe what a signal has beside the others; of filters that extract nearly the same, as
    those of one temporal filter in EEGNet often do, this is mostly noise.

    Parameters
    ----------
    cov_xz : array, shape (n_chans, n_rows)
        Covariance of the channels x with the rows z that the filters read.
    cov_zz : array, shape (n_rows, n_rows)
        Covariance of the rows.
    filters : array, shape (n_filters, n_rows)
        Filters that are applied to z.

    Returns
    -------
    array, shape (n_filters, n_chans)
        Amplitude in each channel, in its unit, for one standard deviation of the filter's output.
        Zero for a filter without output.

    References
    ----------
    .. [1] Haufe et al. (2014). On the interpretation of weight vectors of linear models in
       multivariate neuroimaging. NeuroImage 87, 96-110.
       https://doi.org/10.1016/j.neuroimage.2013.10.067

    Examples
    --------
    The second channel contains noise that the first one shares; the signal is in the first alone:

    >>> signal, noise = np.random.default_rng(0).normal(size=(2, 10_000))
    >>> cov = np.cov([signal + noise, noise])
    >>> abs(haufe_patterns(cov, cov, np.array([[1.0, -1.0]]))).round(1)
    array([[1., 0.]])
    """
    variances = np.einsum("mc,cd,md->m", filters, cov_zz, filters, optimize=True)
    deviations = np.sqrt(np.maximum(variances, np.finfo(float).tiny))
    patterns: Array = (filters @ cov_xz.T) / deviations[:, None]
    return patterns
