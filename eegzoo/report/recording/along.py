"""A recording with the predictions along it and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.names import shortened
from eegzoo.report.style import COLORS, GREY, WIDE, axes_grid, describe, one_axes, styled

Array = npt.NDArray[Any]
_MOST_CHANNELS = 10
_MOST_NAMED = 30  # events whose names are written
_MOST_SAMPLES = 6000  # of a line, more than a page has pixels


@styled
def plot_recording(
    raw: mne.io.BaseRaw,
    onsets: npt.ArrayLike,
    predictions: npt.ArrayLike,
    names: Sequence[object],
    start: float = 0.0,
    stop: float | None = None,
    ch_names: Sequence[str] | None = None,
    label: str = "Probability",
    axes: Any = None,
) -> Figure | SubFigure:
    """Plot a stretch of a recording, the predictions along it, and its events.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    onsets : array, shape (n_windows,)
        Onset of each window in seconds from the start of the recording, as from
        `EEGClassifier.predict_recording`.
    predictions : array, shape (n_windows, n_classes)
        Probability of each class, or numbers.
    names : sequence
        Names of the classes or targets.
    start, stop : float
        Stretch to plot, in seconds from the start of the recording. A `stop` of None is the end.
    ch_names : sequence of str | None
        Channels to plot, at most ten of which are. None: all EEG channels.
    label : str
        Label of the axis of the predictions, with its unit if it has one.
    axes : sequence of two matplotlib.axes.Axes | None
        Axes for the signal and for the predictions. None: those of a new figure.

    Raises
    ------
    ValueError
        If the stretch is not within the recording.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> figure = plot_recording(raw, [0.0, 4.0], [[0.9, 0.1], [0.2, 0.8]], ["left", "right"], 0, 8)
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['', 'Probability']
    """
    sfreq, end = float(raw.info["sfreq"]), float(raw.times[-1])
    stop = end if stop is None else min(stop, end)
    if not 0 <= start < stop:
        raise ValueError(f"expected start before stop within 0 to {end:g} s, got {start} to {stop}")
    picks = _spread(ch_names or _eeg_names(raw), _MOST_CHANNELS)
    first, last = round(start * sfreq), round(stop * sfreq)
    volts = raw.get_data(picks=picks, start=first, stop=last + 1)
    step = max(1, volts.shape[1] // _MOST_SAMPLES)
    signal = volts[:, ::step] * 1e6
    signal = signal - np.median(signal, axis=1, keepdims=True)
    times = (first + step * np.arange(signal.shape[1])) / sfreq
    height = 2.8 + 0.28 * max(len(picks), 3)
    figure, grid = axes_grid(
        axes, n_rows=2, size=(WIDE, height), sharex=True,
        height_ratios=[max(len(picks), 3) * 0.28 + 0.4, 1.6],
    )  # fmt: skip
    top, bottom = grid[:, 0]
    space = _nice(8 * float(np.median(1.4826 * np.median(abs(signal), axis=1))) or 1.0)
    for row, line in enumerate(signal):
        clipped = np.clip(line / space, -1.5, 1.5)
        top.plot(times, row - clipped, color="black", linewidth=0.6, rasterized=True)
    top.set_yticks(range(len(picks)), [shortened(name, 16) for name in picks])
    top.set_ylim(len(picks) - 0.2, -0.8)
    top.annotate(
        f"distance of channels: {space:g} µV", (1, 1), xycoords="axes fraction", xytext=(0, 26),
        textcoords="offset points", ha="right", fontsize=9, color=GREY,
    )  # fmt: skip
    n_events = _mark_events(raw, start, stop, names, top, bottom)
    _draw_predictions(bottom, np.asarray(onsets), np.asarray(predictions), names)
    bottom.set_xlim(start, stop)
    bottom.set_xlabel("Time from the start of the recording (s)")
    bottom.set_ylabel(label)
    describe(
        top,
        f"Signal of {len(picks)} channels from {start:.4g} to {stop:.4g} s, with {n_events} events "
        "marked.",
    )
    inside = (np.asarray(onsets) >= start) & (np.asarray(onsets) < stop)
    describe(bottom, f"Below, {label.lower()} for {int(inside.sum())} windows: {_said(names)}.")
    return figure


@styled
def plot_predictions(
    onsets: npt.ArrayLike,
    predictions: npt.ArrayLike,
    names: Sequence[object],
    raw: mne.io.BaseRaw | None = None,
    label: str = "Probability",
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the predictions along a whole recording, with its events.

    Parameters are those of `plot_recording`.

    Examples
    --------
    >>> figure = plot_predictions([0.0, 4.0], [[0.9, 0.1], [0.2, 0.8]], ["left", "right"])
    >>> figure.axes[0].get_xlabel()
    'Time from the start of the recording (s)'
    """
    onsets, predictions = np.asarray(onsets, np.float64), np.asarray(predictions)
    figure, axes = one_axes(axes, (WIDE, 3.2))
    _draw_predictions(axes, onsets, predictions, names)
    n_events, end = 0, 1.0
    if len(onsets):
        end = float(onsets[-1] + (onsets[-1] - onsets[-2] if len(onsets) > 1 else 1.0))
    if raw is not None:
        end = min(end, float(raw.times[-1]))
        n_events = _mark_events(raw, 0.0, end, names, axes, named=False)
    axes.set_xlim(0, end)
    axes.set_xlabel("Time from the start of the recording (s)")
    axes.set_ylabel(label)
    text = f"{label} along a recording of {end:.4g} s for {len(onsets)} windows: {_said(names)}"
    describe(axes, f"{text}; {n_events} events are marked.")
    return figure


