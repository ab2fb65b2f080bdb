"""Picture of a night: hypnogram, hypnodensity and spectrogram."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from eegzoo.files import written_whole
from eegzoo.sleep.hypnogram import Hypnogram
from eegzoo.sleep.inputs.derivations import choose_derivations
from eegzoo.sleep.inputs.usable_signals import derivation_signal
from eegzoo.sleep.pictures.night_spectrogram import BAND, night_spectrogram
from eegzoo.sleep.sleep_statistics import SleepStatistics
from eegzoo.sleep.stages import STAGES, UNSCORED

Array = npt.NDArray[np.float64]

# From top to bottom, as in sleep reports.
_ROWS = ("W", "R", "N1", "N2", "N3")
# Distinct to colour-blind people, and by their lightness in grey: deeper sleep is darker blue, and
# REM alone is red.
COLOURS = {"W": "#E3C878", "R": "#D55E00", "N1": "#9ECAE1", "N2": "#3F8FC4", "N3": "#0B3C75"}
_UNSCORED: dict[str, Any] = {
    "facecolor": "#EDEDED",
    "edgecolor": "#A6A6A6",
    "hatch": "////",
    "linewidth": 0.0,
}
_LIGHTS: dict[str, Any] = {"color": "#222222", "linestyle": (0, (4, 2)), "linewidth": 1.0}
_OUTLINE = [patheffects.withStroke(linewidth=2.5, foreground="white")]
_DAY = 24 * 3600


def plot_hypnogram(
    hypnogram: Hypnogram, raw: mne.io.BaseRaw | None = None, *, title: str | None = None
) -> Figure:
    """Draw a night: hypnogram over hypnodensity over the spectrogram of its first derivation.

    REM is red, unscored windows are hatched, and dashed lines are lights-off and lights-on. The
    spectrogram has a multitaper spectrum for each window.

    Parameters
    ----------
    hypnogram : Hypnogram
        Night.
    raw : mne.io.Raw | None
        Recording. None: without spectrogram.
    title : str | None
        Title, such as the name of the file.

    Returns
    -------
    matplotlib.figure.Figure
        Figure that belongs to no window; ``figure.savefig`` writes it.

    Examples
    --------
    >>> figure = plot_hypnogram(Hypnogram(["W", "N1", "N2", "R", "unscored", "W"]), title="A nap")
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['Stage']
    """
    if not isinstance(hypnogram, Hypnogram):
        raise TypeError(f"expected hypnogram to be a Hypnogram, got {type(hypnogram).__name__}")
    heights = [1.25]
    if hypnogram.probabilities is not None:
        heights.append(0.9)
    if raw is not None:
        heights.append(1.35)
    figure = Figure(figsize=(11.0, 1.5 + 2.0 * sum(heights)), layout="constrained")
    panels = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    times = _times(hypnogram)
    _draw_stages(panels[0], hypnogram, times)
    if hypnogram.probabilities is not None:
        _draw_probabilities(panels[1], hypnogram, times)
    if raw is not None:
        _draw_spectrogram(figure, panels[-1], hypnogram, raw, times)
    for axes in panels:
        _mark_lights(axes, hypnogram, named=axes is panels[0])
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
    _label_times(panels[-1], hypnogram, times)
    _write_head(figure, panels[0], hypnogram, title)
    return figure


def save_picture(
    path: str | os.PathLike[str],
    hypnogram: Hypnogram,
    raw: mne.io.BaseRaw | None = None,
    *,
    title: str | None = None,
) -> None:
    """Write the picture of `plot_hypnogram` to a file, completely or not at all.

    Parameters
    ----------
    path : path-like
        File that ends in ``.png``, ``.svg`` or ``.pdf``.
    hypnogram, raw, title
        As in `plot_hypnogram`.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_picture(f"{folder}/nap.svg", Hypnogram(["W", "N1", "N2"]))
    """
    figure = plot_hypnogram(hypnogram, raw, title=title)
    with written_whole(path) as draft:
        figure.savefig(draft, format=Path(path).suffix[1:].lower(), dpi=150)


def _times(hypnogram: Hypnogram) -> Array:
    """Return the edges of the windows: matplotlib's days if there is a date, else hours."""
    edges = np.append(hypnogram.onsets, hypnogram.onsets[-1] + hypnogram.durations[-1])
    return _on_axis(hypnogram, edges)


