"""Labels of EEGLAB's epochs: the event that each epoch is locked to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io


def locking_events(path: Path) -> list[str] | None:
    """Return the name of the event at time 0 of each epoch of an EEGLAB file.

    MNE joins the names of all events within an epoch, so that a trial followed by another one
    within its window becomes a class of its own.

    Parameters
    ----------
    path : Path
        File of MATLAB 5.

    Returns
    -------
    list of str, length n_epochs | None
        Names; several events at time 0 are joined by "/". None: an epoch has no event at 0.
    """
    found = scipy.io.loadmat(path, variable_names=["EEG", "epoch", "srate"], simplify_cells=True)
    eeg: Mapping[str, Any] = found.get("EEG", found)
    epochs = eeg.get("epoch", [])
    epochs = [epochs] if isinstance(epochs, Mapping) else epochs
    names = []
    for epoch in epochs:
        if not isinstance(epoch, Mapping) or not {"eventtype", "eventlatency"} <= epoch.keys():
            return None
        latencies = np.atleast_1d(np.asarray(epoch["eventlatency"], dtype=np.float64))
        types = np.atleast_1d(np.asarray(epoch["eventtype"], dtype=object))
        half = 500 / float(eeg["srate"])  # milliseconds
        at_zero = [_name(x) for x, late in zip(types, latencies, strict=True) if abs(late) < half]
        if not at_zero:
            return None
        names.append("/".join(at_zero))
    return names or None


def _name(event: Any) -> str:
    return f"{event:g}" if isinstance(event, int | float) else str(event).strip()
