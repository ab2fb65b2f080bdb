"""What estimators take as X."""

from __future__ import annotations

from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data import EpochsDataset, SignalInfo

Array = npt.NDArray[Any]


def as_windows(X: Any) -> tuple[Array, Array | None, SignalInfo | None]:
    """Return microvolts, labels and signal of whatever holds windows."""
    if isinstance(X, mne.BaseEpochs):
        X = EpochsDataset.from_epochs(X)
    if isinstance(X, EpochsDataset):
        return X.X, X.labels, X.info
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
    return windows, None, None