def _on_axis(hypnogram: Hypnogram, seconds: Any) -> Array:
    if hypnogram.meas_date is None:
        return np.asarray(seconds, np.float64) / 3600
    start = float(date2num(hypnogram.meas_date))  # type: ignore[no-untyped-call]
    return start + np.asarray(seconds, np.float64) / _DAY


def _draw_stages(axes: Axes, hypnogram: Hypnogram, times: Array) -> None:
    """Draw the stages as a line with steps; its level parts have the colours of the stages."""
    level = {stage: -place for place, stage in enumerate(_ROWS)}
    runs = _runs(hypnogram.stages)
    for (_, _, stage), (following, _, other) in itertools.pairwise(runs):
        if UNSCORED not in (stage, other):
            ends = level[stage], level[other]
            axes.vlines(times[following], min(ends), max(ends), color="#555555", linewidth=0.8)
    for first, last, stage in runs:
        if stage == UNSCORED:
            continue
        width = 5.0 if stage == "R" else 3.2
        axes.hlines(
            level[stage], times[first], times[last], color=COLOURS[stage], linewidth=width
        ).set_capstyle("butt")
    _hatch_unscored(axes, hypnogram, times)
    axes.set_yticks([level[stage] for stage in _ROWS], _ROWS)
    axes.get_yticklabels()[_ROWS.index("R")].set_color(COLOURS["R"])
    axes.set_ylim(-len(_ROWS) + 0.5, 0.5)
    axes.set_ylabel("Stage")
    axes.grid(axis="y", color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_probabilities(axes: Axes, hypnogram: Hypnogram, times: Array) -> None:
    """Draw the probabilities, one on the other, in steps."""
    probabilities = np.nan_to_num(hypnogram.probabilities)
    base = np.zeros(len(hypnogram))
    for stage in reversed(_ROWS):
        top = base + probabilities[:, STAGES.index(stage)]
        axes.stairs(top, times, baseline=base, fill=True, color=COLOURS[stage], linewidth=0)
        base = top
    _hatch_unscored(axes, hypnogram, times)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.set_ylabel("Probability")


def _draw_spectrogram(
    figure: Figure, axes: Axes, hypnogram: Hypnogram, raw: mne.io.BaseRaw, times: Array
) -> None:
    names = list(hypnogram.channels[:1]) or None
    derivation = choose_derivations(raw, names)[0]
    start = round(hypnogram.onset * raw.info["sfreq"])
    x = derivation_signal(raw, derivation)[max(start, 0) :]
    frequencies, decibels = night_spectrogram(x, float(raw.info["sfreq"]), hypnogram.window_seconds)
    n_windows = min(len(decibels), len(hypnogram))
    decibels = decibels[:n_windows]
    scored = np.array([stage != UNSCORED for stage in hypnogram.stages[:n_windows]])
    shown = decibels[scored & np.isfinite(decibels).all(axis=1)]
    low, high = np.percentile(shown, [3, 98]) if shown.size else (-20.0, 30.0)
    step = frequencies[1] - frequencies[0]
    edges = np.append(frequencies - step / 2, frequencies[-1] + step / 2)
    mesh = axes.pcolormesh(
        times[: n_windows + 1], edges, decibels.T, cmap="viridis", vmin=low, vmax=high,
        rasterized=True,
    )  # fmt: skip
    _hatch_unscored(axes, hypnogram, times)
    axes.set_ylim(BAND[0], min(BAND[1], float(frequencies[-1])))
    axes.set_ylabel(f"Frequency (Hz)\n{derivation.name}")
    bar = figure.colorbar(mesh, ax=axes, pad=0.01, fraction=0.025, aspect=14)
    bar.set_label("Power (dB re 1 µV²/Hz)", fontsize=8)
    bar.ax.tick_params(labelsize=8)


def _hatch_unscored(axes: Axes, hypnogram: Hypnogram, times: Array) -> None:
    for first, last, stage in _runs(hypnogram.stages):
        if stage == UNSCORED:
            axes.axvspan(times[first], times[last], zorder=3, **_UNSCORED)


def _mark_lights(axes: Axes, hypnogram: Hypnogram, named: bool) -> None:
    marks = (
        ("lights off", hypnogram.lights_off, 3, "left"),
        ("lights on", hypnogram.lights_on, -3, "right"),
    )
    for name, seconds, shift, side in marks:
        if seconds is None:
            continue
        time = float(_on_axis(hypnogram, seconds))
        axes.axvline(time, zorder=4, path_effects=_OUTLINE, **_LIGHTS)
        if named:
            axes.annotate(
                name, (time, 0), (shift, 3), xycoords=("data", "axes fraction"), fontsize=8,
                textcoords="offset points", ha=side, path_effects=_OUTLINE, zorder=5,
            )  # fmt: skip


def _label_times(axes: Axes, hypnogram: Hypnogram, times: Array) -> None:
    axes.set_xlim(times[0], times[-1])
    if hypnogram.meas_date is None:
        axes.set_xlabel("Time from the start of the recording (h)")
        return
    zone = hypnogram.meas_date.tzinfo
    axes.xaxis.set_major_locator(AutoDateLocator(tz=zone, minticks=5, maxticks=12))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=zone))  # type: ignore[no-untyped-call]
    axes.set_xlabel(f"Clock time, from {hypnogram.meas_date:%-d %B %Y}")


