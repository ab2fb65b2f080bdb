"""MNE's recordings of steady-state visual evoked potentials, through MNE's fetcher."""

from __future__ import annotations

from collections.abc import Iterable

import mne
import numpy as np

from eegzoo.data.datasets.downloads import distinct_numbers, fetch_recordings
from eegzoo.data.reading.recording import Recording

_PAGE = "https://osf.io/z8h6k"
_SETTING = "MNE_DATASETS_SSVEP_PATH"

_MEANINGS = {"Stimulus/S255": "12hz", "Stimulus/S155": "15hz"}


def fetch_ssvep(subjects: int | Iterable[int] = (1, 2)) -> list[Recording]:
    """Fetch MNE's recordings of steady-state visual evoked potentials (SSVEP) of two subjects.

    The files are downloaded to MNE's data folder (``MNE_DATA``) unless they are there already.

    From each annotation, "12hz" or "15hz", a checkerboard reverses 12 or 15 times a second for
    20 s. The 32 channels, referenced to FCz, get the montage "easycap-M1".

    Parameters
    ----------
    subjects : int | iterable of int
        Numbers of subjects, 1 and 2.

    Returns
    -------
    list of Recording
        One recording per subject, in this order. ``subject`` is "01" or "02".

    Raises
    ------
    ValueError
        If the data set has no such subject.
    OSError
        If a recording can be neither read nor downloaded.

    Examples
    --------
    >>> recordings = fetch_ssvep()  # doctest: +SKIP

    References
    ----------
    Gramfort et al. (2013). MEG and EEG data analysis with MNE-Python. Front. Neurosci. 7.
    https://doi.org/10.3389/fnins.2013.00267
    """
    subjects = distinct_numbers("subjects", subjects, 1, 2)
    names = [f"sub-{n:02d}/ses-01/eeg/sub-{n:02d}_ses-01_task-ssvep_eeg.vhdr" for n in subjects]
    raws = fetch_recordings("ssvep", _PAGE, _SETTING, mne.datasets.ssvep.data_path, names)
    recordings = []
    for subject, raw in zip(subjects, raws, strict=True):
        raw.set_montage("easycap-M1", verbose="ERROR")
        # The other annotations do not mark stimuli.
        raw.annotations.delete(~np.isin(raw.annotations.description, list(_MEANINGS)))
        raw.annotations.rename(_MEANINGS)
        recordings.append(Recording(raw, f"{subject:02d}", session="01", dataset="ssvep"))
    return recordings
