"""Temporal order of windows, and detection of consecutive windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.data.windows.epochs_dataset import EpochsDataset, check_columns

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# In samples. Onsets are rounded to samples, so a delay is off by one at most, plus rounding error.
_TOLERANCE = 1.5


def sort_by_onset(dataset: EpochsDataset, step_seconds: float | None) -> tuple[Indices, Mask, Mask]:
    """Sort windows by recording and onset, and find those that follow another.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows with "recording" and "onset" in their metadata.
    step_seconds : float | None
        As in `Sequences.of`.

    Returns
    -------
    order : array of int, shape (n,)
        Indices of the sorted windows.
    same : array of bool, shape (n - 1,)
        Whether a window is of the same recording as the one before it.
    follows : array of bool, shape (n,)
        Whether a window starts one step after the one before it.

    Raises
    ------
    ValueError
        If "recording" or "onset" is missing in the metadata, an onset is not a finite number, two
        windows of a recording have the same onset, or overlapping windows are not whole steps
        apart.
    """
    check_columns(dataset, {"recording", "onset"})
    onset = dataset.metadata["onset"]
    is_numeric = onset.dtype.kind in "fiu"
    if not is_numeric or not np.isfinite(onset).all():
        got = onset[~np.isfinite(onset)][0] if is_numeric else f"values of type {onset.dtype}"
        raise ValueError(f"expected 'onset' to be finite numbers in seconds, got {got}")
    names, recording = np.unique(dataset.metadata["recording"], return_inverse=True)
    order = np.lexsort((onset, recording))
    same = np.diff(recording[order]) == 0
    delay = np.diff(onset[order].astype(np.float64))
    sfreq = dataset.info.sfreq
    twice = np.flatnonzero(same & (delay < 0.5 / sfreq))
    if twice.size:
        window = order[twice[0]]
        raise ValueError(
            "expected windows of a recording to have different onsets, got several at "
            f"{onset[window]:g} s of recording {names[recording[window]]}; do two recordings have "
            "the same name?"
        )
    tolerance = _TOLERANCE / sfreq
    step = _step(delay[same], dataset.info.n_times / sfreq, tolerance, step_seconds)
    follows = np.concatenate([[False], same & (abs(delay - step) < tolerance)])
    return order, same, follows


def _step(
    delay: npt.NDArray[np.float64], length: float, tolerance: float, step_seconds: float | None
) -> float:
    """Return the time from one onset to the next, given the delays between neighbours."""
    overlapping = delay[delay < length - tolerance]
    if step_seconds is not None:
        step = number_between("step_seconds", step_seconds, 0.0, above=True)
    else:
        step = float(overlapping.min()) if overlapping.size else length
    # Where windows are missing, neighbours are several steps apart.
    whole = step * np.maximum(1, np.rint(overlapping / step))
    if (abs(overlapping - whole) >= tolerance).any():
        raise ValueError(
            f"expected overlapping windows to start whole multiples of {step:g} s apart "
            f"(step_seconds), got onsets {np.unique(overlapping.round(6))[:5].tolist()} s apart"
        )
    return step
