"""MNE's example of steady-state visual evoked potentials, through its fetcher."""

from __future__ import annotations

from collections.abc import Iterable

import mne
import numpy as np

from eegzoo.data.datasets.downloads import distinct_numbers, fetch_folder, read_from_folder
from eegzoo.data.reading.recording import Recording

_PAGE = "https://osf.io/z8h6k"

_MEANINGS = {"Stimulus/S255": "12hz", "Stimulus/S155": "15hz"}


def fetch_ssvep(subjects: int | Iterable[int] = (1, 2)) -> list[Recording]:
    """Download MNE's SSVEP recordings, or read them from the cache.

    A checkerboard reverses 12 or 15 times a second for 20 s from each annotation, "12hz" or
    "15hz". The 32 channels get their places; their reference is FCz. The files lie where MNE
    keeps them (``MNE_DATA``).

    Parameters
    ----------
    subjects : int | iterable of int
        1 and 2.

    Returns
    -------
    list of Recording
        One for each subject, in this order; ``subject`` is "01" or "02".

    Raises
    ------
    ValueError
        For a subject that the data set does not have.
    OSError
        If a file can be neither read nor downloaded.

    Examples
    --------
    >>> recordings = fetch_ssvep()  # doctest: +SKIP

    References
    ----------
    Gramfort et al. (2013). MEG and EEG data analysis with MNE-Python. Front. Neurosci. 7.
    https://doi.org/10.3389/fnins.2013.00267
    """
    subjects = distinct_numbers("subjects", subjects, 1, 2)
    folder = fetch_folder("ssvep", _PAGE, "MNE_DATASETS_SSVEP_PATH", mne.datasets.ssvep.data_path)
    recordings = []
    for subject in subjects:
        name = f"sub-{subject:02d}/ses-01/eeg/sub-{subject:02d}_ses-01_task-ssvep_eeg.vhdr"
        raw = read_from_folder(folder, name)
        raw.set_montage("easycap-M1", verbose="ERROR")
        # What else is marked is no stimulus.
        raw.annotations.delete(~np.isin(raw.annotations.description, list(_MEANINGS)))
        raw.annotations.rename(_MEANINGS)
        recordings.append(Recording(raw, f"{subject:02d}", session="01", dataset="ssvep"))
    return recordings
