"""Sets of the BCI community, downloaded by MOABB (extra ``moabb``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mne

from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import missing, mne_data
from eegzoo.reproduction.recordings.noise import noise_recording


def load(
    source: DataSource, directory: Path | None, *, name: str, subjects: Sequence[int],
    shape: Mapping[str, Any],
) -> list[Recording]:  # fmt: skip
    """Return the runs of some subjects, with the session and the set's names of the events.

    Parameters
    ----------
    source : DataSource
        Data set.
    directory : Path | None
        Directory of data sets; MOABB downloads to its folder ``mne_data``, if there is one.
    name : str
        Class of MOABB's, such as "BNCI2014_001".
    subjects : sequence of int
        Numbers of subjects.
    shape : mapping
        Shape of the recordings, for `simulate`.
    """
    try:
        from moabb import datasets
    except ImportError as error:
        text = "MOABB downloads it: pip install 'eegzoo[moabb]'"
        raise missing(source, text) from error
    dataset = getattr(datasets, name)()
    with mne_data(source, directory):
        data = dataset.get_data(subjects=list(subjects))
    return list(recordings_of(data, dataset.event_id, name))


def recordings_of(
    data: Mapping[int, Mapping[str, Mapping[str, mne.io.BaseRaw]]],
    event_id: Mapping[str, int],
    name: str,
) -> list[Recording]:
    """Return recordings of the nested mappings (subject, session, run) of MOABB.

    Events are those of the stim channel, if there is one, else the annotations. MOABB names flicker
    by bare numbers ("9.25"), which are no labels: they become "9.25hz".
    """
    found = []
    for subject, sessions in data.items():
        for session, runs in sessions.items():
            for run, raw in runs.items():
                if "stim" in raw.get_channel_types():
                    _annotate(raw, event_id)
                _name_frequencies(raw)
                raw.pick("eeg", verbose="ERROR")
                where = f"{session}/{run}"
                split = "test" if "test" in where else "train" if "train" in where else None
                found.append(
                    Recording(
                        raw, f"{subject:02d}", session=str(session), run=str(run), dataset=name,
                        split=split,
                    )
                )  # fmt: skip
    return found


def _annotate(raw: mne.io.BaseRaw, event_id: Mapping[str, int]) -> None:
    events = mne.find_events(raw, shortest_event=0, verbose="ERROR")
    names = {code: label for label, code in event_id.items()}
    annotations = mne.annotations_from_events(
        events, raw.info["sfreq"], names, raw.first_samp, raw.info["meas_date"], verbose="ERROR"
    )
    raw.set_annotations(annotations, verbose="ERROR")


def _name_frequencies(raw: mne.io.BaseRaw) -> None:
    names = {str(name) for name in raw.annotations.description}
    raw.annotations.rename(
        {name: f"{name}hz" for name in names if name.replace(".", "", 1).isdigit()}
    )


def simulate(*, name: str, subjects: Sequence[int], shape: Mapping[str, Any]) -> list[Recording]:
    """Return recordings of noise in the same shape, of two subjects."""
    labels = list(shape["labels"]) * shape.get("n_trials", 10)
    return [
        noise_recording(
            shape["ch_names"], shape["sfreq"], labels, subject=f"{subject:02d}",
            spacing=shape["spacing"], seed=10 * subject + place, session=session,
            run=str(place), dataset=name, split=split if split in ("train", "test") else None,
        )
        for subject in (1, 2)
        for place, (session, split) in enumerate(shape["sessions"])
    ]  # fmt: skip
