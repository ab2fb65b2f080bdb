"""Amplitude and spectrum of each channel, before and after preprocessing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy import signal

from eegzoo.report.names import short_names, shortened
from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.style import (
    COLORS,
    GREY,
    NARROW,
    describe,
    legend_outside,
    one_axes,
    plain_log,
    styled,
)

Array = npt.NDArray[Any]
_MOST_SECONDS = 300.0  # of a recording, from its middle
_MOST_WINDOWS = 200
_DEPTH = 1e6  # of a spectrum that is shown, from its largest value down
_MARKERS = ("s", "o", "D", "^")


def robust_amplitudes(X: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the amplitude of each channel, which a few artefacts do not change.

    It is 1.4826 times the median absolute deviation from the median: the standard deviation of
    normally distributed samples.

    Parameters
    ----------
    X : array, shape (n_chans, n_times) or (n_windows, n_chans, n_times)
        Signal.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(0, 20, (1, 10_000))
    >>> x[0, :100] = 5000
    >>> round(float(robust_amplitudes(x)[0]))
    20
    """
    X = np.asarray(X, np.float64)
    samples = X if X.ndim == 2 else X.transpose(1, 0, 2).reshape(X.shape[1], -1)
    middle = np.median(samples, axis=1, keepdims=True)
    found: npt.NDArray[np.float64] = 1.4826 * np.median(abs(samples - middle), axis=1)
    return found


def spectra(X: npt.ArrayLike, sfreq: float, seconds: float = 2.0) -> tuple[Array, Array]:
    """Return the power spectral density of each channel, by Welch's method.

    Parameters
    ----------
    X : array, shape (n_chans, n_times) or (n_windows, n_chans, n_times)
        Signal in microvolts; spectra of windows are averaged.
    sfreq : float
        Sampling rate in Hz.
    seconds : float
        Length of the segments, at most that of a window.

    Returns
    -------
    frequencies : array, shape (n_frequencies,)
        Frequencies in Hz, without 0.
    powers : array, shape (n_chans, n_frequencies)
        Density in square microvolts per Hz.

    Examples
    --------
    >>> x = 2 * np.sin(2 * np.pi * 10 * np.arange(1000) / 100)[None]
    >>> frequencies, powers = spectra(x, 100.0)
    >>> float(frequencies[powers[0].argmax()])
    10.0
    """
    X = np.asarray(X, np.float64)
    n = max(2, min(X.shape[-1], round(seconds * sfreq)))
    frequencies, powers = signal.welch(X, sfreq, nperseg=n, axis=-1)
    powers = powers if powers.ndim == 2 else powers.mean(axis=0)
    return frequencies[1:], powers[:, 1:]


def signal_before(raw: mne.io.BaseRaw, ch_names: Sequence[str]) -> Array:
    """Return channels of a recording in microvolts: all of it, or five minutes from its middle.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    ch_names : sequence of str
        Channels, by their names in the recording.
    """
    n_times = min(raw.n_times, round(_MOST_SECONDS * raw.info["sfreq"]))
    start = (raw.n_times - n_times) // 2
    found: Array = raw.get_data(picks=list(ch_names), start=start, stop=start + n_times) * 1e6
    return found


