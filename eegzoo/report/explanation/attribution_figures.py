"""Figures of attributions: over the scalp, along time, and by band and channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.channel_labels import channel_labels
from eegzoo.report.frequency_bands import band_text
from eegzoo.report.scalp_maps import (
    color_scale,
    draw_map,
    located,
    map_note,
    strongest,
    write_note,
)  # fmt: skip
from eegzoo.report.style import COLORS, DIVERGING, NARROW, WIDE, axes_grid, describe, styled

Array = npt.NDArray[Any]
# Lines that have a colour and a name; the others are grey.
_NAMED_LINES = 6
# Columns that have a name each.
_NAMED_COLUMNS = 32


@styled
def draw_scalps(
    by_label: Mapping[Any, Array],
    times: Array,
    ch_names: Sequence[str],
    n_maps: int,
    unit: str,
    axes: Any = None,
) -> Figure | SubFigure:
    """Draw the sum of attributions in stretches of time over the scalp, a row for each label.

    Parameters
    ----------
    by_label : mapping of label to array, shape (n_chans, n_times)
        Mean attributions.
    times : array, shape (n_times,)
        Times in seconds.
    ch_names : sequence of str
        Names of the channels.
    n_maps : int
        Number of stretches.
    unit : str
        What the numbers are, with their unit.
    axes : array of Axes | None
        Axes, `n_maps` for each label. None: a new figure.

    Examples
    --------
    >>> from eegzoo.report.style import alternative_text
    >>> mean = np.array([[0.0, 1.0], [0.0, 0.0]])
    >>> figure = draw_scalps({"left": mean}, np.array([0.0, 0.5]), ["a", "b"], 2, "Loss (logit)")
    >>> alternative_text(figure).partition(".")[0]
    'Attributions to left over the scalp in 2 stretches of time'
    """
    n_maps = min(n_maps, len(times))
    parts = np.array_split(np.arange(len(times)), n_maps)
    size = (WIDE, 2.3 * len(by_label) + 0.5)
    figure, grid = axes_grid(axes, len(by_label), n_maps, size)
    sums = {name: [mean[:, part].sum(1) for part in parts] for name, mean in by_label.items()}
    limit = max(float(abs(np.array(maps)).max()) for maps in sums.values())
    step = times[1] - times[0] if len(times) > 1 else 0.0
    for (name, maps), row in zip(sums.items(), grid, strict=True):
        for values, part, one in zip(maps, parts, row, strict=True):
            stretch = _stretch(times[part[0]], times[part[-1]] + step)
            first = f"{name}\n" if one is row[0] else "\n"
            draw_map(one, values, ch_names, limit, f"{first}{stretch}", unit=unit)
            describe(one, f"{name}, {stretch}: largest at {strongest(values, ch_names)}.")
    if len(located(ch_names)):
        color_scale(figure, grid, limit, unit, 0.8)
    note = map_note(ch_names)
    if axes is None:
        write_note(figure, note)
        labels = ", ".join(map(str, by_label))
        texts = [str(one.get_label()) for one in grid.flat]
        describe(
            figure,
            f"Attributions to {labels} over the scalp in {n_maps} stretches of time. "
            f"{note} {' '.join(texts)}",
        )
    return figure


@styled
def draw_butterfly(
    by_label: Mapping[Any, Array],
    times: Array,
    ch_names: Sequence[str],
    unit: str,
    axes: Any = None,
) -> Figure | SubFigure:
    """Draw attributions along time, a line for each channel and axes for each label.

    The channels with the largest attributions have a colour and a name.

    Parameters
    ----------
    by_label, times, ch_names, unit, axes
        As in `draw_scalps`, with one axes for each label.

    Examples
    --------
    >>> mean = np.random.default_rng(0).normal(size=(3, 50))
    >>> figure = draw_butterfly({"left": mean}, np.arange(50) / 50, ["C3", "Cz", "C4"], "a.u.")
    >>> figure.axes[0].get_xlabel(), len(figure.axes[0].lines)
    ('Time (s)', 4)
    """
    labels = channel_labels(ch_names)
    figure, grid = axes_grid(axes, len(by_label), 1, (WIDE, 2.6 * len(by_label) + 0.4), sharex=True)
    for (name, mean), one in zip(by_label.items(), grid[:, 0], strict=True):
        order = np.argsort(-np.square(mean).sum(1), kind="stable")
        named = order[: min(_NAMED_LINES, len(order))]
        for i in order[::-1]:
            place = np.flatnonzero(named == i)
            style: dict[str, Any] = {"color": "#BBBBBB", "linewidth": 0.7}
            if len(place):
                style = {"color": COLORS[place[0]], "label": labels[i]}
            one.plot(times, mean[i], **style)
        one.axhline(0.0, color="black", linewidth=0.8)
        handles, names = one.get_legend_handles_labels()
        one.legend(handles[::-1], names[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
        one.set_title(str(name))
        one.set_ylabel(unit.replace(" (", "\n("))
        one.margins(x=0.0)
        values, at = abs(mean).max(0), int(abs(mean).max(0).argmax())
        describe(
            one,
            f"Attributions to {name} along time, one line for each of {len(ch_names)} channels: "
            f"largest ({values[at]:.2g}) at {times[at]:.2f} s, overall at "
            f"{strongest(np.square(mean).sum(1), ch_names)}.",
        )
    grid[-1, 0].set_xlabel("Time (s)")
    return figure


@styled
def draw_bands(
    by_label: Mapping[Any, Array],
    bands: Mapping[str, tuple[float, float]],
    ch_names: Sequence[str],
    unit: str,
    axes: Any = None,
) -> Figure | SubFigure:
    """Draw attributions of bands (rows) and channels (columns), axes for each label.

    Parameters
    ----------
    by_label : mapping of label to array, shape (n_bands, n_chans)
        Mean attributions.
    bands : mapping of str to tuple of float
        Bands in Hz.
    ch_names, unit, axes
        As in `draw_butterfly`.

    Examples
    --------
    >>> bands = {"mu": (8, 13), "beta": (13, 30)}
    >>> figure = draw_bands({"left": np.eye(2)}, bands, ["C3", "C4"], "Loss (logit)")
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['mu, 8–13 Hz', 'beta, 13–30 Hz']
    """
    height = (0.32 * len(bands) + 1.4) * len(by_label) + 0.4
    width = NARROW if len(ch_names) <= 8 else WIDE
    figure, grid = axes_grid(axes, len(by_label), 1, (width, height), sharex=True)
    limit = max(float(abs(values).max()) for values in by_label.values())
    limit = limit if limit > 0 else 1.0
    rows = [band_text(name, edges) for name, edges in bands.items()]
    for (name, values), one in zip(by_label.items(), grid[:, 0], strict=True):
        one.imshow(values, aspect="auto", cmap=DIVERGING, vmin=-limit, vmax=limit)
        one.set_yticks(np.arange(len(rows)), rows)
        one.set_title(str(name))
        band, channel = map(int, np.unravel_index(abs(values).argmax(), values.shape))
        describe(
            one,
            f"Attributions to {name} of {len(rows)} bands (rows) and {len(ch_names)} channels "
            f"(columns): largest ({values[band, channel]:.2g}) for {rows[band]} at "
            f"{ch_names[channel]}.",
        )
    _name_columns(grid[-1, 0], ch_names, np.sum([abs(v).sum(0) for v in by_label.values()], 0))
    color_scale(figure, grid, limit, unit, 0.9)
    return figure


def _name_columns(axes: Axes, ch_names: Sequence[str], weights: Array) -> None:
    """Write the names of all columns, or of the largest ones if there are too many."""
    shown = np.arange(len(ch_names))
    label = "Channel"
    if len(ch_names) > _NAMED_COLUMNS:
        shown = _apart(np.argsort(-weights, kind="stable"), len(ch_names) / _NAMED_COLUMNS)
        label = f"Channel ({len(ch_names)} in all; the names of some with large attributions)"
    labels = channel_labels(ch_names)
    names = [labels[i] for i in shown]
    axes.set_xticks(shown, names, rotation=90 if len(ch_names) > 8 else 0)
    axes.set_xlabel(label)


def _apart(order: Array, distance: float) -> Array:
    """Return the first values of an order that are apart by at least a distance, at most 24."""
    chosen: list[int] = []
    for i in order.tolist():
        if all(abs(i - other) >= distance for other in chosen):
            chosen.append(i)
        if len(chosen) == 24:
            break
    return np.sort(np.array(chosen))


def _stretch(start: float, stop: float) -> str:
    """Return a stretch of time in words, without a zero that has a sign."""
    first, last = (f"{round(float(time), 2) + 0.0:.2f}" for time in (start, stop))
    return f"{first} to {last} s"
