"""Normalisations that are kept with checkpoints, so that a store is not read again for them."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from eegzoo._version import __version__
from eegzoo.data.preprocessing.normalization import (
    Normalizer,
    Unchanged,
    fit_normalizer,
    normalizer_from_dict,
)
from eegzoo.data.store.checked_json import sha256, write_synced
from eegzoo.data.windows.lazy_windows import Windows


def kept_normalizer(X: Any, how: str, folder: str | os.PathLike[str] | None) -> Normalizer:
    """Fit a normalisation, or return the one that was fitted to the same windows before.

    A training that resumes on a `WindowStore` would read all of its windows before the first step.
    The file is named by the checksums of the windows and the version of eegzoo. A damaged one is
    made again.

    Parameters
    ----------
    X : array or Windows, shape (n_windows, n_chans, n_times)
        Windows in microvolts. Only those that are known without reading them are kept.
    how : str
        As in `fit_normalizer`.
    folder : path-like | None
        Folder of the checkpoints. None: nothing is kept.

    Returns
    -------
    Normalizer
        Fitted normalisation, with the same numbers bit for bit.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        As `fit_normalizer`.
    """
    known = X.identity() if isinstance(X, Windows) else None
    if folder is None or known is None or how == Unchanged.how:
        return fit_normalizer(X, how)
    path = Path(folder) / f"{sha256([known, how, __version__])[:24]}.normalization.json"
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):  # new or damaged
        kept = json.loads(path.read_bytes())
        if kept["sha256"] == sha256(kept["normalizer"]):
            return normalizer_from_dict(kept["normalizer"])
    normalizer = fit_normalizer(X, how)
    values = normalizer.to_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_synced(path, json.dumps({"sha256": sha256(values), "normalizer": values}).encode())
    return normalizer
