"""PhysioNet's Sleep-EDF Expanded, through MNE's fetchers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mne

from eegzoo.arguments import one_of
from eegzoo.data.datasets.downloads import checksums, distinct_numbers, fetch_files
from eegzoo.data.reading.label_files.stages import AASM_STAGES, aasm_stage
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.reading.recording import Recording

_PAGE = "https://physionet.org/content/sleep-edfx/1.0.0"
_SETTING = "PHYSIONET_SLEEP_PATH"

_STAGE_SECONDS = 30.0
_WAKE_SECONDS = 30 * 60.0
# Descriptions of the data set that no window may overlap.
_UNUSABLE = {"Sleep stage ?": "BAD_unscored", "Movement time": "BAD_movement"}

_CHANNEL_TYPES = {"EEG": "eeg", "EOG": "eog", "EMG": "emg", "Resp": "resp", "Temp": "temperature"}

_NO_SUBJECTS = {39, 68, 69, 78, 79}
_NO_NIGHTS = {(13, 2), (36, 1), (52, 1)}


def fetch_sleep_physionet(
    subjects: int | Iterable[int],
    recordings: int | Iterable[int] | None = None,
    part: str = "age",
) -> list[Recording]:
    """Fetch nights of Sleep-EDF Expanded with their sleep stages.

    Files are downloaded to MNE's data folder (``MNE_DATA``) unless they are there already.

    The hypnogram is converted to annotations of 30 s: "W", "N1", "N2", "N3" (stages 3 and 4 of
    Rechtschaffen and Kales) and "R". Movement time and unscored periods become "BAD_movement" and
    "BAD_unscored"; no window overlaps them. Recordings are cropped from half an hour before the
    first sleep to half an hour after the last. The EEG channels, at 100 Hz, are "Fpz-Cz" and
    "Pz-Oz". Channels were filtered differently: ``info["highpass"]`` and ``info["lowpass"]`` are
    MNE's summary of all of them.

    Parameters
    ----------
    subjects : int | iterable of int
        Numbers of subjects in MNE: 0 to 82 without 39, 68, 69, 78 and 79 (age), 0 to 21
        (temazepam). The first twenty of the age part are known as Sleep-EDF-20.
    recordings : int | iterable of int | None
        Nights of the age part, 1 and 2. None: all nights of a subject, which is one for 13, 36 and
        52, and two for the others.
    part : {"age", "temazepam"}
        Part of the data set: the study of age in healthy subjects at home, or the nights with
        placebo of the study of temazepam in hospital.

    Returns
    -------
    list of Recording
        One recording per subject and night, in this order. ``subject`` and ``session`` are taken
        from the file name: SC4011 is night "1" of "SC401".

    Raises
    ------
    ValueError
        If the data set has no such subject or night.
    OSError
        If a file can be neither read nor downloaded.

    Warns
    -----
    RuntimeWarning
        If a file in the cache was damaged and has been fetched again.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Preprocessing
    >>> (night,) = fetch_sleep_physionet(subjects=0, recordings=1)  # doctest: +SKIP
    >>> windows = Preprocessing([Epoch(0, seconds=30)]).epochs(night.raw)  # doctest: +SKIP

    References
    ----------
    Kemp et al. (2000). Analysis of a sleep-dependent neuronal feedback loop: the slow-wave
    microcontinuity of the EEG. IEEE Trans. Biomed. Eng. 47. https://doi.org/10.1109/10.867928

    Mourtazaev et al. (1995). Age and gender affect different characteristics of slow waves in the
    sleep EEG. Sleep 18. https://doi.org/10.1093/sleep/18.7.557

    Goldberger et al. (2000). PhysioBank, PhysioToolkit, and PhysioNet. Circulation 101.
    https://doi.org/10.1161/01.CIR.101.23.e215
    """
    if one_of("part", part, ("age", "temazepam")) == "age":
        fetcher = mne.datasets.sleep_physionet.age.fetch_data
        wanted = [
            {"subjects": [subject], "recording": [night]}
            for subject, night in _nights(subjects, recordings)
        ]
    elif recordings is not None:
        raise ValueError(f"expected recordings only with part 'age', got {recordings!r}")
    else:
        fetcher = mne.datasets.sleep_physionet.temazepam.fetch_data
        wanted = [
            {"subjects": [subject]} for subject in distinct_numbers("subjects", subjects, 0, 21)
        ]
    return [_recording(*_fetch(fetcher, night)) for night in wanted]


def _nights(
    subjects: int | Iterable[int], recordings: int | Iterable[int] | None
) -> list[tuple[int, int]]:
    """Return pairs of subject and night of the age part."""
    subjects = distinct_numbers("subjects", subjects, 0, 82)
    if absent := sorted(_NO_SUBJECTS.intersection(subjects)):
        raise ValueError(f"expected subjects that the data set has, got {absent}")
    nights = distinct_numbers("recordings", (1, 2) if recordings is None else recordings, 1, 2)
    wanted = [(subject, night) for subject in subjects for night in nights]
    missing = sorted(_NO_NIGHTS.intersection(wanted))
    if missing and recordings is not None:
        names = ", ".join(f"{night} of subject {subject}" for subject, night in missing)
        raise ValueError(f"expected recordings that the data set has, got {names}")
    return [night for night in wanted if night not in missing]


def _fetch(fetcher: Any, night: dict[str, list[int]]) -> list[Path]:
    """Return the files of the signals and of the hypnogram."""

    def fetch(folder: Path, *, force_update: bool) -> list[str]:
        # Without verbose="ERROR", which would hide MNE's progress bar.
        ((psg, hypnogram),) = fetcher(**night, path=folder, force_update=force_update)
        return [psg, hypnogram]

    what = "sleep_physionet's " + ", ".join(f"{name} {n}" for name, (n,) in night.items())
    known = checksums("datasets", "sleep_physionet", "SHA1SUMS")
    return fetch_files(what, _PAGE, _SETTING, fetch, known)


def _recording(psg: Path, hypnogram: Path) -> Recording:
    raw = read_recording(psg)
    types = {name: _CHANNEL_TYPES.get(name.split()[0], "misc") for name in raw.ch_names}
    raw.set_channel_types(types, on_unit_change="ignore")
    raw.rename_channels({name: name.removeprefix("EEG ") for name in raw.ch_names})
    _annotate_and_crop(raw, hypnogram)
    return Recording(raw, psg.name[:5], session=psg.name[5], dataset="sleep_physionet")


def _annotate_and_crop(raw: mne.io.BaseRaw, hypnogram: Path) -> None:
    scored = mne.read_annotations(hypnogram)
    names = {str(name) for name in scored.description} - _UNUSABLE.keys()
    if unknown := {name for name in names if aasm_stage(name) not in AASM_STAGES}:
        raise ValueError(f"expected stages of Rechtschaffen and Kales, got {sorted(unknown)}")
    # The hypnogram may extend beyond the recording, as an unscored period.
    raw.set_annotations(scored, emit_warning=False)
    asleep = [part for part in raw.annotations if _is_sleep(part["description"])]
    if not asleep:
        raise ValueError(f"expected sleep in {hypnogram}, got none")
    end = asleep[-1]["onset"] + asleep[-1]["duration"]
    raw.crop(
        max(asleep[0]["onset"] - _WAKE_SECONDS, 0.0),
        min(end + _WAKE_SECONDS, raw.n_times / raw.info["sfreq"]),
        include_tmax=False,
    )
    raw.set_annotations(_in_stages(raw.annotations))


def _is_sleep(name: str) -> bool:
    return name not in _UNUSABLE and aasm_stage(name) != "W"


def _in_stages(scored: mne.Annotations) -> mne.Annotations:
    """Return one annotation for every complete 30 s of a stage."""
    parts = [part for whole in scored for part in _cut(whole)]
    columns = [[part[place] for part in parts] for place in range(3)]
    return mne.Annotations(*columns, orig_time=scored.orig_time)


def _cut(scored: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """Return the onset, duration and description of each part of an annotation."""
    onset, name = scored["onset"], scored["description"]
    # Cropping leaves rounding errors, and annotations of zero length at the edges.
    duration = round(scored["duration"], 3)
    if name in _UNUSABLE:
        return [(onset, duration, _UNUSABLE[name])] if duration > 0 else []
    onsets = [onset + place * _STAGE_SECONDS for place in range(int(duration // _STAGE_SECONDS))]
    return [(start, _STAGE_SECONDS, str(aasm_stage(name))) for start in onsets]
