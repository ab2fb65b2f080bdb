"""PhysioNet's EEG motor movement/imagery data set (EEGMMIDB), through MNE's fetcher."""

from __future__ import annotations

from collections.abc import Iterable

import mne

from eegzoo.arguments import positive_int
from eegzoo.data.montage import ten_five_montage

# What T1 and T2 stand for, by run; T0 is rest in all of them.
_FISTS = {"T0": "rest", "T1": "left_fist", "T2": "right_fist"}
_FISTS_FEET = {"T0": "rest", "T1": "fists", "T2": "feet"}
_MEANINGS = dict.fromkeys((3, 4, 7, 8, 11, 12), _FISTS)
_MEANINGS |= dict.fromkeys((5, 6, 9, 10, 13, 14), _FISTS_FEET)
_MEANINGS |= {1: {"T0": "rest"}, 2: {"T0": "rest"}}


def fetch_eegbci(subjects: int | Iterable[int], runs: int | Iterable[int]) -> list[mne.io.BaseRaw]:
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
    list of mne.io.Raw
        One recording for each run of each subject, in this order. ``info["subject_info"]`` holds
        the subject as ``his_id``.

    Raises
    ------
    ValueError
        For a subject or a run that the data set does not have.
    OSError
        If a file can be neither read nor downloaded.

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
    subjects = _numbers("subjects", subjects, 109)
    runs = _numbers("runs", runs, 14)
    recordings = []
    for subject in subjects:
        paths = mne.datasets.eegbci.load_data(subject, runs, update_path=False, verbose="ERROR")
        for run, path in zip(runs, paths, strict=True):
            raw = mne.io.read_raw_edf(path, preload=False, verbose="ERROR")
            mne.datasets.eegbci.standardize(raw)
            raw.set_montage(ten_five_montage(), verbose="ERROR")
            raw.annotations.rename(_present(_MEANINGS[run], raw))
            raw.info["subject_info"] = {"his_id": f"S{subject:03d}"}
            recordings.append(raw)
    return recordings


def _numbers(name: str, values: int | Iterable[int], last: int) -> list[int]:
    listed = list(values) if isinstance(values, Iterable) else [values]
    numbers = [positive_int(name, value) for value in listed]
    if not numbers or max(numbers) > last or len(set(numbers)) < len(numbers):
        raise ValueError(f"expected {name} to be different numbers from 1 to {last}, got {listed}")
    return numbers


def _present(meanings: dict[str, str], raw: mne.io.BaseRaw) -> dict[str, str]:
    there = set(raw.annotations.description)
    return {code: meaning for code, meaning in meanings.items() if code in there}
