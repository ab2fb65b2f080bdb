"""Recordings played as streams, and what the commands of a rule are worth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from sklearn.metrics import matthews_corrcoef

from eegzoo.arguments import number_between
from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.events.labels import labelled_events
from eegzoo.online.decision import Decision
from eegzoo.online.decision_rule import Command, DecisionRule
from eegzoo.online.streaming_classifier import StreamingClassifier

IDLE = "idle"


@dataclasses.dataclass(frozen=True)
class Simulation:
    """What the commands of a stream are worth.

    Parameters
    ----------
    n_events : int
        Number of events.
    n_hits, n_wrong, n_missed : int
        Number of events whose first command has their label, has another, or does not come.
    n_false_positives : int
        Number of commands during no event.
    idle_minutes : float
        Time without an event in minutes.
    seconds_to_decision : float
        Median time in seconds from an event to the command that hits it, including the delay of
        the filters. NaN: there is none.
    bits_per_minute : float
        Information transfer rate of Wolpaw, over the events and their durations.
    nmcc : float
        Matthews' correlation of labels and decisions over windows, "idle" among both, moved to 0
        to 1; chance is 0.5. A decision that is not surer than the threshold counts as "idle".
    decisions : sequence of Decision
        All decisions.
    commands : sequence of Command
        All commands.

    Examples
    --------
    >>> print(Simulation(10, 8, 1, 1, 2, 4.0, 1.5, 6.0, 0.9))
    8 of 10 events hit, 1 wrong, 1 missed; 0.50 false positives per minute (4.0 minutes of rest)
    1.50 s to a decision, 6.0 bits per minute, normalised MCC of the windows 0.900 (chance 0.500)
    """

    n_events: int
    n_hits: int
    n_wrong: int
    n_missed: int
    n_false_positives: int
    idle_minutes: float
    seconds_to_decision: float
    bits_per_minute: float
    nmcc: float
    decisions: Sequence[Decision] = dataclasses.field(repr=False, default=())
    commands: Sequence[Command] = dataclasses.field(repr=False, default=())

    @property
    def false_positives_per_minute(self) -> float:
        """Number of commands per minute without an event."""
        return self.n_false_positives / self.idle_minutes if self.idle_minutes > 0 else math.nan

    def __str__(self) -> str:
        """Return a summary in two lines."""
        return (
            f"{self.n_hits} of {self.n_events} events hit, {self.n_wrong} wrong, {self.n_missed} "
            f"missed; {self.false_positives_per_minute:.2f} false positives per minute "
            f"({self.idle_minutes:.1f} minutes of rest)\n"
            f"{self.seconds_to_decision:.2f} s to a decision, {self.bits_per_minute:.1f} bits per "
            f"minute, normalised MCC of the windows {self.nmcc:.3f} (chance 0.500)"
        )


@dataclasses.dataclass(frozen=True)
class PlayedRecording:
    """Decisions along a recording, and its events.

    Parameters
    ----------
    decisions : sequence of Decision
        Decisions of a stream.
    classes : sequence
        Labels of the classifier.
    delay, window : float
        Delay of a decision, and length of a window, in seconds.
    starts, stops : array of float, shape (n_events,)
        Start and end of each event in seconds.
    names : sequence of str
        Name of each event.
    seconds : float
        Duration of the recording in seconds.

    Examples
    --------
    >>> sure = np.array([0.05, 0.95])
    >>> decisions = [Decision(time, time - 1, "right", sure) for time in (3.0, 3.5, 8.0)]
    >>> played = PlayedRecording(
    ...     decisions, ["left", "right"], 0.0, 1.0, np.array([2.0]), np.array([4.0]), ["right"],
    ...     10.0,
    ... )
    >>> found = played.scored(DecisionRule(["left", "right"]))
    >>> found.n_hits, found.n_false_positives
    (1, 1)
    """

    decisions: Sequence[Decision]
    classes: Sequence[Any]
    delay: float
    window: float
    starts: npt.NDArray[np.float64]
    stops: npt.NDArray[np.float64]
    names: Sequence[str]
    seconds: float

    @classmethod
    def of(
        cls,
        classifier: Any,
        raw: mne.io.BaseRaw,
        event_id: Any,
        preprocessing: Preprocessing | None,
        step_seconds: float,
        event_seconds: float | None,
    ) -> PlayedRecording:
        """Run a recording as a stream."""
        sfreq = float(raw.info["sfreq"])
        stream = StreamingClassifier(
            classifier, ch_names=raw.ch_names, sfreq=sfreq, preprocessing=preprocessing,
            ch_types=raw.get_channel_types(), step_seconds=step_seconds,
        )  # fmt: skip
        labelled = labelled_events(raw, event_id, None)
        starts = (labelled.events[:, 0] - raw.first_samp) / sfreq
        durations = np.asarray(labelled.durations, np.float64)
        if event_seconds is not None:
            number_between("event_seconds", event_seconds, 0.0, above=True)
            durations = np.full(len(starts), event_seconds)
        window_end = stream.preprocessing.window.last_time(sfreq) + 1 / sfreq
        stops = starts + np.where(durations > 0, durations, window_end)
        stops = np.minimum(stops, np.append(starts[1:], np.inf))
        return cls(
            stream.push(raw.get_data(verbose="ERROR")), stream.classes_.tolist(),
            stream.delay_seconds, stream.preprocessing.window.n_times(sfreq) / sfreq, starts, stops,
            labelled.names, raw.n_times / sfreq,
        )  # fmt: skip

    @property
    def idle_minutes(self) -> float:
        """Time without an event in minutes."""
        active = float((np.minimum(self.stops, self.seconds) - self.starts).sum())
        return max(float(self.seconds) - active, 0.0) / 60

    def scored(self, rule: DecisionRule) -> Simulation:
        """Return what the commands of a rule are worth."""
        if list(rule.classes) != list(self.classes):
            raise ValueError(
                f"expected a rule for the classes {list(self.classes)}, got one for {rule.classes}"
            )
        commands = rule.commands(self.decisions)
        ends = np.array([command.time for command in commands])
        hits, wrong, waited = 0, 0, []
        used = np.zeros(len(commands), bool)
        for start, stop, name in zip(self.starts, self.stops, self.names, strict=True):
            # More than half of the window of the last command is in the event.
            inside = np.flatnonzero((ends > start) & (ends - self.window / 2 <= stop))
            used[inside] = True
            if len(inside) == 0:
                continue
            if str(commands[inside[0]].label) == name:
                hits += 1
                waited.append(ends[inside[0]] + self.delay - start)
            else:
                wrong += 1
        n_classes = sum(label not in rule.idle for label in self.classes)
        active_minutes = float((self.stops - self.starts).sum()) / 60
        return Simulation(
            len(self.starts), hits, wrong, len(self.starts) - hits - wrong, int((~used).sum()),
            self.idle_minutes, float(np.median(waited or [np.nan])),
            wolpaw_bits(hits, hits + wrong, n_classes) / active_minutes, self._nmcc(rule),
            tuple(self.decisions), tuple(commands),
        )  # fmt: skip

    def _nmcc(self, rule: DecisionRule) -> float:
        """Return Matthews' correlation over windows, in 0 to 1."""
        true, predicted = [], []
        for each in self.decisions:
            shared = np.minimum(self.stops, each.time) - np.maximum(self.starts, each.onset)
            best = int(shared.argmax())
            is_event = shared[best] >= 0.5 * (each.time - each.onset)
            true.append(self.names[best] if is_event else IDLE)
            sure = each.probabilities is not None and each.probabilities.max() > rule.threshold
            is_command = sure and each.label not in rule.idle
            predicted.append(str(each.label) if is_command else IDLE)
        return (float(matthews_corrcoef(true, predicted)) + 1) / 2


def wolpaw_bits(n_right: int, n_made: int, n_classes: int) -> float:
    """Return Wolpaw's number of bits of a number of selections.

    Examples
    --------
    >>> wolpaw_bits(10, 10, 4), round(wolpaw_bits(9, 10, 2), 3), wolpaw_bits(5, 10, 2)
    (20.0, 5.31, 0.0)
    """
    if n_made == 0 or n_classes < 2 or n_right * n_classes <= n_made:
        return 0.0
    right = n_right / n_made
    bits = math.log2(n_classes) + right * math.log2(right)
    if right < 1:
        bits += (1 - right) * math.log2((1 - right) / (n_classes - 1))
    return n_made * bits
