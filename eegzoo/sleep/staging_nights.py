"""Staging of several nights, on one machine or a cluster."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mne

from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.tasks.run_tasks import run_tasks
from eegzoo.sleep.files.night_files import NightFiles, night_files
from eegzoo.sleep.hypnogram import Hypnogram
from eegzoo.sleep.inputs.clock_times import Time
from eegzoo.sleep.pictures.hypnogram_picture import save_picture
from eegzoo.sleep.stagers.load_stager import load_stager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.staging import stage


@dataclasses.dataclass(frozen=True)
class StagedNight:
    """Result of one of several nights.

    Parameters
    ----------
    recording : Path
        Recording.
    hypnogram : Hypnogram | None
        Hypnogram. None: the night could not be staged.
    error : str | None
        Why it could not be staged. None: it was.
    notes : tuple of str
        What was assumed while reading, chosen and left out.
    files : tuple of Path
        Files that were written.

    Examples
    --------
    >>> StagedNight(Path("night.edf"), error="no such file").hypnogram is None
    True
    """

    recording: Path
    hypnogram: Hypnogram | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Options:
    """How each night is read and staged."""

    model: str | os.PathLike[str] | Stager
    channels: str | Sequence[str] | None
    lights_off: Time
    lights_on: Time
    truncated: str
    reader_options: Mapping[str, Any] | None


def stage_nights(
    recordings: Sequence[str | os.PathLike[str]],
    model: str | os.PathLike[str] | Stager = "robustsleepnet",
    *,
    channels: str | Sequence[str] | None = None,
    lights_off: Time = None,
    lights_on: Time = None,
    out: str | os.PathLike[str] | None = None,
    plot: str | os.PathLike[str] | None = None,
    ending: str = ".csv",
    truncated: str = "raise",
    reader_options: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
) -> Iterator[StagedNight]:
    """Stage several nights, each in a process of its own if there are several.

    A night that fails does not stop the others, nor does one whose process dies, for example for
    want of memory. joblib runs them, so that ``joblib.parallel_config(backend="dask")`` runs them
    on a cluster, whose workers need access to the recordings. A night whose worker is lost is
    staged again by another worker.

    Parameters
    ----------
    recordings : sequence of path-like
        Recordings, in any format that `eegzoo.data.read_recording` reads.
    model, channels, lights_off, lights_on
        As in `stage`. A clock time means the first such time in each night.
    out, plot : path-like | None
        Folders for hypnograms and pictures, whose files are called as the recordings; or files, for
        a single night. Files are written by the processes that stage, completely or not at all.
    ending : {".csv", ".tsv", ".edf"}
        Format of the hypnograms in a folder.
    truncated, reader_options
        As in `eegzoo.data.read_recording`.
    n_jobs : int | None
        Number of processes. None: 1, unless ``joblib.parallel_config`` says otherwise.

    Yields
    ------
    StagedNight
        Result of each night, in the order in which they are there.

    Raises
    ------
    ValueError
        If a recording is given twice, two nights would have the same file, or the model is
        unknown. Faults of a night are in its result.
    OSError
        If no files can be written to `out` or `plot`, or weights cannot be fetched.

    Examples
    --------
    >>> class AlwaysN2(eegzoo.sleep.Stager):
    ...     def _probabilities(self, signals, sfreq, n):
    ...         return np.tile([0.1, 0.1, 0.6, 0.1, 0.1], (n, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     raw = eegzoo.data.simulate_sleep(0.1, random_state=0)
    ...     paths = raw.save(f"{folder}/night_raw.fif", verbose="ERROR")
    ...     nights = [f"{folder}/night_raw.fif", f"{folder}/missing.edf"]
    ...     for night in stage_nights(nights, AlwaysN2("always N2")):
    ...         print(night.recording.name, night.hypnogram, night.error is None)
    night_raw.fif <Hypnogram | 12 windows of 30 s: N2 12> True
    missing.edf None False
    """
    nights = night_files(recordings, out, plot, ending)
    if isinstance(model, (str, os.PathLike)):
        _stager(os.fspath(model))  # unknown names, and downloads, before anything is computed
    options = _Options(model, channels, lights_off, lights_on, truncated, reader_options)
    return _results(nights, options, n_jobs)


def _results(
    nights: Sequence[NightFiles], options: _Options, n_jobs: int | None
) -> Iterator[StagedNight]:
    """Yield the result of each night exactly once."""
    for outcome in run_tasks(functools.partial(_staged, options=options), nights, n_jobs):
        recording = nights[outcome.place].recording
        yield (
            outcome.value
            if outcome.error is None
            else StagedNight(recording, error=_one_line(outcome.error))
        )


def _staged(night: NightFiles, options: _Options) -> StagedNight:
    """Read and stage a night, and write its files; errors become results."""
    with _heard() as said:
        try:
            raw = read_recording(
                night.recording,
                truncated=options.truncated,
                reader_options=options.reader_options,
            )
            hypnogram = _hypnogram(raw, options)
            files = _write(night, raw, hypnogram)
        except Exception as error:
            return StagedNight(night.recording, error=_about(night, error))
    notes = [*(_about(night, text) for text in said), *hypnogram.notes]
    return StagedNight(night.recording, hypnogram, notes=tuple(dict.fromkeys(notes)), files=files)


def _hypnogram(raw: mne.io.BaseRaw, options: _Options) -> Hypnogram:
    model = options.model
    return stage(
        raw,
        _stager(os.fspath(model)) if isinstance(model, (str, os.PathLike)) else model,
        channels=options.channels,
        lights_off=options.lights_off,
        lights_on=options.lights_on,
    )


def _write(night: NightFiles, raw: mne.io.BaseRaw, hypnogram: Hypnogram) -> tuple[Path, ...]:
    if night.hypnogram is not None:
        hypnogram.save(night.hypnogram)
    if night.picture is not None:
        save_picture(night.picture, hypnogram, raw, title=night.recording.name)
    return tuple(path for path in (night.hypnogram, night.picture) if path is not None)


@functools.lru_cache(maxsize=2)
def _stager(model: str) -> Stager:
    """Return a stager, which stays in memory for the next night of this process."""
    return load_stager(model)


class _Listener(logging.Handler):
    """Handler that collects messages."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.INFO)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextlib.contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what readers log, and at the end what was warned of."""
    said: list[str] = []
    logger, listener = logging.getLogger("eegzoo.data.reading"), _Listener(said)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
        said += [
            str(warning.message)
            for warning in caught
            if issubclass(warning.category, (UserWarning, RuntimeWarning))
        ]
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate


def _about(night: NightFiles, message: object) -> str:
    """Return a message on one line, without the name of the recording in front of it."""
    text = _one_line(message)
    for opening in (f"{night.recording}: ", f"{night.recording} "):
        text = text.removeprefix(opening)
    return text


def _one_line(message: object) -> str:
    return " ".join(str(message).split()) or type(message).__name__
