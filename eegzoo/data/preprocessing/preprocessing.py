"""From a recording to epochs, the same way in training and in use."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

import mne
import numpy as np

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.step import Events, Step
from eegzoo.data.preprocessing.steps import STEPS
from eegzoo.data.preprocessing.window_steps import Baseline, Epoch
from eegzoo.data.reading.events import label_events


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """Named MNE steps as data. It travels with a checkpoint, so that use repeats training.

    It begins with the EEG channels of a recording. The steps follow in their order; one of them
    cuts windows.

    Parameters
    ----------
    steps : sequence of Step
        `Pick`, `Montage`, `Reference`, `Filter`, `Notch`, `Resample`, `Scale`, `Epoch`,
        `Baseline`, one `Epoch` among them.

    Raises
    ------
    ValueError
        If there is not one `Epoch`, or a step stands on its wrong side.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Filter
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=8, random_state=0)
    >>> preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.5, 3.5)])
    >>> epochs = preprocessing.epochs(raw)
    >>> len(epochs), epochs.times.size
    (8, 385)
    >>> print(preprocessing.as_mne_code())
    raw = raw.copy().pick("eeg").load_data()
    events, event_id = mne.events_from_annotations(raw)
    raw.filter(4.0, 38.0)
    epochs = mne.Epochs(raw, events, event_id, tmin=0.5, tmax=3.5, baseline=None, preload=True)
    X = 1e6 * epochs.get_data()  # microvolts
    """

    steps: Sequence[Step]

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        for step in self.steps:
            if not isinstance(step, Step):
                raise TypeError(f"expected preprocessing steps, got {step!r}")
        cuts = [place for place, step in enumerate(self.steps) if isinstance(step, Epoch)]
        if len(cuts) != 1:
            raise ValueError(f"expected one epoch step, got {len(cuts)}")
        for step in self._after:
            if not step.takes_epochs:
                raise ValueError(f"expected the {step.name} step before the epoch step, got after")
        for step in self._before:
            if isinstance(step, Baseline):
                raise ValueError("expected the baseline step after the epoch step, got before")

    @property
    def window(self) -> Epoch:
        """The step that cuts windows."""
        return next(step for step in self.steps if isinstance(step, Epoch))

    @property
    def _before(self) -> Sequence[Step]:
        return self.steps[: self.steps.index(self.window)]

    @property
    def _after(self) -> Sequence[Step]:
        return self.steps[self.steps.index(self.window) + 1 :]

    def epochs(
        self,
        inst: mne.io.BaseRaw | mne.BaseEpochs,
        event_id: Mapping[str, str | int] | None = None,
    ) -> mne.BaseEpochs:
        """Return a window for each event.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            It is not changed. Epochs are cropped; they cannot be filtered any more.
        event_id : mapping of str to str | int | None
            As in `label_events`; for recordings alone.

        Returns
        -------
        mne.Epochs
            Those that the recording holds whole and no "bad" annotation covers.

        Raises
        ------
        ValueError
            If there are no EEG channels, no events, no whole windows, or NaN in the data.
        """
        if isinstance(inst, mne.BaseEpochs):
            if event_id is not None:
                raise ValueError("expected event_id with a recording, got it with epochs")
            return self._of_epochs(inst)
        events, codes = label_events(inst, event_id)
        raw, events = self._prepared(inst, events)
        epochs = self._cut(raw, events, codes)
        if len(epochs) == 0:
            raise ValueError(
                f"expected events with {self.window.tmin} to {self.window.tmax} s of recording "
                f"around them, got none among {len(events)}"
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
        if step_seconds is not None:
            number_between("step_seconds", step_seconds, 0.0, above=True)
        raw, _ = self._prepared(raw, np.empty((0, 3), np.int64))
        sfreq = raw.info["sfreq"]
        n_times = self.window.n_times(sfreq)
        step = n_times if step_seconds is None else round(step_seconds * sfreq)
        if step < 1:
            raise ValueError(f"expected a step of at least one sample, got {step_seconds} s")
        starts = np.arange(0, raw.n_times - n_times + 1, step)
        if len(starts) == 0:
            raise ValueError(
                f"expected a recording of at least {n_times / sfreq:g} s, got {raw.times[-1]:g} s"
            )
        samples = starts + raw.first_samp - round(self.window.tmin * sfreq)
        events = np.column_stack([samples, np.zeros_like(samples), np.ones_like(samples)])
        return self._cut(raw, events, {"window": 1}, bad=True)

    def as_mne_code(self) -> str:
        """Return the MNE code that does the same to a recording named ``raw``."""
        lines = [
            'raw = raw.copy().pick("eeg").load_data()',
            "events, event_id = mne.events_from_annotations(raw)",
            *(step.code("raw") for step in self._before),
            self.window.code("raw"),
            *(step.code("epochs") for step in self._after),
            "X = 1e6 * epochs.get_data()  # microvolts",
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"steps": [step.to_dict() for step in self.steps]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made.

        Raises
        ------
        ValueError
            If a step is unknown, or has other arguments.
        """
        return cls([_step(described) for described in values["steps"]])

    def _prepared(self, raw: mne.io.BaseRaw, events: Events) -> tuple[mne.io.BaseRaw, Events]:
        """Return a recording's EEG channels after the steps before the cut, and its events."""
        eeg = raw.copy().pick(_eeg_channels(raw), verbose="ERROR").load_data(verbose="ERROR")
        _check_finite(eeg.get_data(verbose="ERROR"), eeg.ch_names)
        for step in self._before:
            events = step.apply_with_events(eeg, events)
        return eeg, events

    def _of_epochs(self, epochs: mne.BaseEpochs) -> mne.BaseEpochs:
        for step in self._before:
            if not step.takes_epochs:
                raise ValueError(
                    f"expected a continuous recording for the {step.name} step, got epochs, whose "
                    "edges it would smear"
                )
        eeg = epochs.copy().load_data().pick(_eeg_channels(epochs), verbose="ERROR")
        _check_finite(eeg.get_data(copy=False).transpose(1, 0, 2), eeg.ch_names)
        for step in self.steps:
            step.apply(eeg)
        return eeg

    def _cut(
        self, raw: mne.io.BaseRaw, events: Events, event_id: dict[str, int], bad: bool = False
    ) -> mne.Epochs:
        """Cut epochs; `bad` ones too, if asked for."""
        epochs = mne.Epochs(
            raw, events, event_id, self.window.tmin, self.window.tmax,
            reject_by_annotation=not bad, baseline=None, preload=True, picks="all",
            on_missing="ignore", verbose="ERROR",
        )  # fmt: skip
        for step in self._after:
            step.apply(epochs)
        return epochs


def _eeg_channels(inst: Any) -> list[str]:
    types = inst.get_channel_types()
    names = [name for name, kind in zip(inst.ch_names, types, strict=True) if kind == "eeg"]
    if not names:
        raise ValueError(f"expected EEG channels, got channels of type {sorted(set(types))}")
    return names


def _check_finite(data: Any, ch_names: Sequence[str]) -> None:
    damaged = [
        name for name, channel in zip(ch_names, data, strict=True) if not np.isfinite(channel).all()
    ]
    if damaged:
        raise ValueError(f"expected finite numbers, got NaN or infinity in channels {damaged}")


def _step(described: Mapping[str, Any]) -> Step:
    arguments = dict(described)
    name = arguments.pop("step", None)
    if name not in STEPS:
        raise ValueError(f"unknown step {name!r}; known are {', '.join(STEPS)}")
    try:
        return STEPS[name](**arguments)
    except TypeError as error:
        raise ValueError(f"step {name!r}: {error}") from error
