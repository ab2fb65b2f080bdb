"""Windows of two data sets that are of the same events."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.epochs_dataset import EpochsDataset, check_columns

Indices = npt.NDArray[np.int64]


def paired_windows(first: EpochsDataset, second: EpochsDataset) -> tuple[Indices, Indices]:
    """Return the windows of two data sets that are of the same events, in pairs.

    Events are the same if they are in one recording, have one label, and their times differ by at
    most a sample. The windows around them can differ in length, channels and sampling rate.

    Parameters
    ----------
    first, second : EpochsDataset
        Data sets with "recording" and "onset" in their metadata.

    Returns
    -------
    first, second : array of int, shape (n_pairs,)
        Indices in each data set.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> datasets = [
    ...     eegzoo.data.EpochsDataset.from_recordings(
    ...         [eegzoo.data.Recording(raw, "S1")],
    ...         eegzoo.data.Preprocessing([eegzoo.data.Epoch(start, 3)]),
    ...     )
    ...     for start in (0, 1)
    ... ]
    >>> paired_windows(datasets[0], datasets[1][[3, 1]])
    (array([3, 1]), array([0, 1]))
    """
    for dataset in (first, second):
        check_columns(dataset, {"recording", "onset"})
    tolerance = 1.001 * max(1 / first.info.sfreq, 1 / second.info.sfreq)
    times = [one.metadata["onset"].astype(float) - one.info.tmin for one in (first, second)]
    groups: dict[tuple[Any, str], list[int]] = {}
    for place, key in enumerate(_keys(first)):
        groups.setdefault(key, []).append(place)
    free = np.ones(len(first), bool)
    pairs = []
    for place, key in enumerate(_keys(second)):
        near = np.array(groups.get(key, []), np.int64)
        near = near[free[near]]
        if len(near):
            nearest = near[abs(times[0][near] - times[1][place]).argmin()]
            if abs(times[0][nearest] - times[1][place]) <= tolerance:
                free[nearest] = False
                pairs.append((nearest, place))
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _keys(dataset: EpochsDataset) -> list[tuple[Any, str]]:
    recordings = dataset.metadata["recording"].tolist()
    return list(zip(recordings, dataset.labels.tolist(), strict=True))
