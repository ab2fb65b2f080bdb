"""Computation of a plan's channels from recordings, epochs and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lazy_loader
import numpy as np
import numpy.typing as npt

from eegzoo import data
from eegzoo.data.signal.filtering.kept_annotations import with_annotations_of

mne = lazy_loader.load("mne")

Array = npt.NDArray[Any]


def apply_plan(
    inst: Any,
    matrix: npt.NDArray[np.float64],
    ch_names: Sequence[str],
    new_ch_names: Sequence[str],
    sfreq: float,
    new_sfreq: float,
) -> Any:
    """Return signals with the channels ``matrix @ signals``, at another sampling rate.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs | array, shape (..., n_chans, n_times)
        Signals; not changed.
    matrix : array, shape (n_chans_new, n_chans)
        Factors of the channels.
    ch_names, new_ch_names : sequence of str
        Names of the channels before and after.
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.

    Raises
    ------
    ValueError
        If the channels or the rate of `inst` are others.
    """
    same = sfreq == new_sfreq
    if not isinstance(inst, (mne.io.BaseRaw, mne.BaseEpochs)):
        X = np.asarray(inst)
        if X.ndim < 2 or X.shape[-2] != len(ch_names):
            raise ValueError(
                f"expected signals of shape (..., {len(ch_names)}, n_times), got {X.shape}"
            )
        X = matrix.astype(np.promote_types(X.dtype, np.float32)) @ X
        return X if same else data.resample(X, sfreq, new_sfreq).astype(X.dtype)
    missing = [name for name in ch_names if name not in inst.ch_names]
    if missing:
        raise ValueError(f"expected the channels of the plan, {missing} are missing")
    if inst.info["sfreq"] != sfreq:
        raise ValueError(f"expected the plan's sfreq of {sfreq:g} Hz, got {inst.info['sfreq']:g}")
    return _computed(inst, matrix, list(ch_names), list(new_ch_names), new_sfreq)


def _computed(
    inst: Any, matrix: Array, ch_names: list[str], new_ch_names: list[str], new_sfreq: float
) -> Any:
    info = mne.create_info(new_ch_names, inst.info["sfreq"], "eeg")
    with info._unlock():
        for name in ("highpass", "lowpass", "line_freq"):
            info[name] = inst.info[name]
    if isinstance(inst, mne.io.BaseRaw):
        signals = matrix @ inst.get_data(picks=ch_names, verbose="ERROR")
        raw = mne.io.RawArray(signals, info, inst.first_samp, verbose="ERROR")
        raw.set_meas_date(inst.info["meas_date"])
        return data.resample_raw(with_annotations_of(raw, inst), new_sfreq)
    signals = matrix @ inst.get_data(picks=ch_names, verbose="ERROR")
    epochs = mne.EpochsArray(
        signals, info, inst.events, inst.tmin, inst.event_id, baseline=None, proj=False,
        metadata=inst.metadata, selection=inst.selection, verbose="ERROR",
    )  # fmt: skip
    return data.resample_epochs(epochs, new_sfreq)
