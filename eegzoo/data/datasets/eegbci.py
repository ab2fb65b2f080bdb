"""PhysioNet's EEG motor movement/imagery data set (EEGMMIDB), through MNE's fetcher."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import mne
from tqdm.auto import tqdm

from eegzoo.data.datasets.downloads import checksums, distinct_numbers, fetch_files
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.reading.recording import Recording
from eegzoo.data.signal.montage import named_montage

_PAGE = "https://physionet.org/content/eegmmidb/1.0.0"
_SETTING = "MNE_DATASETS_EEGBCI_PATH"

# Meanings of the annotations; those of T1 and T2 depend on the run.
_FISTS = {"T0": "rest", "T1": "left_fist", "T2": "right_fist"}
_FISTS_FEET = {"T0": "rest", "T1": "fists", "T2": "feet"}
_MEANINGS = dict.fromkeys((3, 4, 7, 8, 11, 12), _FISTS)
_MEANINGS |= dict.fromkeys((5, 6, 9, 10, 13, 14), _FISTS_FEET)
_MEANINGS |= {1: {"T0": "rest"}, 2: {"T0": "rest"}}


def fetch_eegbci(subjects: int | Iterable[int], runs: int | Iterable[int]) -> list[Recording]:
    """Fetch recordings of EEGMMIDB, motor execution and motor imagery of 109 subjects.

    Files are downloaded to MNE's data folder (``MNE_DATA``) unless they are there already. Channels
    get standard names and the 10-05 montage. The annotations T0, T1 and T2, whose meaning depends
    on the run, are renamed to "rest", "left_fist" and "right_fist" (runs 3, 4, 7, 8, 11, 12) or
    "rest", "fists" and "feet" (runs 5, 6, 9, 10, 13, 14).

    Parameters
    ----------
    subjects : int | iterable of int
        Numbers of subjects, from 1 to 109.
    runs : int | iterable of int
        Numbers of runs, from 1 to 14. Subjects rest in 1 (eyes open) and 2 (eyes closed), move in
        3, 7, 11 (left or right fist) and 5, 9, 13 (both fists or both feet), and imagine the same
        movements in 4, 8, 12 and 6, 10, 14.

    Returns
    -------
    list of Recording
        One recording per subject and run, in this order. ``subject`` is "S001" to "S109", ``run``
        is "1" to "14".

    Raises
    ------
    ValueError
        If the data set has no such subject or run.
    OSError
        If a file can be neither read nor downloaded.

    Warns
    -----
    RuntimeWarning
        If a file in the cache was damaged and has been fetched again.

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
    # MNE shows no progress for these files. Cached files take less time than the delay.
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
    name = f"S{subject:03d}/S{subject:03d}R{run:02d}.edf"

    def fetch(folder: Path, *, force_update: bool) -> list[Path]:
        # load_data takes a fifth of a second to parse three thousand checksums, even if the file is
        # in the cache.
        cached = folder / "MNE-eegbci-data" / "files" / "eegmmidb" / "1.0.0" / name
        if cached.exists() and not force_update:
            return [cached]
        paths: list[Path] = mne.datasets.eegbci.load_data(
            subject, run, path=folder, force_update=force_update, update_path=False, verbose="ERROR"
        )
        return paths

    known = checksums("data", "eegbci_checksums.txt")
    (path,) = fetch_files(name, _PAGE, _SETTING, fetch, known)
    return path


def _present(meanings: dict[str, str], raw: mne.io.BaseRaw) -> dict[str, str]:
    there = set(raw.annotations.description)
    return {code: meaning for code, meaning in meanings.items() if code in there}
