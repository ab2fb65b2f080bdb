"""Hash of a recording, which changes when the recording does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.data.store.checked_json import sha256

_PIECE = 2**16  # samples hashed at a time
_GLIMPSE = 100  # samples of a piece of a file


def fingerprint(raw: mne.io.BaseRaw) -> str:
    """Return a hash of everything in a recording that can change its windows.

    Data in files enter with the files' names, sizes and modification times, and a few samples,
    which show what a header apart or an option of the reader changes. Data in memory, which may
    have been filtered after reading, enter with their samples.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is neither changed nor loaded.

    Returns
    -------
    str
        SHA-256 hash of 64 hexadecimal digits.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> fingerprint(raw) == fingerprint(raw.copy())
    True
    >>> fingerprint(raw) == fingerprint(raw.copy().crop(0, 5))
    False
    """
    info, annotations = raw.info, raw.annotations
    described = {
        "data": _data_of(raw),
        "ch_names": raw.ch_names,
        "ch_types": raw.get_channel_types(),
        "places": [channel["loc"].tolist() for channel in info["chs"]],
        "bads": info["bads"],
        "projections": [
            [proj["desc"], proj["active"], proj["data"]["data"].tolist()] for proj in info["projs"]
        ],
        "sfreq": float(info["sfreq"]),
        "n_times": int(raw.n_times),
        "first_sample": int(raw.first_samp),
        "measured": str(info["meas_date"]),
        "annotations": [
            annotations.onset.tolist(),
            annotations.duration.tolist(),
            annotations.description.tolist(),
            str(annotations.orig_time),
        ],
    }
    return sha256(described)


def _data_of(raw: mne.io.BaseRaw) -> Any:
    """Return what tells a recording's samples from others."""
    if raw.preload or any(path is None for path in raw.filenames):
        return _hash_of(raw, range(0, raw.n_times, _PIECE), _PIECE)
    glimpses = _hash_of(raw, (0, raw.n_times // 2), _GLIMPSE)
    return [*map(_state_of, raw.filenames), glimpses]


def _state_of(path: Path) -> list[Any]:
    state = path.stat()
    return [str(path.resolve()), state.st_size, state.st_mtime_ns]


def _hash_of(raw: mne.io.BaseRaw, starts: Iterable[int], n_times: int) -> str:
    """Return the hash of pieces of a recording that begin at some samples."""
    digest = hashlib.sha256()
    for start in starts:
        piece = raw.get_data(start=start, stop=min(start + n_times, raw.n_times), verbose="ERROR")
        digest.update(np.ascontiguousarray(piece).data)
    return digest.hexdigest()