def some_windows(X: Any) -> Array:
    """Return windows, evenly chosen where there are many.

    Parameters
    ----------
    X : array | Windows, shape (n_windows, n_chans, n_times)
        Windows.
    """
    step = max(1, -(-len(X) // _MOST_WINDOWS))
    return np.asarray(X[::step])


@styled
def plot_amplitudes(
    amplitudes: Mapping[str, npt.ArrayLike],
    ch_names: Sequence[str],
    unit: str = "µV",
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the amplitude of each channel.

    Parameters
    ----------
    amplitudes : mapping of str to array, shape (n_chans,)
        Amplitudes, by what they are: "recording", "windows". NaN is not drawn.
    ch_names : sequence of str
        Names of the channels.
    unit : str
        Unit.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_amplitudes({"recording": [40.0, 20.0]}, ["C3", "C4"])
    >>> figure.axes[0].get_xlabel()
    'Robust amplitude (µV)'
    """
    figure, columns = row_axes(axes, ch_names, extra=1.4)
    values = np.concatenate([np.asarray(each, np.float64) for each in amplitudes.values()])
    values = values[np.isfinite(values) & (values > 0)]
    for one, rows in columns:
        for number, (name, each) in enumerate(amplitudes.items()):
            part = np.asarray(each, np.float64)[rows]
            part = np.where(part > 0, part, np.nan)  # flat channels have no place on a log scale
            one.plot(
                part, range(len(part)), _MARKERS[number % 4], color=COLORS[number], label=name,
                linestyle="none", alpha=0.9,
            )  # fmt: skip
        if len(values):
            plain_log(one.xaxis)
            one.set_xlim(values.min() / 1.5, values.max() * 1.5)
            _plain_ticks(one, values)
    label_columns(columns, f"Robust amplitude ({unit})")
    legend_outside(figure, columns[0][0], axes is None)
    said = []
    for name, each in amplitudes.items():
        part = np.asarray(each, np.float64)
        if np.isfinite(part).any():
            low, high = int(np.nanargmin(part)), int(np.nanargmax(part))
            said.append(
                f"{name} median {np.nanmedian(part):.3g}, smallest {part[low]:.3g} "
                f"({shortened(ch_names[low])}), largest {part[high]:.3g} "
                f"({shortened(ch_names[high])})"
            )
    describe(columns[0][0], f"Amplitude of {len(ch_names)} channels in {unit}: {'; '.join(said)}.")
    return figure


def _plain_ticks(axes: Axes, values: Array) -> None:
    """Set a few ticks with plain numbers on a logarithmic axis."""
    low, high = np.log10(values.min() / 1.5), np.log10(values.max() * 1.5)
    width = high - low
    steps = (1,) if width > 2 else (1, 2, 5) if width > 0.9 else (1, 2, 3, 4, 6, 8)
    ticks = [
        step * 10.0**power
        for power in range(int(np.floor(low)), int(np.ceil(high)) + 1)
        for step in steps
        if low <= np.log10(step) + power <= high
    ]
    if len(ticks) > 6:
        ticks = ticks[:: -(-len(ticks) // 6)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


@styled
def plot_spectra(
    frequencies: npt.ArrayLike,
    powers: npt.ArrayLike,
    ch_names: Sequence[str],
    title: str = "",
    unit: str = "µV²/Hz",
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the spectrum of each channel.

    Up to six channels are named; of more, those whose spectra are farthest from the median of all
    are, and the others are grey.

    Parameters
    ----------
    frequencies : array, shape (n_frequencies,)
        Frequencies in Hz.
    powers : array, shape (n_chans, n_frequencies)
        Power spectral density.
    ch_names : sequence of str
        Names of the channels.
    title : str
        Title, such as "before preprocessing".
    unit : str
        Unit of the density.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> frequencies, powers = spectra(np.random.default_rng(0).normal(size=(2, 1000)), 100.0)
    >>> figure = plot_spectra(frequencies, powers, ["C3", "C4"])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('Frequency (Hz)', 'Power spectral density (µV²/Hz)')
    """
    frequencies, powers = np.asarray(frequencies), np.asarray(powers, np.float64)
    if powers.shape != (len(ch_names), len(frequencies)):
        raise ValueError(
            f"expected powers of shape {(len(ch_names), len(frequencies))}, got {powers.shape}"
        )
    own = axes is None
    figure, axes = one_axes(axes, (NARROW, 4))
    short = short_names(ch_names, 16)
    shown = np.where(powers > 0, powers, np.nan)
    named = list(range(len(ch_names)))
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log10(shown)
    middle = np.nanmedian(logs, axis=0) if np.isfinite(logs).any() else logs[0]
    if len(ch_names) > 6:
        distance = np.nanmean(abs(logs - middle), axis=1) if np.isfinite(logs).any() else logs[:, 0]
        named = np.argsort(-np.nan_to_num(distance))[:3].tolist()
        for place in range(len(ch_names)):
            if place not in named:
                axes.plot(frequencies, shown[place], color="#B0B0B0", linewidth=0.6)
        axes.plot(
            frequencies, 10**middle, color="black", linewidth=1.8,
            label=f"median of {len(ch_names)} channels",
        )  # fmt: skip
    for number, place in enumerate(named):
        line = ("-", "--", "-.", ":")[number % 4]
        axes.plot(
            frequencies, shown[place], line, color=COLORS[number], label=short[place],
            linewidth=1.2,
        )  # fmt: skip
    plain_log(axes.yaxis)
    if np.isfinite(shown).any():  # what a filter removed altogether would hide the rest
        most = float(np.nanmax(shown))
        axes.set_ylim(max(most / _DEPTH, float(np.nanmin(shown))) / 1.5, most * 1.5)
    axes.set_xlim(0, frequencies[-1])
    axes.set_xlabel("Frequency (Hz)")
    axes.set_ylabel(f"Power spectral density ({unit})")
    axes.set_title(title)
    axes.grid(color=GREY, alpha=0.25)
    legend_outside(figure, axes, own, "below", ncols=2)
    peak = float(frequencies[int(np.nan_to_num(middle, nan=-np.inf).argmax())])
    named_text = ", ".join(shortened(ch_names[place]) for place in named)
    far = "named" if len(ch_names) <= 6 else "farthest from the median"
    describe(
        axes,
        f"Power spectral density of {len(ch_names)} channels{f', {title}' if title else ''}, up to "
        f"{frequencies[-1]:.4g} Hz; the median is largest at {peak:.3g} Hz. Channels {far}: "
        f"{named_text}.",
    )
    return figure
