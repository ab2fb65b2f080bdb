"""Nights of one's own, or of a repository with a data use agreement, with their scorings."""

from __future__ import annotations

from pathlib import Path

from eegzoo.data.datasets.simulated_night import simulate_night
from eegzoo.data.reading.label_files.annotate_stages import annotate_stages
from eegzoo.data.reading.label_files.read_scoring import read_scoring
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import find_folder, missing

_SCORINGS = ("-nsrr.xml", "-profusion.xml", ".xml", ".txt", ".csv")


def load(source: DataSource, directory: Path | None) -> list[Recording]:
    """Return nights as EDF, each annotated with the scoring beside it (``NAME-nsrr.xml``)."""
    folder = find_folder(source, directory)
    found = []
    for path in sorted(folder.rglob("*.edf")):
        beside = (path.with_name(path.stem + ending) for ending in _SCORINGS)
        scoring = next((each for each in beside if each.exists()), None)
        if scoring is not None:
            raw = read_recording(path)
            scored = annotate_stages(raw, read_scoring(scoring, raw))
            found.append(Recording(scored, path.stem, dataset=source.name))
    if not found:
        raise missing(source, f"no NAME.edf with NAME-nsrr.xml in {folder}")
    return found


def simulate() -> list[Recording]:
    """Return two simulated nights of a quarter of an hour, with a channel for the chin."""
    found = []
    for number in range(2):
        raw = simulate_night(0.25, random_state=number)
        chin = raw.copy().pick(raw.ch_names[:1], verbose="ERROR")
        chin.rename_channels({chin.ch_names[0]: "Chin1-Chin2"})
        raw.add_channels([chin.set_channel_types({"Chin1-Chin2": "emg"}, on_unit_change="ignore")])
        found.append(Recording(raw, f"night{number}", dataset="nights"))
    return found
