"""Projections of epochs, such as an average reference, that are not applied yet."""

from __future__ import annotations

from typing import Any


def with_projections(epochs: Any) -> Any:
    """Return epochs with their projections applied, in a copy if any was delayed.

    Epochs made with ``proj=False`` or ``proj="delayed"`` keep their projections for later; without
    them, their values are not those that the projections promise.

    Parameters
    ----------
    epochs : mne.Epochs
        Epochs.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> raw = raw.set_eeg_reference(projection=True, verbose=False)
    >>> epochs = mne.Epochs(raw, baseline=None, preload=True, proj="delayed", verbose=False)
    >>> bool(abs(with_projections(epochs).get_data().mean(axis=1)).max() < 1e-12)
    True
    """
    names = set(epochs.ch_names)
    delayed = [
        projection
        for projection in epochs.info["projs"]
        if not projection["active"] and names & set(projection["data"]["col_names"])
    ]
    return epochs.copy().apply_proj(verbose="ERROR") if delayed else epochs
