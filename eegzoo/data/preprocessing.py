"""From a recording to epochs, the same way in training and in use."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import mne
import numpy as np

from eegzoo.arguments import number_between
from eegzoo.data.recordings import label_events


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """Band-pass and window. It travels with a checkpoint, so that use repeats training.

    Parameters
    ----------
    tmin, tmax : float
        Start and end of a window in seconds, from its event.
    l_freq, h_freq : float | None
        Edges of the band-pass in Hz. None: open on that side.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=8, random_state=0)
    >>> preprocessing = Preprocessing(tmin=0.5, tmax=3.5, l_freq=4.0, h_freq=38.0)
    >>> epochs = preprocessing.epochs(raw)
    >>> len(epochs), epochs.times.size
    (8, 385)
    """

    tmin: float
    tmax: float
    l_freq: float | None = None
    h_freq: float | None = None

    def __post_init__(self) -> None:
        for name in ("tmin", "tmax"):
            seconds = number_between(name, getattr(self, name), -1e6, 1e6)
            object.__setattr__(self, name, seconds)
        if not self.tmin < self.tmax:
            raise ValueError(f"expected tmin below tmax, got {self.tmin} and {self.tmax}")
        for name in ("l_freq", "h_freq"):
            if getattr(self, name) is not None:
                edge = number_between(name, getattr(self, name), 0.0, above=True)
                object.__setattr__(self, name, edge)
        low, high = self.l_freq, self.h_freq
        if low is not None and high is not None and low >= high:
            raise ValueError(f"expected l_freq below h_freq, got {low} and {high}")

    def epochs(
        self, raw: mne.io.BaseRaw, event_id: Mapping[str, str | int] | None = None
    ) -> mne.Epochs:
        """Return a window for each event.

        Parameters
        ----------
        raw : mne.io.Raw
            It is not changed.
        event_id : mapping of str to str | int | None
            As in `label_events`.

        Returns
        -------
        mne.Epochs
            Those that the recording holds whole and no "bad" annotation covers.

        Raises
        ------
        ValueError
            If there are no EEG channels, no events, no whole windows, or NaN in the data.
        """
        events, codes = label_events(raw, event_id)
        epochs = self._cut(self.filter(raw), events, codes)
        if len(epochs) == 0:
            raise ValueError(
                f"expected events with {self.tmin} to {self.tmax} s of recording around them, got "
                f"none among {len(events)}"
            )
        return epochs

    def windows(self, raw: mne.io.BaseRaw, step_seconds: float | None = None) -> mne.Epochs:
        """Return windows from the recording's start to its end, whatever happens in it.

        Parameters
        ----------
        raw : mne.io.Raw
            It is not changed.
        step_seconds : float | None
            From one window's start to the next. None: a window's length.
        """
        sfreq = raw.info["sfreq"]
        n_times = round(self.tmax * sfreq) - round(self.tmin * sfreq) + 1  # as MNE rounds
        step = n_times
        if step_seconds is not None:
            step = round(number_between("step_seconds", step_seconds, 0.0, above=True) * sfreq)
        if step < 1:
            raise ValueError(f"expected a step of at least one sample, got {step_seconds} s")
        starts = np.arange(0, raw.n_times - n_times + 1, step)
        if len(starts) == 0:
            raise ValueError(
                f"expected a recording of at least {n_times / sfreq:g} s, got {raw.times[-1]:g} s"
            )
        samples = starts + raw.first_samp - round(self.tmin * sfreq)
        events = np.column_stack([samples, np.zeros_like(samples), np.ones_like(samples)])
        return self._cut(self.filter(raw), events, {"window": 1}, bad=True)

    def filter(self, raw: mne.io.BaseRaw) -> mne.io.BaseRaw:
        """Return the EEG channels of a recording, band-passed."""
        if "eeg" not in raw.get_channel_types():
            types = sorted(set(raw.get_channel_types()))
            raise ValueError(f"expected EEG channels, got channels of type {types}")
        for name in ("l_freq", "h_freq"):
            edge = getattr(self, name)
            if edge is not None and edge >= raw.info["sfreq"] / 2:
                raise ValueError(
                    f"expected {name} below half the sampling rate of {raw.info['sfreq']:g} Hz, "
                    f"got {edge:g}"
                )
        eeg = raw.copy().pick("eeg", exclude=(), verbose="ERROR").load_data(verbose="ERROR")
        damaged = np.flatnonzero(~np.isfinite(eeg.get_data(verbose="ERROR")).all(axis=1))
        if damaged.size:
            bad = [eeg.ch_names[channel] for channel in damaged]
            raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")
        return eeg.filter(self.l_freq, self.h_freq, picks="all", verbose="ERROR")

    def _cut(
        self, raw: mne.io.BaseRaw, events: Any, event_id: dict[str, int], bad: bool = False
    ) -> mne.Epochs:
        """Cut epochs; `bad` ones too, if asked for."""
        epochs = mne.Epochs(
            raw, events, event_id, self.tmin, self.tmax, reject_by_annotation=not bad,
            baseline=None, preload=True, picks="all", on_missing="ignore", verbose="ERROR",
        )  # fmt: skip
        return epochs

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made."""
        return cls(**values)