def _write_head(figure: Figure, axes: Axes, hypnogram: Hypnogram, title: str | None) -> None:
    """Write the title, how the night was staged, the most important statistics and the legend."""
    staged = [", ".join(hypnogram.channels), hypnogram.model or ""]
    head = " · ".join(part for part in (title or "", *staged) if part)
    figure.suptitle(head or "Hypnogram", fontsize=11, x=0.01, ha="left", weight="bold")
    axes.set_title(_summary(hypnogram.statistics()), fontsize=9, loc="left", color="#333333")
    handles = [Patch(facecolor=COLOURS[stage], label=stage) for stage in _ROWS]
    if UNSCORED in hypnogram.stages:
        handles.append(Patch(label=UNSCORED, **_UNSCORED))
    figure.legend(
        handles=handles, loc="outside upper right", ncols=len(handles), fontsize=8, frameon=False,
        handlelength=1.2, columnspacing=1.0,
    )  # fmt: skip


def _summary(statistics: SleepStatistics) -> str:
    parts = [
        f"TIB {_shown(statistics.time_in_bed, 'min')}",
        f"TST {_shown(statistics.total_sleep_time, 'min')}",
        f"SE {_shown(statistics.sleep_efficiency, '%')}",
        f"SOL {_shown(statistics.sleep_onset_latency, 'min')}",
        f"WASO {_shown(statistics.wake_after_sleep_onset, 'min')}",
        f"REM latency {_shown(statistics.rem_latency, 'min')}",
    ]
    shares = "  ".join(
        f"{stage} {_shown(share, '%')}" for stage, share in statistics.shares.items()
    )
    return "  ·  ".join([*parts, f"of TST: {shares}"])


def _shown(value: float, unit: str) -> str:
    return "–" if math.isnan(value) else f"{value:.0f} {unit}"


def _runs(stages: Any) -> list[tuple[int, int, str]]:
    """Return the first window, the window after the last, and the stage of each run."""
    changes = [k for k in range(1, len(stages)) if stages[k] != stages[k - 1]]
    edges = [0, *changes, len(stages)]
    return [(first, last, stages[first]) for first, last in itertools.pairwise(edges)]
