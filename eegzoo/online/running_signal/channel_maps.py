"""Steps that act on each sample alone, as matrices."""

from __future__ import annotations

from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.channel_steps import Montage, Pick, Reference
from eegzoo.data.preprocessing.filter_steps import Scale
from eegzoo.data.preprocessing.step import Step
from eegzoo.data.signal.signal_info import SignalInfo

Array = npt.NDArray[np.float64]


def selection(names: Sequence[str], among: Sequence[str]) -> Array:
    """Return the matrix that picks channels.

    Examples
    --------
    >>> selection(["C4", "C3"], among=["C3", "Cz", "C4"])
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    return np.eye(len(among))[[list(among).index(name) for name in names]]


def channel_map(step: Step, ch_names: Sequence[str], sfreq: float) -> tuple[Array, list[str]]:
    """Return a step's matrix, shape (n_chans_new, n_chans), and the channels after it.

    Raises
    ------
    ValueError
        If the step does more than mixing channels, or a channel is missing.

    Examples
    --------
    >>> channel_map(Reference(), ["C3", "C4"], 128.0)
    (array([[ 0.5, -0.5],
           [-0.5,  0.5]]), ['C3', 'C4'])
    """
    names = list(ch_names)
    if isinstance(step, Montage):
        return np.eye(len(names)), names
    if isinstance(step, Pick):
        wanted = SignalInfo(step.ch_names, sfreq=1.0, n_times=1)
        return np.eye(len(names))[wanted.order_of(names)], list(step.ch_names)
    if isinstance(step, (Reference, Scale)):
        # Whatever the step does to each channel alone, it does to the sum.
        raw = mne.io.RawArray(
            np.eye(len(names)), mne.create_info(names, sfreq, "eeg"), verbose="ERROR"
        )
        matrix: Array = step.apply(raw).get_data()
        return matrix, names
    raise ValueError(f"expected a step that mixes channels, got {step}")
