"""Reading of files that contain epochs instead of a continuous recording."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import mne
import scipy.io

from eegzoo.data.reading.eeglab_epochs import locking_events
from eegzoo.data.reading.matlab_damage import check_matlab
from eegzoo.data.reading.repeated_warnings import counted

# MNE's warnings about the file's name, and about names of events that are not used.
_HARMLESS = re.compile("does not conform|At least one epoch has multiple events")
_FIF = (".fif", ".fif.gz")


def is_epochs_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file contains epochs: ``-epo.fif``, or EEGLAB's .set with several trials.

    Examples
    --------
    >>> is_epochs_file("subject1-epo.fif"), is_epochs_file("subject1_raw.fif")
    (True, False)
    """
    path = Path(path)
    name = path.name.lower()
    if name.endswith(_FIF):
        return name.removesuffix(".gz").endswith(("-epo.fif", "_epo.fif"))
    return name.endswith(".set") and path.is_file() and _n_trials(path) > 1


def read_epochs(path: str | os.PathLike[str]) -> mne.BaseEpochs:
    """Read the epochs in a FIF or EEGLAB file.

    Parameters
    ----------
    path : path-like
        File ``-epo.fif`` of MNE, or .set file of EEGLAB with several trials.

    Returns
    -------
    mne.Epochs
        Epochs in memory, with the file's projections applied. The names of their events are the
        labels.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file cannot be read as epochs.

    Warns
    -----
    RuntimeWarning
        If MNE warns about a fault that may matter.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     epochs = mne.Epochs(raw, tmin=0, tmax=2, baseline=None, verbose="ERROR")
    ...     path = epochs.save(f"{folder}/mine-epo.fif", verbose="ERROR")
    ...     len(read_epochs(f"{folder}/mine-epo.fif"))
    4
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    name = path.name.lower()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if name.endswith(_FIF):
                epochs = mne.read_epochs(path, proj=True, preload=True, verbose="ERROR")
            elif name.endswith(".set"):
                is_matlab_5 = check_matlab(path)
                epochs = mne.read_epochs_eeglab(path, verbose="ERROR")
                if is_matlab_5:
                    _label(epochs, locking_events(path))
            else:
                raise ValueError(f"expected a file in .fif, .fif.gz or .set, got {path.name}")
    except Exception as error:  # MNE's readers raise any exception for damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as epochs: {reason}") from error
    messages = [" ".join(str(warning.message).split()) for warning in caught]
    for message in counted(text for text in messages if not _HARMLESS.search(text)):
        warnings.warn(f"{path}: {message}", RuntimeWarning, stacklevel=2)
    return epochs


def _label(epochs: mne.BaseEpochs, names: list[str] | None) -> None:
    """Replace the labels of epochs by the names of the events at time 0."""
    if names is None or len(names) != len(epochs):
        return
    codes = {name: code for code, name in enumerate(dict.fromkeys(names), start=1)}
    epochs.events[:, 2] = [codes[name] for name in names]
    epochs.event_id = codes


def _n_trials(path: Path) -> int:
    """Return the number of trials of an EEGLAB file; 1 if it cannot be told."""
    try:
        if not check_matlab(path):
            import h5py

            with h5py.File(path, "r") as file:
                return int(file.get("EEG", file)["trials"][0, 0])
        found = scipy.io.loadmat(path, variable_names=["EEG", "trials"], simplify_cells=True)
        return int(found.get("EEG", found).get("trials", 1))
    except Exception:  # a damaged file is reported by its reader
        return 1
