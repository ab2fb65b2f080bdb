"""Preprocessing of recordings into epochs, identical in training and inference."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import mne
import numpy as np

from eegzoo.arguments import number_between, one_of
from eegzoo.data.preprocessing.channel_steps import Pick
from eegzoo.data.preprocessing.event_windows import EventWindows, cut_at_events, epochs_from
from eegzoo.data.preprocessing.lost_samples import fill_lost_samples, lost_spans, overlap
from eegzoo.data.preprocessing.projections import with_projections
from eegzoo.data.preprocessing.step import Events, Step
from eegzoo.data.preprocessing.steps import processing_of, step_from_dict
from eegzoo.data.preprocessing.window_steps import Baseline, WindowStep
from eegzoo.data.reading.events.labels import labelled_events
from eegzoo.data.reading.events.sources import EventSource
from eegzoo.data.reading.events.spoiled import spoiled_stretches
from eegzoo.data.signal.amplitude import check_finite
from eegzoo.data.signal.choice.bad_channels import BADS, handle_bads
from eegzoo.data.signal.choice.channel_choice import TYPES, eeg_channels
from eegzoo.data.signal.marks import is_pause
from eegzoo.data.signal.processing import Processing
from eegzoo.data.signal.signal_info import SignalWarning


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """Sequence of MNE steps that turns a recording into epochs.

    The steps are applied in order to the EEG channels of a recording. They are stored with a
    checkpoint, so that inference repeats the preprocessing of the training data.

    Parameters
    ----------
    steps : sequence of Step
        `Pick`, `Montage`, `Reference`, `Filter`, `Notch`, `Resample`, `Scale`, `Epoch`, `Stretch`
        or `Baseline` steps, with exactly one `Epoch` or `Stretch`.
    types : sequence of str
        Types of the channels to use: "eeg", "seeg", "ecog", "dbs", "csd", "mag" or "grad".
        Channels that MNE takes for EEG are left out, with a `SignalWarning`, if their names or
        units are those of another signal, such as ECG, unless a `Pick` step names them.
    bads : {"raise", "interpolate", "drop", "keep"}
        What to do with channels that a recording marks as bad.

    Raises
    ------
    ValueError
        If there is not exactly one `Epoch` or `Stretch`, or a step is on the wrong side of it.

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
    types: Sequence[str] = ("eeg",)
    bads: str = "raise"

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        object.__setattr__(self, "types", tuple(self.types))
        for kind in self.types or ("",):
            one_of("types", kind, TYPES)
        one_of("bads", self.bads, BADS)
        for step in self.steps:
            if not isinstance(step, Step):
                raise TypeError(f"expected preprocessing steps, got {step!r}")
        cuts = [place for place, step in enumerate(self.steps) if isinstance(step, WindowStep)]
        if len(cuts) != 1:
            raise ValueError(f"expected one epoch step, got {len(cuts)}")
        for step in self.steps_after:
            if not step.takes_epochs:
                raise ValueError(f"expected the {step.name} step before the epoch step")
        for step in self.steps_before:
            if isinstance(step, Baseline):
                raise ValueError("expected the baseline step after the epoch step, got it before")

    @property
    def window(self) -> WindowStep:
        """Step that cuts windows."""
        return next(step for step in self.steps if isinstance(step, WindowStep))

    @property
    def processing(self) -> Processing:
        """Band, reference and baseline of the windows, as far as the steps determine them."""
        return processing_of(self.steps)

    @property
    def steps_before(self) -> Sequence[Step]:
        """Steps that are applied to a recording before it is cut into windows."""
        return self.steps[: self.steps.index(self.window)]

    @property
    def steps_after(self) -> Sequence[Step]:
        """Steps that are applied to windows."""
        return self.steps[self.steps.index(self.window) + 1 :]

    @property
    def picked_names(self) -> list[str]:
        """Channels that steps pick by name."""
        return [name for step in self.steps if isinstance(step, Pick) for name in step.ch_names]

    def epochs(
        self,
        inst: mne.io.BaseRaw | mne.BaseEpochs,
        event_id: Mapping[str, Any] | None = None,
        source: EventSource | None = None,
    ) -> mne.BaseEpochs:
        """Return an epoch for each event of a recording.

        Parameters
        ----------
        inst : mne.io.Raw | mne.Epochs
            Recording, or longer epochs to crop. It is not modified.
        event_id : mapping of str to str | int | sequence of str | int | None
            Events of a recording to use, as in `label_events`. None for epochs.
        source : EventSource | None
            Where events are read from, as in `label_events`.

        Returns
        -------
        mne.Epochs
            Epochs without those that exceed the recording, overlap a "bad" annotation or cross a
            pause. Events at one sample have an epoch each.

        Raises
        ------
        ValueError
            If there are no EEG channels, events or complete epochs, if a sample is not finite, or
            if `inst` is epochs and a step, such as a filter, requires a continuous recording.
        """
        if isinstance(inst, mne.BaseEpochs):
            if event_id is not None:
                raise ValueError("expected event_id with a recording, got it with epochs")
            return self._from_epochs(inst)
        return self.at_events(inst, event_id, source).epochs

    def at_events(
        self,
        raw: mne.io.BaseRaw,
        event_id: Mapping[str, Any] | None = None,
        source: EventSource | None = None,
    ) -> EventWindows:
        """Return the epochs of a recording with what is known of them, and what is left out.

        Parameters
        ----------
        raw, event_id, source
            As in `epochs`.

        Returns
        -------
        EventWindows
            Epochs, the onset and the event of each, and the events that are left out.

        Raises
        ------
        ValueError
            As in `epochs`.
        """
        labelled = labelled_events(raw, event_id, source)
        onsets = (labelled.events[:, 0] - raw.first_samp) / float(raw.info["sfreq"])
        spoiled = spoiled_stretches(raw, labelled.names)
        prepared, events = self._prepared(self._picked(raw), labelled.events)
        cut = cut_at_events(prepared, events, labelled, onsets, spoiled, self.window)
        return dataclasses.replace(cut, epochs=self._finished(cut.epochs, self.steps_after))

    def windows(self, raw: mne.io.BaseRaw, step_seconds: float | None = None) -> mne.Epochs:
        """Return windows at regular intervals, whatever is marked as bad, but across no pause.

        Parameters
        ----------
        raw : mne.io.Raw
            Recording. It is not modified.
        step_seconds : float | None
            Interval between the starts of successive windows in seconds. None: the length of a
            window.
        """
        if step_seconds is not None:
            number_between("step_seconds", step_seconds, 0.0, above=True)
        raw = self._picked(raw)
        pauses = [each for each in spoiled_stretches(raw) if is_pause(each.description)]
        lost = lost_spans(raw, raw.ch_names)
        raw, _ = self._prepared(raw, np.empty((0, 3), np.int64))
        sfreq = raw.info["sfreq"]
        n_times = self.window.n_times(sfreq)
        step = n_times if step_seconds is None else round(step_seconds * sfreq)
        if step < 1:
            raise ValueError(f"expected step_seconds of at least one sample, got {step_seconds} s")
        starts = np.arange(0, raw.n_times - n_times + 1, step)
        if len(starts) == 0:
            raise ValueError(
                f"expected a recording of at least {n_times / sfreq:g} s, got {raw.times[-1]:g} s"
            )
        unusable = overlap(lost, starts / sfreq, (starts + n_times) / sfreq)
        if unusable.all():
            raise ValueError("expected windows of finite numbers, got NaN or infinity in all")
        if unusable.any():
            warnings.warn(
                f"{unusable.sum()} of {len(starts)} windows are left out, because samples are "
                "missing in stretches that are marked bad",
                SignalWarning,
                stacklevel=2,
            )
        for pause in pauses:
            crossing = [pause.touches(first, first + n_times - 1, sfreq) for first in starts]
            unusable |= np.array(crossing)
        starts = starts[~unusable]
        if len(starts) == 0:
            raise ValueError(f"expected {n_times / sfreq:g} s without a pause")
        epochs = epochs_from(raw, starts, np.ones_like(starts), {"window": 1}, self.window)
        return self._finished(epochs, self.steps_after)

    def as_mne_code(self) -> str:
        """Return the equivalent MNE code for a recording named ``raw``."""
        picks = '"eeg"' if self.types == ("eeg",) else repr(list(self.types))
        lines = [
            f"raw = raw.copy().pick({picks}).load_data()",
            "events, event_id = mne.events_from_annotations(raw)",
            *(step.code("raw") for step in self.steps_before),
            self.window.code("raw"),
            *(step.code("epochs") for step in self.steps_after),
            "X = 1e6 * epochs.get_data()  # microvolts",
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values: dict[str, Any] = {"steps": [step.to_dict() for step in self.steps]}
        if self.types != ("eeg",):
            values["types"] = list(self.types)
        if self.bads != "raise":
            values["bads"] = self.bads
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the preprocessing that `to_dict` describes.

        Raises
        ------
        ValueError
            If a step or one of its arguments is unknown.
        """
        others = {name: value for name, value in values.items() if name != "steps"}
        if "steps" not in values or not others.keys() <= {"types", "bads"}:
            raise ValueError(f"expected steps, types and bads, got {sorted(values)}")
        return cls([step_from_dict(step) for step in values["steps"]], **others)

    def _prepared(self, eeg: mne.io.BaseRaw, events: Events) -> tuple[mne.io.BaseRaw, Events]:
        """Apply the steps before the windows, and return the recording and its events."""
        fill_lost_samples(eeg)
        check_finite(eeg.get_data(verbose="ERROR"), eeg.ch_names)
        for step in self.steps_before:
            eeg, events = step.apply_with_events(eeg, events)
        return eeg, events

    def _picked(self, inst: Any) -> Any:
        """Return a copy with the chosen channels, loaded, without bad ones."""
        names = eeg_channels(inst, self.types, keep=self.picked_names)
        with mne.use_log_level("ERROR"):  # load_data of epochs has no argument verbose
            chosen = inst.copy().pick(names).load_data()
        return chosen.pick(handle_bads(chosen, names, self.bads), verbose="ERROR")

    def _from_epochs(self, epochs: mne.BaseEpochs) -> mne.BaseEpochs:
        for step in self.steps_before:
            if not step.takes_epochs:
                raise ValueError(
                    f"expected a continuous recording for the {step.name} step, got epochs, whose "
                    "edges would cause artefacts"
                )
        eeg = with_projections(self._picked(epochs))
        check_finite(eeg.get_data(copy=False), eeg.ch_names)
        return self._finished(eeg, self.steps)

    def _finished(self, epochs: mne.BaseEpochs, steps: Sequence[Step]) -> mne.BaseEpochs:
        """Return epochs after steps; channels that are kept though bad are no longer marked."""
        for step in steps:
            epochs = step.apply(epochs)
        if self.bads == "keep":
            epochs.info["bads"] = []
        return epochs
