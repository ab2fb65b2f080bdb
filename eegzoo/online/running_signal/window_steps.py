"""Steps of a preprocessing after the windows, as operators on one window."""

from __future__ import annotations

from collections.abc import Sequence

from eegzoo.data.preprocessing.filter_steps import Resample
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.preprocessing.window_steps import Baseline
from eegzoo.data.signal.signal_info import same_rate
from eegzoo.online.running_signal.channel_maps import channel_map
from eegzoo.online.running_signal.window_operators import (
    MeanRemoval,
    WindowMatrix,
    WindowResampling,
)

Operators = list[MeanRemoval | WindowMatrix | WindowResampling]


def window_operators(
    preprocessing: Preprocessing, ch_names: Sequence[str], sfreq: float
) -> Operators:
    """Return the steps after the windows as operators on a window.

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
    list of callable
        Functions of a window of shape (n_chans, n_times).

    Examples
    --------
    >>> from eegzoo.data import Epoch
    >>> steps = Preprocessing([Epoch(-0.5, 1.0), Baseline(None, 0.0)])
    >>> (operator,) = window_operators(steps, ["C3", "C4"], 100.0)
    >>> operator.to_dict()
    {'operator': 'mean_removal', 'start': 0, 'stop': 51}
    """
    operators: Operators = []
    names = list(ch_names)
    for step in preprocessing.steps_after:
        if isinstance(step, Baseline):
            operators.append(_mean_removal(step, round(preprocessing.window.tmin * sfreq), sfreq))
        elif isinstance(step, Resample):
            if not same_rate(sfreq, step.sfreq):
                operators.append(WindowResampling(sfreq, step.sfreq))
                sfreq = step.sfreq
        else:
            matrix, names = channel_map(step, names, sfreq)
            operators.append(WindowMatrix(matrix))
    return operators


def _mean_removal(step: Baseline, offset: int, sfreq: float) -> MeanRemoval:
    """Return a baseline correction, to whose interval both ends belong."""
    start = 0 if step.tmin is None else round(step.tmin * sfreq) - offset
    stop = None if step.tmax is None else round(step.tmax * sfreq) - offset + 1
    return MeanRemoval(start, stop)
