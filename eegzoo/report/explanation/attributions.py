"""Attributions with the names of what they refer to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.explanation.attribution_figures import (
    draw_bands,
    draw_butterfly,
    draw_scalps,
)

Array = npt.NDArray[Any]
METHODS = ("integrated_gradients", "occlusion", "permutation")


@dataclasses.dataclass(frozen=True)
class Attributions:
    """Attributions of a model's outputs to its input, as `eegzoo.report.explain` returns them.

    Positive values raise the explained output, negative values lower it.

    Parameters
    ----------
    values : array, shape (n_windows, n_chans, n_times)
        Attribution of each sample. With "occlusion" and "permutation" the samples of a stretch
        share one value, the loss of the output without the stretch.
    by_band : array, shape (n_windows, n_bands, n_chans)
        Attribution of each band of each channel. With "integrated_gradients" and bands without
        gaps they add up to those of the samples, except for that of a channel's mean.
    bands : mapping of str to tuple of float
        Lower and upper edge of each band in Hz.
    ch_names : sequence of str
        Names of the channels.
    times : array, shape (n_times,)
        Times in seconds, relative to the event of a window.
    labels : array, shape (n_windows,)
        Class, label or target that is explained for each window.
    classes : array, shape (n_outputs,)
        All classes, labels or targets.
    method : str
        Method: "integrated_gradients", "occlusion" or "permutation".
    baseline : str
        Name of the baseline.
    unit : str
        Unit of the outputs: "logit" or "unit of y".
    differences : array, shape (n_windows,) | None
        Output for each window minus that for its baseline. None: there is no baseline.
    patch_seconds : float
        Length in seconds of the stretches of "occlusion" and "permutation".

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> attributions = eegzoo.report.explain(classifier.fit(X, [0, 1] * 10), X[:4], target=1)
    >>> attributions
    <Attributions of class 1 by integrated_gradients: 4 windows, 3 channels, 128 samples>
    >>> figure = attributions.plot_butterfly()
    """

    values: Array
    by_band: Array
    bands: Mapping[str, tuple[float, float]]
    ch_names: Sequence[str]
    times: Array
    labels: Array
    classes: Array
    method: str
    baseline: str
    unit: str = "logit"
    differences: Array | None = None
    patch_seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        explained = ", ".join(map(str, np.unique(self.labels).tolist()))
        n_windows, n_chans, n_times = self.values.shape
        return (
            f"<Attributions of class {explained} by {self.method}: {n_windows} windows, "
            f"{n_chans} channels, {n_times} samples>"
        )

    def mean(self, label: Any = None) -> Array:
        """Return the mean over the windows that are explained for a label, (n_chans, n_times).

        Parameters
        ----------
        label : label | None
            One of `classes`. None: all windows.
        """
        mean: Array = self.values[self._chosen(label)].mean(axis=0)
        return mean

    def renamed(self, names: Mapping[Any, str]) -> Attributions:
        """Return the attributions with other names of classes, labels or targets.

        Parameters
        ----------
        names : mapping of label to str
            New names of those that change.
        """
        labels, classes = (
            np.array([names.get(name, str(name)) for name in values.tolist()])
            for values in (self.labels, self.classes)
        )
        return dataclasses.replace(self, labels=labels, classes=classes)

    def plot_topomap(
        self, label: Any = None, n_maps: int = 5, axes: Any = None
    ) -> Figure | SubFigure:
        """Plot mean attributions over the scalp in stretches of time, one row for each class.

        Without known positions of the electrodes, bars take the place of maps.

        Parameters
        ----------
        label : label | None
            Class to plot. None: each class that is explained.
        n_maps : int
            Number of stretches that the window is divided into.
        axes : array of Axes | None
            Axes to draw in, `n_maps` for each class. None: a new figure.

        Returns
        -------
        Figure
            Figure with an alternative text.
        """
        rows = {name: self.mean(name) for name in self._shown(label)}
        return draw_scalps(rows, self.times, self.ch_names, n_maps, self._unit("sum"), axes)

    def plot_butterfly(self, label: Any = None, axes: Any = None) -> Figure | SubFigure:
        """Plot mean attributions along time, one line for each channel and axes for each class.

        Parameters
        ----------
        label : label | None
            Class to plot. None: each class that is explained.
        axes : array of Axes | None
            Axes to draw in, one for each class. None: a new figure.

        Returns
        -------
        Figure
            Figure with an alternative text.
        """
        rows = {name: self.mean(name) for name in self._shown(label)}
        return draw_butterfly(rows, self.times, self.ch_names, self._unit("sample"), axes)

    def plot_bands(self, label: Any = None, axes: Any = None) -> Figure | SubFigure:
        """Plot mean attributions of bands and channels, axes for each class.

        Parameters
        ----------
        label : label | None
            Class to plot. None: each class that is explained.
        axes : array of Axes | None
            Axes to draw in, one for each class. None: a new figure.

        Returns
        -------
        Figure
            Figure with an alternative text.
        """
        rows = {name: self.by_band[self._chosen(name)].mean(axis=0) for name in self._shown(label)}
        return draw_bands(rows, self.bands, self.ch_names, self._unit("sum"), axes)

    def _shown(self, label: Any) -> Iterator[Any]:
        if label is not None:
            self._chosen(label)
        yield from np.unique(self.labels).tolist() if label is None else [label]

    def _chosen(self, label: Any) -> Array:
        """Return which windows are explained for a label."""
        if label is None:
            return np.ones(len(self), bool)
        chosen: Array = np.asarray(self.labels == label)
        if not chosen.any():
            known = np.unique(self.labels).tolist()
            raise ValueError(f"expected label to be one that is explained, {known}, got {label!r}")
        return chosen

    def _unit(self, of: str) -> str:
        """Return what the numbers are, and their unit, as it is written on axes."""
        if self.method == "integrated_gradients":
            per = " per sample" if of == "sample" else ""
            return f"Attribution ({self.unit}{per})"
        return f"Loss without it ({self.unit})"
