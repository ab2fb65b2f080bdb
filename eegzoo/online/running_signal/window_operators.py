"""Steps of a preprocessing after the windows, for one window of a running signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.filter_steps import Resample
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.preprocessing.window_steps import Baseline
from eegzoo.data.signal.filtering.resampling import resample
from eegzoo.data.signal.signal_info import same_rate
from eegzoo.online.running_signal.channel_maps import channel_map

Array = npt.NDArray[np.float64]
WindowOperator = Callable[[Array], Array]


def window_operators(
    preprocessing: Preprocessing, ch_names: Sequence[str], sfreq: float
) -> tuple[list[WindowOperator], list[str]]:
    """Return functions of a window, and the channels after them.

    Parameters
    ----------
    preprocessing : Preprocessing
        Preprocessing, of which the steps after the windows are taken.
    ch_names : sequence of str
        Channels of the windows.
    sfreq : float
        Their sampling rate in Hz.

    Returns
    -------
    operators : list of callable
        Functions of a window of shape (n_chans, n_times).
    ch_names : list of str
        Channels after them.
    """
    operators: list[WindowOperator] = []
    names, start = list(ch_names), preprocessing.window.tmin
    for step in preprocessing.steps_after:
        if isinstance(step, Baseline):
            operators.append(_Baseline(step, start, sfreq))
        elif isinstance(step, Resample):
            if not same_rate(sfreq, step.sfreq):
                operators.append(_Resample(sfreq, step.sfreq))
                sfreq = step.sfreq
        else:
            matrix, names = channel_map(step, names, sfreq)
            operators.append(_Matrix(matrix))
    return operators, names


class _Baseline:
    """Subtraction of the mean of an interval, whose ends belong to it."""

    def __init__(self, step: Baseline, start: float, sfreq: float) -> None:
        offset = round(start * sfreq)
        self.first = 0 if step.tmin is None else round(step.tmin * sfreq) - offset
        self.stop = None if step.tmax is None else round(step.tmax * sfreq) - offset + 1

    def __call__(self, window: Array) -> Array:
        mean: Array = window[:, self.first : self.stop].mean(axis=1, keepdims=True)
        return window - mean


class _Resample:
    """Resampling of a window alone."""

    def __init__(self, sfreq: float, new_sfreq: float) -> None:
        self.sfreq, self.new_sfreq = sfreq, new_sfreq

    def __call__(self, window: Array) -> Array:
        return resample(window, self.sfreq, self.new_sfreq)


class _Matrix:
    """Product with a matrix of channels."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def __call__(self, window: Array) -> Array:
        return self.matrix @ window
