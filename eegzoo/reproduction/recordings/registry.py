"""Loaders and simulations of the data sets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from eegzoo.data.datasets.simulated import simulate_motor_imagery
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource, Entry
from eegzoo.reproduction.recordings import (
    dreams,
    eegbci,
    eegmat,
    fingermovements,
    moabb_sets,
    sample_audvis,
    scored_nights,
    sleep_edf,
    ssvep_exo,
)
from eegzoo.reproduction.recordings.folders import data_directory

_MODULES: Mapping[str, ModuleType] = {
    "dreams": dreams,
    "eegbci": eegbci,
    "eegmat": eegmat,
    "fingermovements": fingermovements,
    "sample_audvis": sample_audvis,
    "nsrr": scored_nights,
    "sleep_edf": sleep_edf,
    "ssvep_exo": ssvep_exo,
}
_MOABB = {"bci2a", "bci2b", "high_gamma", "nakanishi2015"}


def load(entry: Entry, data_dir: Path | None = None) -> Any:
    """Return the recordings of an entry.

    Parameters
    ----------
    entry : Entry
        Entry.
    data_dir : Path | None
        Directory of data sets. None: that in ``EEGZOO_DATA``.

    Raises
    ------
    FileNotFoundError
        If the data are not there and cannot be downloaded. The message names their address and
        licence.
    """
    directory = data_directory(data_dir)
    source = entry.data
    if source.name in _MOABB:
        return moabb_sets.load(source, directory, **entry.recordings)
    if source.name in _MODULES:
        return _MODULES[source.name].load(source, directory, **entry.recordings)
    return _SIMULATED[source.name](source)


def simulate(entry: Entry) -> Any:
    """Return simulated recordings in the shape of an entry's."""
    source = entry.data
    if source.name in _MOABB:
        return moabb_sets.simulate(**entry.recordings)
    if source.name in _MODULES:
        return _MODULES[source.name].simulate(**entry.recordings)
    return _SIMULATED[source.name](source)


def _nothing(source: DataSource) -> None:
    return None


def _imagery(source: DataSource) -> list[Recording]:
    return [Recording(simulate_motor_imagery(n_trials=100, random_state=0), "simulated")]


_SIMULATED: Mapping[str, Callable[[DataSource], Any]] = {"none": _nothing, "simulated": _imagery}
