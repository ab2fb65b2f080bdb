"""PhysioNet's EEG motor movement/imagery data set (EEGMMIDB), through MNE's fetcher."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import mne
from tqdm.auto import tqdm

from eegzoo.data.datasets.downloads import checksums, data_folder, distinct_numbers, fetch_files
from eegzoo.data.reading.recording import Recording
from eegzoo.data.reading.recordings import read_recording
from eegzoo.data.signal.montage import named_montage

_PAGE = "https://physionet.org/content/eegmmidb/1.0.0"

# What T1 and T2 stand for, by run; T0 is rest in all of them.
_FISTS = {"T0": "rest", "T1": "left_fist", "T2": "right_fist"}
_FISTS_FEET = {"T0": "rest", "T1": "fists", "T2": "feet"}
_MEANINGS = dict.fromkeys((3, 4, 7, 8, 11, 12), _FISTS)
_MEANINGS |= dict.fromkeys((5, 6, 9, 10, 13, 14), _FISTS_FEET)
_MEANINGS |= {1: {"T0": "rest"}, 2: {"T0": "rest"}}


def fetch_eegbci(subjects: int | Iterable[int], runs: int | Iterable[int]) -> list[Recording]:
    """Download recordings of EEGMMIDB, or read them from the cache.

    Channel names and the 10-05 montage are set, and the annotations T0, T1, T2, whose meaning
    depends on the run, are renamed to what they mean: "rest", "left_fist", "right_fist" (runs 3,
    4, 7, 8, 11, 12), "fists", "feet" (runs 5, 6, 9, 10, 13, 14). The files lie where MNE keeps
    them (``MNE_DATA``).

    Parameters
    ----------
    subjects : int | iterable of int
        1 to 109.
    runs : int | iterable of int
        1 to 14. Movements are imagined in 4, 8, 12 (left or right fist) and 6, 10, 14 (both fists
        or both feet), executed in 3, 7, 11 and 5, 9, 13; 1 and 2 are rest, eyes open and closed.

    Returns
    -------
    list of Recording
        One for each run of each subject, in this order; ``subject`` is "S001" to "S109", ``run``
        "1" to "14".

    Raises
    ------
    ValueError
        For a subject or a run that the data set does not have.
    OSError
        If a file can be neither read nor downloaded.

    Warns
    -----
    RuntimeWarning
        If a file in the cache is damaged, and was fetched again.

    Examples
    --------
    >>> recordings = fetch_eegbci(subjects=1, runs=[6, 10, 14])  # doctest: +SKIP

    References
    ----------
    Schalk et al. (2004). BCI2000: a general-purpose brain-computer interface system. IEEE Trans.
    Biomed. Eng. 51. https://doi.org/10.1109/TBME.2004.827072

    Goldberger et al. (2000). PhysioBank, PhysioToolkit, and PhysioNet. Circulation 101.
    https://doi.org/10.1161/01.CIR.101.23.e215
    """
    subjects = distinct_numbers("subjects", subjects, 1, 109)
    runs = distinct_numbers("runs", runs, 1, 14)
    pairs = list(itertools.product(subjects, runs))
    # MNE shows no progress for these files. From a cache they take less than the delay.
    bar = tqdm(pairs, desc="eegbci", unit="file", delay=2.0, leave=False)
    return [
        Recording(_read(subject, run), f"S{subject:03d}", run=str(run), dataset="eegbci")
        for subject, run in bar
    ]


def _read(subject: int, run: int) -> mne.io.BaseRaw:
    raw = read_recording(_fetch(subject, run))
    mne.datasets.eegbci.standardize(raw)
    raw.set_montage(named_montage(), verbose="ERROR")
    raw.annotations.rename(_present(_MEANINGS[run], raw))
    return raw


def _fetch(subject: int, run: int) -> Path:
    folder = data_folder("MNE_DATASETS_EEGBCI_PATH")
    name = f"S{subject:03d}/S{subject:03d}R{run:02d}.edf"
    cached = folder / "MNE-eegbci-data" / "files" / "eegmmidb" / "1.0.0" / name

    def fetch(*, force_update: bool) -> list[Path]:
        # load_data parses its three thousand checksums, a fifth of a second, also for no download.
        if cached.exists() and not force_update:
            return [cached]
        paths: list[Path] = mne.datasets.eegbci.load_data(
            subject, run, path=folder, force_update=force_update, update_path=False, verbose="ERROR"
        )
        return paths

    known = checksums("data", "eegbci_checksums.txt")
    (path,) = fetch_files(name, _PAGE, folder, fetch, known)
    return path


def _present(meanings: dict[str, str], raw: mne.io.BaseRaw) -> dict[str, str]:
    there = set(raw.annotations.description)
    return {code: meaning for code, meaning in meanings.items() if code in there}
