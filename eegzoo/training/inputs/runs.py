"""Runs of windows along recordings: consecutive windows without a gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.consecutive import sort_by_onset
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import Inputs


def runs_along_recordings(inputs: Inputs) -> list[npt.NDArray[np.int64]]:
    """Return the windows of each recording in the order of time, in runs without a gap.

    A gap, where the next window does not begin at the end of the one before, begins a new run.

    Parameters
    ----------
    inputs : Inputs
        Windows, in any order, with their onsets. Windows without the name of their recording are
        taken to be of one recording.

    Returns
    -------
    list of array of int
        Indices of the windows of each run.

    Raises
    ------
    ValueError
        If there are no onsets, two windows of a recording have the same, or windows overlap.
    """
    if inputs.info is None or "onset" not in inputs.metadata:
        raise ValueError(
            "expected X of shape (n_sequences, n_windows, n_chans, n_times), or epochs, whose "
            "onsets tell which windows are consecutive, because the model was trained on "
            f"sequences; got single windows of shape {tuple(inputs.X.shape)}"
        )
    n_windows = len(inputs.X)
    metadata = {"recording": np.zeros(n_windows, np.int64), **inputs.metadata}
    windows = EpochsDataset(
        inputs.X, np.zeros(n_windows, np.int64), ("?",), inputs.info, metadata, "ignore"
    )
    order, _, follows = sort_by_onset(windows, inputs.info.n_times / inputs.info.sfreq)
    return np.split(order, np.flatnonzero(~follows)[1:])
