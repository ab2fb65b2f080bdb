"""Figures of temporal kernels with their responses, and of spatial filters with their patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure, SubFigure

from eegzoo.arguments import number_between, positive_int
from eegzoo.models.front_filters import FrontFilters
from eegzoo.report.model.cross_spectra import frequency_response
from eegzoo.report.model.spatial_patterns import SpatialPatterns
from eegzoo.report.scalp_maps import color_scale, draw_map, located, map_note, strongest, write_note
from eegzoo.report.style import COLORS, WIDE, axes_grid, describe, styled

Array = npt.NDArray[Any]

# Decibels below the largest gain at which the axis ends.
_FLOOR = -40.0


@styled
def plot_temporal_filters(
    filters: FrontFilters, sfreq: float, axes: Any = None, *, max_filters: int = 16
) -> Figure | SubFigure:
    """Plot temporal kernels (s), each beside its frequency response (Hz).

    Parameters
    ----------
    filters : FrontFilters
        Filters of a model, from `eegzoo.models.front_filters`.
    sfreq : float
        Sampling rate in Hz.
    axes : array of Axes | None
        Axes to draw in, two for each filter that is shown. None: a new figure.
    max_filters : int
        Largest number of filters to show; of more, those with the largest weights are shown.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Raises
    ------
    ValueError
        If there are no temporal filters.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> figure = plot_temporal_filters(eegzoo.models.front_filters(model), sfreq=128)
    >>> figure.axes[-2].get_xlabel(), figure.axes[-1].get_xlabel(), len(figure.axes)
    ('Time (s)', 'Frequency (Hz)', 16)
    """
    sfreq = number_between("sfreq", sfreq, 0.0, above=True)
    kernels = [kernel.numpy() for kernel in filters.kernels]
    if not kernels:
        raise ValueError(f"expected filters with temporal ones, got none: {filters.note}")
    sizes = np.array([np.square(kernel).sum() for kernel in kernels])
    shown = _largest(sizes, max_filters)
    per_row = 2 if len(shown) > 1 else 1
    n_rows = -(-len(shown) // per_row)
    size = (WIDE if per_row == 2 else WIDE / 2, 1.35 * n_rows + 0.6)
    figure, grid = _pairs(axes, len(shown), per_row, size)
    frequencies = np.linspace(0.0, sfreq / 2, 513)
    peaks = []
    for i, (left, right) in zip(shown, grid, strict=True):
        kernel = kernels[i]
        gain = abs(frequency_response(kernel[None], sfreq, frequencies)[0])
        peaks.append(float(frequencies[gain.argmax()]))
        decibels = 20 * np.log10(np.maximum(gain / max(gain.max(), 1e-30), 1e-6))
        left.plot((np.arange(len(kernel)) - len(kernel) // 2) / sfreq, kernel, color=COLORS[0])
        left.axhline(0.0, color="black", linewidth=0.5)
        right.plot(frequencies, decibels, color=COLORS[1])
        right.set_ylim(_FLOOR, 3.0)
        right.set_xlim(0.0, sfreq / 2)
        left.set_title(f"Filter {i + 1}")
        right.set_title(f"{peaks[-1]:.3g} Hz")
        left.set_ylabel("Weight")
        right.set_ylabel("Gain (dB)")
        left.locator_params(axis="y", nbins=3)
        left.set_xlabel("Time (s)")
        right.set_xlabel("Frequency (Hz)")
    if axes is None:
        for pair in grid[:-per_row]:
            for one in pair:
                one.set_xlabel("")
    most = "" if len(shown) == len(kernels) else f" with the largest weights of {len(kernels)}"
    listed = ", ".join(f"filter {i + 1} {peak:.3g}" for i, peak in zip(shown, peaks, strict=True))
    text = (
        f"{len(shown)} temporal filters{most}, each with its kernel in seconds and its gain by "
        f"frequency. Frequencies of the largest gains in Hz: {listed}."
    )
    describe(figure if axes is None else grid[0][0], text)
    return figure


@styled
def plot_spatial_patterns(
    patterns: SpatialPatterns, axes: Any = None, *, max_filters: int = 16
) -> Figure | SubFigure:
    """Plot spatial filters, each beside its pattern, over the scalp.

    The filter says how the model weights the channels; the pattern says where the signal that it
    extracts appears. Each map has its own scale; the amplitude of a pattern stands above it.

    Parameters
    ----------
    patterns : SpatialPatterns
        Filters and patterns, from `eegzoo.report.spatial_patterns`.
    axes : array of Axes | None
        Axes to draw in, two for each filter that is shown. None: a new figure.
    max_filters : int
        Largest number of filters to show; of more, those with the largest patterns are shown.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Raises
    ------
    ValueError
        If there are no spatial filters.

    References
    ----------
    Haufe et al. (2014). On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 87. https://doi.org/10.1016/j.neuroimage.2013.10.067

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("xeegnet", sfreq=128, max_epochs=1)
    >>> patterns = eegzoo.report.spatial_patterns(classifier.fit(X, [0, 1] * 10), X)
    >>> figure = plot_spatial_patterns(patterns)
    >>> figure.axes[0].get_title().splitlines()
    ['1, 2 Hz', 'filter']
    """
    if not len(patterns):
        raise ValueError(f"expected patterns of spatial filters, got none: {patterns.note}")
    amplitudes = abs(patterns.patterns).max(axis=1)
    shown = _largest(amplitudes, max_filters)
    has_maps = bool(len(located(patterns.ch_names)))
    per_row = min(4 if has_maps else 2, len(shown))
    n_rows = -(-len(shown) // per_row)
    # A bar for each of up to eight channels.
    height = 1.75 if has_maps else 1.1 + 0.2 * min(len(patterns.ch_names), 8)
    figure, grid = _pairs(axes, len(shown), per_row, (WIDE, height * n_rows + 0.5))
    texts: list[str] = []
    options: dict[str, Any] = {"sensors": len(shown) <= 4, "unit": "relative to the largest"}
    for i, (left, right) in zip(shown, grid, strict=True):
        values = patterns.filters[i], patterns.patterns[i]
        filter_, pattern = (value / max(abs(value).max(), 1e-30) for value in values)
        label = f"{i + 1}, {patterns.frequencies[i]:.3g} Hz"
        draw_map(left, filter_, patterns.ch_names, 1.0, f"{label}\nfilter", **options)
        amplitude = f"{amplitudes[i]:.3g} {patterns.unit}".rstrip()
        draw_map(right, pattern, patterns.ch_names, 1.0, f"\npattern, {amplitude}", **options)
        texts.append(f"{label}: pattern largest at {strongest(pattern, patterns.ch_names, 2)}.")
    note = map_note(patterns.ch_names)
    if axes is None:
        if has_maps:
            color_scale(figure, figure.axes, 1.0, "Relative to the largest", 0.5)
        write_note(figure, note)
    most = "" if len(shown) == len(patterns) else f" with the largest patterns of {len(patterns)}"
    text = f"{len(shown)} spatial filters{most} beside their patterns. {note} {' '.join(texts)}"
    describe(figure if axes is None else grid[0][0], text)
    return figure


def _largest(sizes: Array, max_shown: int) -> Array:
    """Return the indices of the largest sizes, in order."""
    positive_int("max_filters", max_shown)
    return np.sort(np.argsort(-sizes, kind="stable")[:max_shown])


def _pairs(
    axes: Any, n_pairs: int, per_row: int, size: tuple[float, float]
) -> tuple[Figure | SubFigure, list[Array]]:
    """Return pairs of axes beside each other, and their figure; unused ones are removed."""
    if axes is not None:
        figure, grid = axes_grid(axes, n_pairs, 2)
        return figure, list(grid)
    n_rows = -(-n_pairs // per_row)
    figure, grid = axes_grid(None, n_rows, 2 * per_row, size)
    cells = list(grid.reshape(-1, 2))
    for unused in cells[n_pairs:]:
        for one in unused:
            one.remove()
    return figure, cells[:n_pairs]