def _draw_predictions(axes: Axes, onsets: Array, predictions: Array, names: Sequence[Any]) -> None:
    values = predictions.reshape(len(predictions), -1)
    if values.shape != (len(onsets), len(names)):
        raise ValueError(
            f"expected predictions of shape {(len(onsets), len(names))}, got {predictions.shape}"
        )
    many = len(names) > len(COLORS)
    for place, name in enumerate(names):
        line = ("-", "--", "-.", ":")[place % 4]
        axes.plot(
            onsets, values[:, place], line, drawstyle="steps-post", linewidth=1.3,
            color=COLORS[place % len(COLORS)], label=None if many else shortened(name),
            rasterized=len(onsets) > 3000,
        )  # fmt: skip
    axes.grid(axis="y")
    if not many:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _mark_events(
    raw: mne.io.BaseRaw,
    start: float,
    stop: float,
    names: Sequence[object],
    *axes: Axes,
    named: bool = True,
) -> int:
    """Mark the annotations of a stretch, and return their number."""
    onsets = raw.annotations.onset
    if raw.annotations.orig_time is not None:
        onsets = onsets - raw.first_time
    inside = (onsets + raw.annotations.duration >= start) & (onsets <= stop)
    rows = list(
        zip(
            onsets[inside], raw.annotations.duration[inside], raw.annotations.description[inside],
            strict=True,
        )
    )  # fmt: skip
    # An event has the colour of the class of its name; others have the colours that are left.
    known = [str(name) for name in names]
    kinds = known + sorted({str(description) for _, _, description in rows} - set(known))
    colors = {kind: COLORS[place % len(COLORS)] for place, kind in enumerate(kinds)}
    for kind, color in colors.items():  # one artist for all events of a kind
        mine = [(onset, duration) for onset, duration, name in rows if str(name) == kind]
        spans = [(onset, duration) for onset, duration in mine if 0 < duration < stop - start]
        for one in axes if mine else ():
            across = one.get_xaxis_transform()
            at = [onset for onset, _ in mine]
            one.vlines(at, 0, 1, color=color, linewidth=0.9, alpha=0.8, transform=across)
            one.broken_barh(
                spans, (0, 1), facecolor=color, alpha=0.12, linewidth=0, transform=across
            )
    if named and len(rows) <= _MOST_NAMED:
        _name_events(
            axes[0], start, stop, [(float(onset), name) for onset, _, name in rows], colors
        )
    return len(rows)


def _name_events(
    axes: Axes,
    start: float,
    stop: float,
    events: Sequence[tuple[float, str]],
    colors: Mapping[str, str],
) -> None:
    """Write the names of events above axes, in one of two lines where there is room."""
    ends = [-np.inf, -np.inf]
    for onset, description in events:
        text = shortened(description, 14)
        width = (len(text) + 1) * (stop - start) / 150
        line = 0 if onset > ends[0] else 1
        if start <= onset <= stop - width and onset > ends[line]:
            axes.annotate(
                text, (onset, 1), xycoords=("data", "axes fraction"), xytext=(1, 2 + 11 * line),
                textcoords="offset points", color=colors[str(description)], fontsize=8.5,
            )  # fmt: skip
            ends[line] = onset + width


def _spread(names: Sequence[str], most: int) -> list[str]:
    """Return at most `most` names, evenly chosen."""
    if len(names) <= most:
        return list(names)
    return [names[round(place)] for place in np.linspace(0, len(names) - 1, most)]


def _eeg_names(raw: mne.io.BaseRaw) -> list[str]:
    picks = mne.pick_types(raw.info, eeg=True, exclude=())
    chosen = picks if len(picks) else range(len(raw.ch_names))
    return [raw.ch_names[pick] for pick in chosen]


def _nice(value: float) -> float:
    """Return the nearest of 1, 2 and 5 times a power of ten that is not smaller."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power * 1.0001))


def _said(names: Sequence[object]) -> str:
    return ", ".join(shortened(name) for name in names[:10])
