"""Windows at events: where they are, and which are left out and why."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.window_steps import Stretch, WindowStep
from eegzoo.data.reading.events.labels import LabelledEvents
from eegzoo.data.reading.events.spoiled import Spoiled


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Window that is left out.

    Parameters
    ----------
    name : str
        Name of its event.
    onset : float
        Onset of the window's event, or of the window within a labelled stretch, in seconds.
    reason : str
        Why it is left out.
    """

    name: str
    onset: float
    reason: str

    def __str__(self) -> str:
        """Return a sentence about one window; reasons are those of several."""
        what = self.reason
        if not what.startswith(("are ", "last ")):
            what = f"its window would {what}"
        return f"{self.name} at {self.onset:.3f} s: {what}"


@dataclasses.dataclass(frozen=True)
class EventWindows:
    """Windows at the events of a recording.

    Parameters
    ----------
    epochs : mne.Epochs
        Windows.
    onset : array of float, shape (n_windows,)
        Onset of each window's event, as it is in the recording, in seconds from its start. For
        windows of a labelled stretch, the onset of the window.
    index : array of int, shape (n_windows,)
        Index of each window's event.
    n_events : int
        Number of events, including those without a window.
    is_stretch : bool
        Whether several windows may come from one event.
    left_out : list of LeftOut
        Windows that are left out, and events without any window.
    """

    epochs: mne.BaseEpochs
    onset: npt.NDArray[np.float64]
    index: npt.NDArray[np.int64]
    n_events: int
    is_stretch: bool
    left_out: list[LeftOut]

    def metadata(self, recording: str) -> dict[str, npt.NDArray[np.str_]]:
        """Return the column "block": which labelled stretch of a recording each window is from.

        It is empty for windows at events, each of which has one.
        """
        if not self.is_stretch:
            return {}
        return {"block": np.array([f"{recording}/{index}" for index in self.index.tolist()])}

    def summary(self) -> str | None:
        """Return a line on the windows that are left out, or None if there are none."""
        if not self.left_out:
            return None
        what = "windows" if self.is_stretch else "events"
        total = len(self.left_out) + len(self.onset)
        return f"{len(self.left_out)} of {total} {what} are left out: {_summary(self.left_out)}"


def _summary(left_out: Sequence[LeftOut]) -> str:
    counts = Counter(left.reason for left in left_out)
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())


def cut_at_events(
    raw: mne.io.BaseRaw,
    events: npt.NDArray[np.int64],
    labelled: LabelledEvents,
    onsets: npt.NDArray[np.float64],
    spoiled: Sequence[Spoiled],
    window: WindowStep,
) -> EventWindows:
    """Cut the windows of events from a preprocessed recording.

    Parameters
    ----------
    raw : mne.io.Raw
        Preprocessed recording.
    events : array of int, shape (n_events, 3)
        Events at the sampling rate of `raw`. Several may be at one sample.
    labelled : LabelledEvents
        The same events, as they were found.
    onsets : array of float, shape (n_events,)
        Onset of each event in seconds, before preprocessing.
    spoiled : sequence of Spoiled
        Stretches that no window may touch, and pauses that none may cross.
    window : WindowStep
        Step that cuts windows.

    Raises
    ------
    ValueError
        If there is no window.
    """
    sfreq = float(raw.info["sfreq"])
    n_times, offset = window.n_times(sfreq), round(window.tmin * sfreq)
    index, firsts, left_out = [], [], []
    times: list[float] = []
    for place, name in enumerate(labelled.names):
        start = int(events[place, 0]) - raw.first_samp
        steps = [0]
        if isinstance(window, Stretch):
            steps = window.starts(float(labelled.durations[place]), sfreq).tolist()
            if not steps:
                reason = f"last less than {window.seconds:g} s"
                left_out.append(LeftOut(name, float(onsets[place]), reason))
        for step in steps:
            first = start + step + offset
            onset = float(onsets[place]) + step / sfreq
            reason_or_none = _reason(first, first + n_times - 1, raw.n_times, sfreq, spoiled)
            if reason_or_none is not None:
                left_out.append(LeftOut(name, onset, reason_or_none))
                continue
            index.append(place)
            firsts.append(first)
            times.append(onset)
    if not firsts:
        raise ValueError(
            f"expected events with {window.tmin:g} to {window.last_time(sfreq):g} s of recording, "
            f"got none among {len(events)} events: {_summary(left_out)}"
        )
    chosen = np.array(index, np.int64)
    epochs = epochs_from(
        raw, np.array(firsts, np.int64), events[chosen, 2], labelled.event_id, window
    )
    is_stretch = isinstance(window, Stretch)
    if not is_stretch and len(epochs.selection) == len(chosen) == len(np.unique(firsts)):
        reasons = {left.onset: left.reason for left in left_out}
        kept = set(chosen.tolist())
        epochs.selection = chosen
        epochs.drop_log = tuple(
            () if place in kept else (reasons[onset],)
            for place, onset in enumerate(onsets.tolist())
        )
    return EventWindows(epochs, np.array(times), chosen, len(events), is_stretch, left_out)


def _reason(
    first: int, last: int, n_times: int, sfreq: float, spoiled: Sequence[Spoiled]
) -> str | None:
    """Return why a window from sample `first` to `last` is left out, or None."""
    if first < 0:
        return "begin before the recording"
    if last >= n_times:
        return "end after the recording"
    for stretch in spoiled:
        if stretch.touches(first, last, sfreq):
            what = "cross the pause" if stretch.is_cut else "are marked"
            return f"{what} {stretch.description!r}"
    return None


def epochs_from(
    raw: mne.io.BaseRaw,
    firsts: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    event_id: dict[str, int],
    window: WindowStep,
) -> mne.BaseEpochs:
    """Return a window from each first sample; several may begin at one sample."""
    sfreq = raw.info["sfreq"]
    samples = firsts + raw.first_samp - round(window.tmin * sfreq)
    # MNE refuses several events at one sample, so such windows are cut once and repeated.
    unique, places = np.unique(samples, return_inverse=True)
    first_codes = codes[[int(np.flatnonzero(places == p)[0]) for p in range(len(unique))]]
    rows = np.column_stack([unique, np.zeros_like(unique), first_codes]).astype(np.int64)
    tmin = round(window.tmin * sfreq) / sfreq
    tmax = window.last_time(sfreq)
    epochs = mne.Epochs(
        raw, rows, event_id, tmin, tmax, reject_by_annotation=False,
        baseline=None, preload=True, picks="all", on_missing="ignore", verbose="ERROR",
    )  # fmt: skip
    if len(unique) == len(samples):
        return epochs
    epochs = epochs[places.tolist()]
    epochs.events[:, 2] = codes
    epochs.event_id = {name: code for name, code in event_id.items() if code in codes}
    return epochs
