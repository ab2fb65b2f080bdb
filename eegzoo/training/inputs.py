"""What estimators take as X."""

from __future__ import annotations

import dataclasses
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.data.windows import Windows

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Windows in microvolts, in memory or read when they are needed, and what is known of them."""

    windows: Array | Windows
    labels: Array | None
    info: SignalInfo | None

    @property
    def window_shape(self) -> tuple[int, int]:
        """(n_chans, n_times)."""
        _, n_chans, n_times = self.windows.shape
        return n_chans, n_times


def as_inputs(X: Any, signal: SignalInfo | None = None) -> Inputs:
    """Return what holds windows as windows.

    Parameters
    ----------
    X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
        Windows; arrays in microvolts.
    signal : SignalInfo | None
        What the windows shall be; their channels are put in its order by name. Arrays are taken
        to be that already.

    Raises
    ------
    ValueError
        If they are no windows, are not finite, or cannot be the signal's.
    """
    if isinstance(X, mne.BaseEpochs):
        X = EpochsDataset.from_epochs(X, check_signal="ignore")  # the estimator looks at it
    if isinstance(X, EpochsDataset):
        dataset = X if signal is None else X.aligned_to(signal)
        return Inputs(dataset.X, dataset.labels, dataset.info)
    windows = np.asarray(X)
    if windows.ndim != 3 or windows.dtype.kind not in "fiu":
        raise ValueError(
            "expected X to be mne.Epochs, an EpochsDataset or numbers of shape "
            f"(n_windows, n_chans, n_times), got {windows.dtype} of shape {windows.shape}"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinity, and raises
        windows = windows.astype(np.float32, copy=False)
    if not np.isfinite(windows).all():
        raise ValueError("expected finite numbers in X, got NaN or infinity")
    return Inputs(windows, None, None)
