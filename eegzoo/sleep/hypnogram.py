"""A hypnogram: the stage of each window of a night, and how it was found."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import os
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, one_of
from eegzoo.sleep.files.hypnogram_files import write_hypnogram
from eegzoo.sleep.sleep_statistics import SleepStatistics, sleep_statistics
from eegzoo.sleep.stages import EDF_TEXTS, STAGES, UNSCORED

Array = npt.NDArray[np.float64]

_ROUNDING = 0.01  # of the sum of probabilities that a file rounds


@dataclasses.dataclass(frozen=True, eq=False)
class Hypnogram:
    """Stages of the consecutive windows of a night, with their probabilities.

    Parameters
    ----------
    stages : sequence of str, shape (n_windows,)
        Stage of each window: "W", "N1", "N2", "N3", "R" or "unscored".
    probabilities : array-like of float, shape (n_windows, 5) | None
        The hypnodensity: probability of each stage in the order W, N1, N2, N3, R; NaN where the
        window is unscored. None: not known, as for a scorer.
    onset : float
        Start of the first window in seconds from the start of the recording.
    window_seconds : float
        Duration of a window.
    last_seconds : float | None
        Duration of the last window, which may be shorter. None: `window_seconds`.
    meas_date : datetime.datetime | None
        Time at which the recording starts. MNE's times are in UTC; those of most formats are local
        times that are only called so.
    lights_off, lights_on : float | None
        Times in seconds from the start of the recording, between which statistics count. None:
        the start of the first window, and the end of the last.
    channels : sequence of str
        Derivations that were staged, such as "C4-M1".
    model : str | None
        Name of the model that staged them.
    reasons : sequence of str
        Why each window is unscored, such as "flat"; an empty string for one that is scored. Empty:
        not known.
    notes : sequence of str
        What was chosen or left out in staging.

    Attributes
    ----------
    onsets, durations : array of float, shape (n_windows,)
        Start of each window from the start of the recording, and its duration, in seconds.

    Examples
    --------
    >>> hypnogram = Hypnogram(["W", "N1", "N2", "unscored", "N2"])
    >>> hypnogram
    <Hypnogram | 5 windows of 30 s: W 1, N1 1, N2 2, unscored 1>
    >>> hypnogram.onsets.tolist()
    [0.0, 30.0, 60.0, 90.0, 120.0]
    >>> hypnogram.statistics().total_sleep_time
    1.5
    """

    stages: Sequence[str]
    probabilities: Any = None
    onset: float = 0.0
    window_seconds: float = 30.0
    last_seconds: float | None = None
    meas_date: datetime.datetime | None = None
    lights_off: float | None = None
    lights_on: float | None = None
    channels: Sequence[str] = ()
    model: str | None = None
    reasons: Sequence[str] = ()
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("stages", "channels", "reasons", "notes"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise TypeError(f"expected {name} to be a sequence of str, got {value!r}")
            object.__setattr__(self, name, tuple(str(item) for item in value))
        if not self.stages:
            raise ValueError("expected stages of at least one window, got none")
        for stage in self.stages:
            one_of("stages", stage, (*STAGES, UNSCORED))
        if self.reasons and len(self.reasons) != len(self.stages):
            raise ValueError(
                f"expected as many reasons as stages, got {len(self.reasons)} and "
                f"{len(self.stages)}"
            )
        number_between("onset", self.onset, -np.inf)
        number_between("window_seconds", self.window_seconds, 0.0, above=True)
        if self.last_seconds is not None:
            number_between("last_seconds", self.last_seconds, 0.0, self.window_seconds, above=True)
        if self.probabilities is not None:
            object.__setattr__(self, "probabilities", self._checked(self.probabilities))
        off, on = self.lights_off, self.lights_on
        if off is not None and on is not None and not off < on:
            raise ValueError(f"expected lights_on after lights_off, got {on:g} s and {off:g} s")

    def __len__(self) -> int:
        return len(self.stages)

    def __repr__(self) -> str:
        counts = collections.Counter(self.stages)
        found = ", ".join(f"{s} {counts[s]}" for s in (*STAGES, UNSCORED) if counts[s])
        return f"<Hypnogram | {len(self)} windows of {self.window_seconds:g} s: {found}>"

    @property
    def onsets(self) -> Array:
        """Start of each window in seconds from the start of the recording."""
        return np.asarray(self.onset + self.window_seconds * np.arange(len(self)), np.float64)

    @property
    def durations(self) -> Array:
        """Duration of each window in seconds."""
        lengths = np.full(len(self), float(self.window_seconds))
        if self.last_seconds is not None:
            lengths[-1] = self.last_seconds
        return lengths

    def to_annotations(self) -> mne.Annotations:
        """Return one annotation for each window, with the texts of EDF+.

        Returns
        -------
        mne.Annotations
            Annotations "Sleep stage W", "Sleep stage N1", …, "Sleep stage R", and "Sleep stage ?"
            where the window is unscored. ``raw.set_annotations`` puts them in their place in the
            recording, also in a part that was cropped from it if the recording has a date.

        Examples
        --------
        >>> annotations = Hypnogram(["W", "N1"]).to_annotations()
        >>> annotations.onset.tolist(), annotations.description.tolist()
        ([0.0, 30.0], ['Sleep stage W', 'Sleep stage N1'])
        """
        texts = [EDF_TEXTS[stage] for stage in self.stages]
        return mne.Annotations(self.onsets, self.durations, texts, orig_time=self.meas_date)

    def statistics(
        self, *, lights_off: float | None = None, lights_on: float | None = None
    ) -> SleepStatistics:
        """Return the statistics of a sleep report.

        Parameters
        ----------
        lights_off, lights_on : float | None
            Times in seconds from the start of the recording. None: those of the hypnogram.

        Returns
        -------
        SleepStatistics
            Statistics from lights-off to lights-on; windows outside are left out.
        """
        return sleep_statistics(
            self.stages,
            onsets=self.onsets,
            durations=self.durations,
            lights_off=self.lights_off if lights_off is None else lights_off,
            lights_on=self.lights_on if lights_on is None else lights_on,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the hypnogram to a file, completely or not at all.

        Parameters
        ----------
        path : path-like
            File that ends in ``.csv`` or ``.tsv``, for a table with the columns onset, duration and
            stage and, if they are known, the probabilities of W, N1, N2, N3 and R; or in ``.edf``,
            for EDF+ annotations. A probability of an unscored window is an empty cell, or "n/a" in
            TSV, as BIDS has it.

        Raises
        ------
        ImportError
            If the file is EDF+ and edfio is not installed (extra ``edf``).
        ValueError
            If the ending is another one, or EDF+ cannot represent the date.

        Examples
        --------
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Hypnogram(["W", "N1"]).save(f"{folder}/night.csv")
        ...     with open(f"{folder}/night.csv") as file:
        ...         print(file.read())
        onset,duration,stage
        0,30,W
        30,30,N1
        """
        write_hypnogram(
            path,
            onsets=self.onsets,
            durations=self.durations,
            stages=self.stages,
            probabilities=self.probabilities,
            meas_date=self.meas_date,
        )

    def _checked(self, values: Any) -> Array:
        """Return probabilities as an array that cannot be changed."""
        found = np.array(values, np.float64)
        if found.shape != (len(self), len(STAGES)):
            raise ValueError(
                f"expected probabilities of shape {(len(self), len(STAGES))}, got {found.shape}"
            )
        scored = np.array([stage != UNSCORED for stage in self.stages])
        inside = np.isfinite(found) & (found >= 0) & (found <= 1)
        sums = found[scored].sum(axis=1)
        if not inside[scored].all() or np.abs(sums - 1).max(initial=0) > _ROUNDING:
            raise ValueError("expected probabilities from 0 to 1 that sum to 1 in scored windows")
        found[~scored] = np.nan
        found.flags.writeable = False
        return found
