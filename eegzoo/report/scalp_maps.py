"""Maps of channels on the scalp, or bars where the positions of electrodes are not known."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from eegzoo.data.signal.channel_names import standard_name
from eegzoo.data.signal.montage import named_montage
from eegzoo.report.channel_labels import channel_labels
from eegzoo.report.style import COLORS, DIVERGING

Array = npt.NDArray[Any]

# Fewer electrodes do not make a map.
_FEWEST = 4
# Number of bars that fit beside their names.
_BARS = 8


def located(ch_names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the channels that a map can show, by the positions of the 10-05 system.

    There are none unless at least four channels, and half of them, have a position: a few names of
    another system can be those of electrodes elsewhere.

    Examples
    --------
    >>> located(["EEG C3..", "Cz", "C4", "Oz", "EOG"]).tolist()
    [0, 1, 2, 3]
    >>> located(["C3", "C4"]).tolist()
    []
    """
    positions = named_montage().get_positions()["ch_pos"]
    names = [standard_name(name) for name in ch_names]
    found = [i for i, name in enumerate(names) if name in positions]
    if len({names[i] for i in found}) < max(_FEWEST, len(ch_names) / 2):
        return np.array([], np.int64)
    return np.array(found, np.int64)


def draw_map(
    axes: Axes,
    values: Array,
    ch_names: Sequence[str],
    limit: float,
    title: str = "",
    *,
    sensors: bool = True,
    unit: str = "",
) -> None:
    """Draw a map of one value for each channel, blue below zero and red above.

    Parameters
    ----------
    axes : Axes
        Axes to draw in.
    values : array, shape (n_chans,)
        Value of each channel.
    ch_names : sequence of str
        Names of the channels.
    limit : float
        Largest magnitude, at which the colours end.
    title : str
        Title of the axes.
    sensors : bool
        Whether to show where the electrodes are, which takes most of the time.
    unit : str
        What the values are, which is written below bars; maps have a scale of colours.

    Examples
    --------
    >>> from eegzoo.report.style import one_axes
    >>> figure, axes = one_axes(None)
    >>> draw_map(axes, np.array([3.0, -1.0]), ["left", "right"], limit=3.0)
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['left', 'right']
    """
    limit = limit if np.isfinite(limit) and limit > 0 else 1.0
    shown = located(ch_names)
    axes.set_title(title, loc="center", fontsize="medium")
    if not len(shown):
        _draw_bars(axes, values, ch_names, limit)
        axes.set_xlabel(unit, fontsize="small")
        return
    names = [standard_name(ch_names[i]) for i in shown]
    _, first = np.unique(names, return_index=True)  # of channels in one place, the first
    shown, names = shown[np.sort(first)], [names[i] for i in np.sort(first)]
    info = mne.create_info(names, 1.0, "eeg", verbose="ERROR").set_montage(named_montage())
    mne.viz.plot_topomap(
        np.asarray(values, float)[shown], info, axes=axes, show=False, cmap=DIVERGING,
        vlim=(-limit, limit), contours=0, res=48, sensors="k." if sensors else False,
    )  # fmt: skip


def map_note(ch_names: Sequence[str]) -> str:
    """Return what a reader of maps of these channels has to know.

    Examples
    --------
    >>> map_note(["left", "right"])
    'Bars, because the positions of the electrodes are not known.'
    >>> map_note(["C3", "Cz", "C4", "Pz", "EOG"])
    'Without EOG, whose positions are not known.'
    """
    shown = located(ch_names)
    if not len(shown):
        if len(ch_names) == 1:
            return "A bar, because one channel makes no map."
        most = "" if len(ch_names) <= _BARS else f" for the {_BARS} largest values"
        return f"Bars{most}, because the positions of the electrodes are not known."
    left_out = [name for i, name in enumerate(ch_names) if i not in set(shown.tolist())]
    if not left_out:
        return ""
    few = ", ".join(left_out) if len(left_out) < 6 else f"{len(left_out)} channels"
    return f"Without {few}, whose positions are not known."


def color_scale(
    figure: Figure | SubFigure, axes: Any, limit: float, label: str, size: float = 0.6
) -> None:
    """Add the scale of the colours of maps from -limit to limit beside their axes.

    Parameters
    ----------
    figure : Figure
        Figure of the maps.
    axes : array of Axes
        Axes of the maps.
    limit : float
        Largest magnitude, at which the colours end.
    label : str
        What the values are.
    size : float
        Length of the scale as a fraction of the height of the axes.

    Examples
    --------
    >>> from eegzoo.report.style import one_axes
    >>> figure, axes = one_axes(None)
    >>> color_scale(figure, [axes], 2.0, "Pattern (µV)")
    >>> figure.axes[1].get_ylabel()
    'Pattern (µV)'
    """
    limit = limit if np.isfinite(limit) and limit > 0 else 1.0
    colors = ScalarMappable(Normalize(-limit, limit), DIVERGING)
    figure.colorbar(colors, ax=axes, label=label, shrink=size, aspect=15, pad=0.02)


def strongest(values: Array, ch_names: Sequence[str], n_shown: int = 3) -> str:
    """Return the names of the channels with the largest magnitudes.

    Examples
    --------
    >>> strongest(np.array([1.0, -5.0, 2.0]), ["C3", "Cz", "C4"], 2)
    'Cz and C4'
    """
    names = [ch_names[i] for i in np.argsort(-abs(np.asarray(values)), kind="stable")[:n_shown]]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _draw_bars(axes: Axes, values: Array, ch_names: Sequence[str], limit: float) -> None:
    largest = np.sort(np.argsort(-abs(np.asarray(values)), kind="stable")[:_BARS])
    shown = np.asarray(values, float)[largest]
    colors = [COLORS[1] if value > 0 else COLORS[0] for value in shown]
    axes.barh(np.arange(len(largest)), shown, color=colors)
    labels = channel_labels(ch_names, 10)
    axes.set_yticks(np.arange(len(largest)), [labels[i] for i in largest])
    axes.set_ylim(len(largest) - 0.5, -0.5)
    axes.set_xlim(-1.05 * limit, 1.05 * limit)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xticks([-limit, 0.0, limit], [f"−{limit:.2g}", "0", f"{limit:.2g}"])


def write_note(figure: Figure | SubFigure, note: str) -> None:
    """Write a note below all axes of a figure, in lines that fit its width."""
    if note:
        width = figure.bbox.width / figure.dpi  # inches
        figure.supxlabel(textwrap.fill(note, int(13 * width)), fontsize="small")
