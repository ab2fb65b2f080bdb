"""Building blocks of simulated recordings: sources in a head, noise, rhythms, transients."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from eegzoo.data.signal.montage import named_montage

Array = NDArray[np.float64]
Seed = int | np.random.Generator | None


def _sphere() -> Any:
    """Return the sphere that fits the electrodes of the montage best."""
    return mne.make_sphere_model((0.0, 0.015, 0.04), 0.098, verbose="ERROR")


def project_sources(
    ch_names: Sequence[str], sites: Sequence[str], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the scalp maps of sources below electrodes and of background activity.

    Parameters
    ----------
    ch_names : sequence of str
        Electrodes of the 10-05 system, or bipolar channels such as "C3-Cz".
    sites : sequence of str
        Electrodes with a dipole below them.
    rng : numpy.random.Generator
        Generator of positions and orientations.

    Returns
    -------
    sources : array, shape (n_chans, n_sites)
        Map of each dipole, scaled to 1 at its electrode.
    background : array, shape (n_chans, n_rows)
        Matrix that gives unit noise the covariance of 200 independent dipoles all over the cortex,
        with 1 rms at Cz, at a tenth of the cost of simulating 200 noises.

    Raises
    ------
    ValueError
        If a channel is unknown or repeated, or there are none.
    """
    montage, sphere = named_montage(), _sphere()
    pairs = [name.split("-") for name in ch_names]
    known = all(len(pair) <= 2 and set(pair) <= set(montage.ch_names) for pair in pairs)
    if not pairs or not known or len(set(ch_names)) < len(pairs):
        what = "different electrodes of the 10-05 system or bipolar channels such as 'C3-Cz'"
        raise ValueError(f"expected ch_names to be {what}, got {ch_names!r}")
    electrodes = list(dict.fromkeys([*sites, "Cz", *(name for pair in pairs for name in pair)]))
    info = mne.create_info(electrodes, 1.0, "eeg", verbose="ERROR").set_montage(montage)

    n_sites = len(sites)
    places = _unit(np.array([chan["loc"][:3] for chan in info["chs"][:n_sites]]) - sphere["r0"])
    places = _unit(places + rng.normal(0, 0.05, places.shape))
    cortex = _unit(rng.standard_normal((200, 3)))
    cortex[:, 2] = np.abs(cortex[:, 2])  # the upper half
    at = np.vstack([0.07 * places, rng.uniform(0.04, 0.075, (200, 1)) * cortex]) + sphere["r0"]
    towards = np.vstack([places + rng.normal(0, 0.2, places.shape), rng.normal(0, 1, (200, 3))])
    ones = np.ones(len(at))
    dipole = mne.Dipole(np.cumsum(ones), at, ones, _unit(towards), ones, verbose="ERROR")
    gain = mne.make_forward_dipole(dipole, sphere, info, verbose="ERROR")[0]["sol"]["data"]

    gain[:, :n_sites] /= np.diag(gain[:n_sites])
    gain[:, n_sites:] /= np.linalg.norm(gain[electrodes.index("Cz"), n_sites:])
    rows = dict(zip(electrodes, gain, strict=True))
    maps = np.array([rows[pair[0]] - (rows[pair[1]] if pair[1:] else 0) for pair in pairs])
    return maps[:, :n_sites], np.linalg.qr(maps[:, n_sites:].T).R.T


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def pink_noise(n_rows: int, n_times: int, sfreq: float, rng: np.random.Generator) -> Array:
    """Return noise (n_rows, n_times) of unit rms with 1/f power, which is flat below 0.5 Hz."""
    n_fast = fft.next_fast_len(n_times, real=True)
    spectrum = fft.rfft(rng.standard_normal((n_rows, n_fast)))
    spectrum /= np.sqrt(np.maximum(fft.rfftfreq(n_fast, 1 / sfreq), 0.5))
    noise = fft.irfft(spectrum, n_fast)[:, :n_times]
    return np.asarray(noise / noise.std(axis=1, keepdims=True))


def rhythm_around(
    frequency: Array, bandwidth: float, sfreq: float, rng: np.random.Generator
) -> Any:
    """Return the analytic signal of an oscillation that waxes and wanes.

    Parameters
    ----------
    frequency : array, shape (n_times,)
        Instantaneous frequency in Hz.
    bandwidth : float
        Standard deviation of the spectral line around it in Hz.
    sfreq : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Generator of the noise that modulates the oscillation.

    Returns
    -------
    array of complex, shape (n_times,)
        Signal whose real part has unit rms.
    """
    n_fast = fft.next_fast_len(len(frequency))
    noise = rng.standard_normal(n_fast) + 1j * rng.standard_normal(n_fast)
    line = np.exp(-0.5 * (fft.fftfreq(n_fast, 1 / sfreq) / bandwidth) ** 2)
    envelope = fft.ifft(fft.fft(noise) * line)[: len(frequency)]
    return envelope / envelope.real.std() * np.exp(2j * np.pi * np.cumsum(frequency) / sfreq)


def transients(name: str, per_minute: Array, sfreq: float, rng: np.random.Generator) -> Array:
    """Return waveforms (n_times,) in microvolts at the times of a Poisson process."""
    t = np.arange(0, 1.5, 1 / sfreq)
    waveform = {
        "blinks": 110 * _bump(t, 0.2, 0.08),
        "saccades": 60 * (np.exp(-t / 0.4) - np.exp(-t / 0.05)),
        "K-complexes": 70 * _bump(t, 0.75, 0.25) - 160 * _bump(t, 0.35, 0.1),
        "spindles": 15 * _bump(t, 0.75, 0.35),
    }[name]
    starts = rng.random(len(per_minute)) < per_minute / (60 * sfreq)
    sizes = starts * rng.lognormal(0, 0.25, len(starts))
    return np.asarray(signal.oaconvolve(sizes, waveform)[: len(starts)])


def _bump(t: Array, middle: float, width: float) -> Array:
    return np.asarray(np.exp(-(((t - middle) / width) ** 2)))


def hold(values: Array, n_each: int, sfreq: float) -> Array:
    """Repeat each value for `n_each` samples, with transitions smoothed over one second."""
    return np.asarray(
        ndimage.uniform_filter1d(np.repeat(values, n_each), int(sfreq), mode="nearest")
    )


def make_raw(
    data: Array, ch_names: Sequence[str], sfreq: float, annotations: mne.Annotations
) -> mne.io.RawArray:
    """Return a recording with a montage and annotations from microvolts (n_chans, n_times)."""
    info = mne.create_info(list(ch_names), sfreq, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(data * 1e-6, info, verbose="ERROR")
    # Bipolar channels have no position.
    raw.set_montage(named_montage(), on_missing="ignore", verbose="ERROR")
    return raw.set_annotations(annotations, verbose="ERROR")


def make_rng(random_state: Seed) -> np.random.Generator:
    """Return a random generator, or raise an error if the seed is invalid."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        what = "a non-negative integer, a numpy.random.Generator or None"
        raise ValueError(f"expected random_state to be {what}, got {random_state!r}") from error


def check_range(name: str, value: Any, low: float, high: float) -> None:
    """Raise an error unless `value` is a number from `low` to `high`."""
    if not isinstance(value, numbers.Real) or not low <= float(value) <= high:
        raise ValueError(f"expected {name} to be a number from {low} to {high}, got {value!r}")
